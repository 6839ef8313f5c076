"""Where the project's folders are."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def solutions_folder(folder=None):
    """Find the folder of the assignments' text notebooks.

    Parameters
    ----------
    folder : path-like, optional
        Use this one.

    Returns
    -------
    pathlib.Path
        ``folder``, else ``$AUTOGRADER_SOLUTIONS``, else ``solutions/`` beside this package.
    """
    return Path(folder or os.environ.get("AUTOGRADER_SOLUTIONS") or PROJECT / "solutions")
