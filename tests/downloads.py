"""What a class hands in over many platforms, in all the ways that people really do, and who is to be found in it."""

import io
import zipfile
from itertools import product

import nbformat

from tests.mixed import FIRST, LAST
from tests.submissions import RIGHT, notebook, resaved_by_colab, submission

NAME = "01-doubling"
TAKEN, LEFT_OUT, OF_ANOTHER_COURSE = "taken", "left out", "left out, for it is another course's notebook"
_STUB = "def double(x):\n    raise NotImplementedError"


def archive(members):
    """Write a zip archive; the bytes of one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name, (2026, 11, 19, 22, 10, 2)), data)
    return made.getvalue()


def _kinds(kit):
    """What one person uploads: (files, what becomes of the person, how many files of systems are among them)."""
    right = submission(kit)
    markdown = notebook(kit)
    for cell in markdown.cells:
        if cell.id == "double":
            cell.cell_type = "markdown"
            del cell["outputs"], cell["execution_count"]
    odd = submission(kit, f"{RIGHT}  # HERE").replace(b"HERE", b"\\ud83d")
    foreign = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])).encode()
    taken = {
        "as given": {f"{NAME}.ipynb": right},
        "renamed": {"Copy of homework (2).ipynb": right},
        "as text": {f"{NAME}.ipynb.txt": right},
        "without an ending": {NAME: right},
        "as JSON": {f"{NAME}.json": right},
        "unanswered": {f"{NAME}.ipynb": submission(kit, _STUB)},
        "half an emoji": {f"{NAME}.ipynb": odd},
        "byte order mark": {f"{NAME}.ipynb": b"\xef\xbb\xbf" + right},
        "Windows' line ends": {f"{NAME}.ipynb": right.replace(b"\n", b"\r\n")},
        "answer turned into text": {f"{NAME}.ipynb": nbformat.writes(markdown).encode()},
        "saved by Colab": {f"Copy of {NAME}.ipynb": resaved_by_colab(notebook(kit))},
        "archive": {"homework.zip": archive({f"{NAME}.ipynb": right})},
        "archive of an archive": {"a.zip": archive({"b.zip": archive({"grace hopper/mine.ipynb": right})})},
        "beside a scratch file": {f"{NAME}.ipynb": right, "scratch.ipynb": submission(kit, _STUB)},
        "twice the same": {"a.ipynb": right, "a (1).ipynb": right},
        "beside its data": {f"{NAME}.ipynb": right, "data.csv": b"1,2"},
    }
    left_out = {
        "web page": {f"{NAME}.html": b"<!DOCTYPE html><p>double"},
        "web page called a notebook": {f"{NAME}.ipynb": b"<html>Sign in"},
        "PDF": {f"{NAME}.pdf": b"%PDF-1.7"},
        "Python": {"answer.py": RIGHT.encode()},
        "word processor": {"answer.docx": b"PK\x03\x04 word"},
        "RTF called a notebook": {f"{NAME}.ipynb": b"{\\rtf1 double}"},
        "picture": {"screen.png": b"\x89PNG"},
        "half a notebook": {f"{NAME}.ipynb": right[: len(right) // 2]},
        "nothing in it": {f"{NAME}.ipynb": b""},
        "damaged archive": {"homework.zip": b"PK\x03\x04 no"},
    }
    junk = {"._01.ipynb": b"\x00\x05", ".ipynb_checkpoints/01-checkpoint.ipynb": right, "__MACOSX/._x": b"\x00"}
    return (
        [(files, TAKEN, 0) for files in taken.values()]
        + [(files, LEFT_OUT, 0) for files in left_out.values()]
        + [({"week 3.ipynb": foreign}, OF_ANOTHER_COURSE, 0)]
        + [({"work/mine.ipynb": right, **junk}, TAKEN, len(junk))]
    )


def _moodle(number, name, _late):
    return name, f"{name}_{1000 + number}_assignsubmission_file_/{{}}"


def _moodle_flat(number, name, _late):
    return name, f"{name}_{1000 + number}_assignsubmission_file_{{}}"


def _canvas(number, name, late):
    login = f"{name.partition(' ')[2]}_{name.partition(' ')[0]}".lower()
    return login, f"{login}{'_LATE' if late else ''}_{2000 + number}_{90000 + number}_{{}}"


def _canvas_anonymous(number, _name, late):
    return f"anon_{number:05x}", f"{'LATE_' if late else ''}anon_{number:05x}_{90000 + number}_{{}}"


def _blackboard(number, _name, _late):
    return f"user{number}", f"Homework 1_user{number}_attempt_2026-11-19-22-10-01_{{}}"


def _brightspace(number, name, _late):
    return name, f"{4000 + number}-77 - {name} - Nov 19, 2026 1010 PM/{{}}"


def _nbgrader(number, _name, _late):
    return f"u{number}", f"u{number}+{NAME}+2026-11-19 22:10:01 UTC+c3VwZXI/{{}}"


def _folders(_number, name, _late):
    return name, f"{name}/{{}}"


_PLATFORMS = (_moodle, _moodle_flat, _canvas, _canvas_anonymous, _blackboard, _brightspace, _nbgrader, _folders)
_ONE_FILE_EACH = (_moodle_flat, _canvas, _canvas_anonymous, _blackboard)  # no folders, no files of systems


def class_of(kit, folder, everything=False):
    """Write a class's downloads.

    Parameters
    ----------
    kit : autograder.exam.kit.Kit
        Of the sample course's first assignment.
    folder : pathlib.Path
        Where they go, one archive a platform.
    everything : bool
        Each kind of upload over each platform, some 200 people; else each kind once, and each platform.

    Returns
    -------
    (list of pathlib.Path, dict of str to str, int)
        The downloads; by the name of each person's folder, what is to become of the person; how many files there are
        that people handed in.
    """
    kinds = _kinds(kit)
    pairs = [(kind, platform) for kind, platform in product(kinds, _PLATFORMS)]
    if not everything:
        pairs = [(kind, _PLATFORMS[number % len(_PLATFORMS)]) for number, kind in enumerate(kinds)]
    names = [f"{first} {last}" for last, first in product(LAST, FIRST)]
    members, expected, count = {platform: {} for platform in _PLATFORMS}, {}, 0
    for number, ((files, outcome, of_systems), platform) in enumerate(pairs):
        if platform in _ONE_FILE_EACH and any("/" in name for name in files):
            platform = _folders
        person, pattern = platform(number, names[number], number % 3 == 0)
        expected[person] = outcome
        count += len(files) - of_systems
        members[platform].update({pattern.format(name): data for name, data in files.items()})
        if platform is _blackboard:
            note = f"Homework 1_{person}_attempt_2026-11-19-22-10-01.txt"
            members[platform][note] = f"Name: {names[number]} ({person})".encode()
    typed = "Ida Typed_999_assignsubmission_onlinetext_/onlinetext.html"
    members[_moodle][typed], expected["Ida Typed"] = b"<p>double(x) = 2x", LEFT_OUT
    paths = []
    for platform, content in members.items():
        paths.append(folder / f"{platform.__name__.strip('_')}.zip")
        paths[-1].write_bytes(archive(content))
    return paths, expected, count + 1
