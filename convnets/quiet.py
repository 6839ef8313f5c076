"""Import TensorFlow without the notes that it writes at its start."""

import contextlib
import os
import re
import sys
import tempfile
from importlib.machinery import PathFinder

_NOTE = re.compile(rb"WARNING: All log messages before absl::InitializeLog\(\)|I\d{4} ")


@contextlib.contextmanager
def quietly():
    """Leave out what TensorFlow says of itself while it is imported; errors and warnings stay.

    No setting stops these notes. They are written below Python, to the file descriptor of the standard error, before
    TensorFlow looks at its settings. What is not one of them appears when the import is done.

    Examples
    --------
    >>> from convnets import quietly
    >>> with quietly():
    ...     import keras  # doctest: +SKIP
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # stops those that come later
    before = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
            written.seek(0)
            os.write(2, b"".join(line for line in written if not _NOTE.match(line)))


class QuietTensorFlow:
    """Puts `quietly` around the import of TensorFlow, whoever imports it and in whichever way."""

    @classmethod
    def install(cls):
        """Do so from now on; too late where TensorFlow is there."""
        if "tensorflow" not in sys.modules and cls not in sys.meta_path:
            sys.meta_path.insert(0, cls)

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name == "tensorflow" else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_quietly(module):
                sys.meta_path.remove(cls)
                with quietly():
                    execute(module)

            spec.loader.exec_module = execute_quietly
        return spec
