"""Files from the internet: fetched once, checked, and taken up again where a download was cut off."""

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

_CHUNK = 1 << 18


def ready_copy(name, sha256):
    """Look for a file in the folder that the environment variable ``CONVNETS_DATA`` names.

    Parameters
    ----------
    name : str
    sha256 : str
        What the file's SHA-256 must be, in hexadecimal digits.

    Returns
    -------
    pathlib.Path or None
        None where there is none.

    Raises
    ------
    ValueError
        When there is one, but not the right one.
    """
    folder = os.environ.get("CONVNETS_DATA")
    if not folder or not Path(folder, name).is_file():
        return None
    path = Path(folder, name)
    if _sha256(path) != sha256:
        raise ValueError(f"{path} is not the file it should be: its SHA-256 is not {sha256}.")
    return path


def fetch(url, sha256, instead):
    """Return the path of a file that has to come from the internet once.

    It is looked for in the folder that ``CONVNETS_DATA`` names, then among what was fetched before, which is kept where
    Keras keeps its data sets. A download that was cut off goes on where it stopped.

    Parameters
    ----------
    url : str
    sha256 : str
        What its SHA-256 must be, in hexadecimal digits. Another file is not kept.
    instead : str
        A sentence on what works without the internet, for the message when there is none.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ConnectionError
        When it cannot be fetched.
    ValueError
        When what comes is another file.
    """
    name = url.rpartition("/")[2]
    ready = ready_copy(name, sha256)
    if ready:
        return ready
    path = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "datasets", name)
    if path.is_file() and _sha256(path) == sha256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{name}.part")
    try:
        _download(url, part)
    except OSError as error:
        raise ConnectionError(
            f"{name} has to be fetched from the internet once, and that failed. {instead} "
            f"A copy in the folder that CONVNETS_DATA names would do, too. What went wrong: {error}"
        ) from None
    if _sha256(part) != sha256:
        part.unlink()
        raise ValueError(f"What came from {url} is not the file it should be: its SHA-256 is not {sha256}.")
    part.replace(path)
    return path


def _download(url, part):
    """Fetch what is missing of a file."""
    from keras.utils import Progbar

    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        reply = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing
            return
        raise
    with reply, part.open("ab" if reply.status == 206 else "wb") as file:
        have = file.tell()
        length = reply.headers.get("Content-Length")
        total = have + int(length) if length else None
        print(f"Fetching {url}")
        bar = Progbar(total)
        while chunk := reply.read(_CHUNK):
            file.write(chunk)
            have += len(chunk)
            bar.update(have)
    if total and have < total:
        raise ConnectionError(f"it stopped after {have:,} of {total:,} bytes. The next try goes on from there.")


def _sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
