"""A cell of 600 shell commands, as a log of installs may hold. The rest is honest, and must be graded.

Points: convolve 2.
"""

def forge(content):
    content["cells"].insert(1, {"cell_type": "code", "id": "installs", "metadata": {}, "outputs": [],
                                "execution_count": None, "source": "!pip install x\n" * 600})
