"""Run notebook cells as Jupyter does and keep their outputs in notebook format, without a kernel around them."""

import sys

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Instance, Type

MAX_TEXT = 200_000  # characters of one stream, error or representation
MAX_OUTPUTS = 500  # outputs of one cell
MAX_RICH = 8_000_000  # characters of all rich output of one cell

_NOT_RUN = "Shell commands and package installs are not run while grading: {}"


class Outputs:
    """Collects the outputs of one cell, in order and within bounds."""

    def __init__(self):
        self.list = []
        self._rich = 0
        self._streams = {}

    def stream(self, name, text):
        """Add text to standard output or standard error."""
        written = self._streams.get(name, 0)
        self._streams[name] = written + len(text)
        if written >= MAX_TEXT:
            return
        if written + len(text) > MAX_TEXT:
            text = text[: MAX_TEXT - written] + f"\n… the rest of {name} is left out\n"
        if self.list and self.list[-1]["output_type"] == "stream" and self.list[-1]["name"] == name:
            self.list[-1]["text"] += text
        else:
            self._add({"output_type": "stream", "name": name, "text": text})

    def rich(self, kind, data, metadata, count=None):
        """Add a display or a result: a dict of representations by MIME type."""
        kept = {}
        for mime, content in data.items():
            if mime == "application/json" or not isinstance(content, str):
                continue
            limit = MAX_TEXT if mime == "text/plain" else MAX_RICH
            if self._rich + len(content) > MAX_RICH or len(content) > limit:
                kept.setdefault("text/plain", f"… {mime} of {len(content):,} characters left out")
                continue
            self._rich += len(content)
            kept[mime] = content
        output = {"output_type": kind, "data": kept, "metadata": {}}
        if kind == "execute_result":
            output["execution_count"] = count
        self._add(output)

    def error(self, name, message, traceback):
        """Add an exception."""
        lines = [str(line)[:MAX_TEXT] for line in traceback[:100]]
        self._add(
            {"output_type": "error", "ename": str(name)[:200], "evalue": str(message)[:MAX_TEXT], "traceback": lines}
        )

    def _add(self, output):
        if len(self.list) < MAX_OUTPUTS:
            self.list.append(output)

    def clear(self):
        """Forget what was shown, as ``clear_output`` asks."""
        self.list.clear()


class _Stream:
    """Stands in for ``sys.stdout`` or ``sys.stderr``."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def __init__(self, name, shell):
        self.name = f"<{name}>"
        self._name = name
        self._shell = shell

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.outputs.stream(self._name, text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        self.shell.outputs.rich("display_data", data, metadata or {})

    def clear_output(self, wait=False):
        self.shell.outputs.clear()


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.outputs.rich("execute_result", format_dict, md_dict or {}, self.shell.execution_count)

    def finish_displayhook(self):
        pass


class LearnerShell(InteractiveShell):
    """An IPython that writes its outputs into `Outputs`.

    Shell commands and package installs are not run: the output says so in their place. As with every IPython,
    ``LearnerShell.instance()`` gives the one of this process, which ``get_ipython()`` finds.

    Attributes
    ----------
    outputs : Outputs
        Of the cell that runs, or ran last.
    """

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)
    outputs = Instance(Outputs, ())

    def init_history(self):
        self.config.HistoryManager.enabled = False
        super().init_history()

    def init_magics(self):
        super().init_magics()

        def not_run(line, cell=None):
            self.outputs.stream("stdout", _NOT_RUN.format(line or (cell or "").strip().partition("\n")[0]) + "\n")

        for name in ("pip", "conda", "uv", "system", "sx", "sc", "cd", "mamba", "micromamba"):
            self.register_magic_function(not_run, "line", name)
        for name in ("bash", "sh", "script", "system", "sx", "writefile", "perl", "ruby", "html", "javascript", "js"):
            self.register_magic_function(not_run, "cell", name)

    def system(self, command):
        """Say that the command is not run."""
        self.outputs.stream("stdout", _NOT_RUN.format(command) + "\n")
        self.user_ns["_exit_code"] = 0

    system_piped = system_raw = system

    def getoutput(self, command, split=True, depth=0):
        """Say that the command is not run."""
        self.system(command)
        return []

    def enable_gui(self, gui=None):
        """Do nothing: there is no screen."""

    def _showtraceback(self, etype, evalue, stb):
        self.outputs.error(etype.__name__, evalue, stb)

    def run(self, source, history=True):
        """Run a cell.

        Parameters
        ----------
        source : str
        history : bool
            Number the cell and remember it, as Jupyter does.

        Returns
        -------
        (list of dict, bool)
            The outputs in notebook format, and whether the cell raised nothing.
        """
        self.outputs = outputs = Outputs()
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream("stdout", self), _Stream("stderr", self)
        try:
            result = self.run_cell(source, store_history=history)
        finally:
            sys.stdout, sys.stderr = streams
        return outputs.list, bool(result.success)
