"""Outputs of cells, taken over within limits."""

from convnets.notebook.shell import MAX_RICH, MAX_TEXT

_SHOWN = 40_000_000  # characters of all that a notebook shows


def _stopped_output(reason):
    return {
        "output_type": "error",
        "ename": "Stopped",
        "evalue": str(reason),
        "traceback": [f"Stopped: {reason}"],
    }


def _checked_output(output):
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
