"""A Markdown cell of 300,000 nested HTML elements (1.5 MB), for whoever cleans it.

Points: convolve 2.
"""

def forge(content):
    content["cells"].append({"cell_type": "markdown", "id": "nested", "metadata": {}, "source": "<div>" * 300_000})
