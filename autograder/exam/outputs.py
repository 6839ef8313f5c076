"""Outputs of cells, taken over within limits that hold whatever was done to the process they come from."""

import json

from convnets.notebook.shell import MAX_OUTPUTS, MAX_RICH, MAX_TEXT

_SHOWN = 40_000_000  # characters of all that a notebook shows, as they are written into its file
_OUTPUT, _LINE = 2_000, 20  # what an output and a line cost besides their text
_LEFT_OUT = "… the rest of what this notebook shows is left out\n"


class Shown:
    """Counts what a notebook shows."""

    def __init__(self):
        self._characters = 0

    def take(self, outputs):
        """Take a cell's outputs over."""
        taken = []
        for output in filter(None, map(checked_output, listed(outputs)[:MAX_OUTPUTS])):
            size = _OUTPUT + sum(map(_written, _texts(output)))
            if self._characters + size > _SHOWN:
                return [*taken, {"output_type": "stream", "name": "stderr", "text": _LEFT_OUT}]
            self._characters += size
            taken.append(output)
        return taken


def _texts(output):
    return [
        output.get("text", ""),
        output.get("evalue", ""),
        *output.get("data", {}).values(),
        *output.get("traceback", ()),
    ]


def _written(text):
    """Count the characters that a text takes in a notebook file, where each line is an item of its own."""
    return len(json.dumps(text)) + _LINE * text.count("\n")


def listed(value):
    """Take for a list what a learner's process sends as one."""
    return list(value) if type(value) in (list, tuple) else []


def checked_output(output):
    """Rebuild an output from its known fields; what does not fit the notebook format is dropped."""
    if type(output) is not dict:
        return None
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in ("stdout", "stderr") and type(output.get("text")) is str:
        return {"output_type": kind, "name": output["name"], "text": output["text"][: 2 * MAX_TEXT]}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": kind,
            "ename": str(output.get("ename"))[:200],
            "evalue": str(output.get("evalue"))[:20_000],
            "traceback": [str(line)[:20_000] for line in lines[:100]] if type(lines) is list else [],
        }
    if kind in ("display_data", "execute_result") and type(output.get("data")) is dict:
        data = {
            mime: text
            for mime, text in output["data"].items()
            if type(mime) is str and type(text) is str and len(text) <= MAX_RICH
        }
        made = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            made["execution_count"] = count if type(count) is int else None
        return made
    return None
