"""A Markdown cell of 2,000 link definitions (14 kB): the reader of Markdown takes a quarter of a minute.

Points: convolve 2.
"""

def forge(content):
    content["cells"].append({"cell_type": "markdown", "id": "links", "metadata": {}, "source": "[a]: b\n" * 2_000})
