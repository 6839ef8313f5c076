"""A cell of 20,000 lines with one blank each (40 kB): the highlighter of the feedback takes hours.

Points: convolve 2.
"""

def forge(content):
    content["cells"].append({"cell_type": "code", "id": "blank", "metadata": {}, "outputs": [], "execution_count": None,
                             "source": "x = 1\n" + " \n" * 20_000 + "x"})
