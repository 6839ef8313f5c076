"""Import TensorFlow without the notes that it writes at its start."""

import contextlib
import os
import re
import tempfile

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
