"""The concept inventory as a notebook: its cells, and what somebody has chosen in them.

A question is Markdown and an answer a letter between quotes, so that nothing has to be installed or run. The name of
the item and a stamp of its results stand in the code, for not every program that saves a notebook keeps its metadata.
"""

import re

import nbformat

from autograder.course.material import digest
from convnets.notebook.panels import LETTERS

_ITEM = re.compile(r"^# item ([\w-]{1,100}) ([0-9a-f]{6})$", re.MULTILINE)


def items(predictions):
    """List the items of the inventory, in order.

    Parameters
    ----------
    predictions : dict
        From `autograder.course.predictions.build`, by name.

    Returns
    -------
    dict of str to dict
        By name.

    Examples
    --------
    >>> from autograder.course.inventory import items
    >>> items({"b": {"number": 2}, "practice": {}, "a": {"number": 1}})
    {'a': {'number': 1}, 'b': {'number': 2}}
    """
    found = [name for name, asked in predictions.items() if "number" in asked]
    return {name: predictions[name] for name in sorted(found, key=lambda name: predictions[name]["number"])}


def stamp(asked):
    """Name what a letter means: the call and its results, in their order.

    Parameters
    ----------
    asked : dict
        An item, as from `items`.

    Returns
    -------
    str
        Six hexadecimal digits: others where the same letter would stand for another result.

    Examples
    --------
    >>> from autograder.course.inventory import stamp
    >>> item = {"call": "pad([1], 1)", "options": [{"text": "[0, 1, 0]"}, {"text": "[0, 1]"}]}
    >>> len(stamp(item))
    6
    >>> stamp(item) == stamp({**item, "options": item["options"][::-1]})
    False
    """
    return digest(asked["call"], *(option["text"] for option in asked["options"]))[:6]


def cells(asked):
    """Make the cells of an inventory's notebook.

    Parameters
    ----------
    asked : dict of str to dict
        From `items`.

    Returns
    -------
    list of nbformat.NotebookNode
        A heading for each chapter; for each item a question, and a cell for its answer.
    """
    made, chapter = [], None
    for name, item in asked.items():
        if item["chapter"] != chapter:
            chapter = item["chapter"]
            made.append(nbformat.v4.new_markdown_cell(f"## {chapter}"))
        letters = LETTERS[: len(item["options"])]
        results = [
            f"- **{letter}** `{option['text']}`" for letter, option in zip(letters, item["options"], strict=True)
        ]
        question = [f"**{item['number']}.** {item['question']}", f"```python\n{item['call']}\n```", "\n".join(results)]
        made.append(nbformat.v4.new_markdown_cell("\n\n".join(question)))
        choices = ", ".join(f'"{letter}"' for letter in ["", *letters])
        head = f"# @title Answer {item['number']}\n# item {name} {stamp(item)}"
        made.append(nbformat.v4.new_code_cell(f'{head}\nanswer = ""  # @param [{choices}]'))
    return made


def answers_in(read):
    """Find what somebody has chosen; no code is run.

    Parameters
    ----------
    read : list of dict
        Cells, from `autograder.exam.submission.read_submission`.

    Returns
    -------
    dict of str to (str, str)
        By the item's name: its stamp, and a letter, empty where none was chosen. Of a cell that was copied the last
        one with a letter counts.

    Examples
    --------
    >>> from autograder.course.inventory import answers_in
    >>> source = '# @title Answer 1\\n# item padding 0a1b2c\\nanswer = "b"  # @param ["", "A", "B"]'
    >>> answers_in([{"kind": "code", "source": source}])
    {'padding': ('0a1b2c', 'B')}
    """
    found = {}
    for cell in read:
        item = _ITEM.search(cell["source"]) if cell["kind"] == "code" else None
        if item:
            letter = _letter(cell["source"])
            if letter or item[1] not in found:
                found[item[1]] = item[2], letter
    return found


def _letter(source):
    for line in source.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "answer":
            given = value.partition("#")[0].strip(" \t\"'").upper()
            return given if len(given) == 1 and given in LETTERS else ""
    return ""
