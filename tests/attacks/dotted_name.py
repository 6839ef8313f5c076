"""A dotted name of 100,000 parts, for whoever reads the cells.

Points: convolve 2.
"""

def forge(content):
    content["cells"].append({"cell_type": "code", "id": "dotted", "metadata": {}, "outputs": [],
                             "execution_count": None, "source": "a" + ".a" * 100_000})
