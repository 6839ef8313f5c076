"""Files of a class and of the course: written in full or not at all."""

import os
from pathlib import Path


def write_atomically(path, data):
    """Write a file so that it is there in full or not at all.

    Parameters
    ----------
    path : path-like
    data : str or bytes

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.course.atomic import write_atomically
    >>> write_atomically("class/notes.txt", "Kept in full, or not at all.")
    >>> Path("class/notes.txt").read_text(), len(list(Path("class").iterdir()))
    ('Kept in full, or not at all.', 1)
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data.encode() if isinstance(data, str) else data)
        os.replace(part, path)  # noqa: PTH105 - the one call that says what it is
    except OSError:
        part.unlink(missing_ok=True)  # on a full disk it would keep the room that is needed
        raise
