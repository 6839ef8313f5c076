"""Whatever learners and their systems hand in ends up where nbgrader expects it, and nowhere else."""

import os
import struct
import zipfile
from datetime import datetime

import pytest

from autograder.classroom.collect import collect, recognise, safe_name, student_of
from autograder.classroom.uploads import read_origin
from autograder.course.source import AssignmentError
from tests.conftest import SAMPLE
from tests.submissions import RIGHT, submission

SOLUTIONS = SAMPLE / "solutions"
NAME = "01-doubling"


@pytest.fixture
def data(kit):
    return submission(kit)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "class"


def _zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 4, 5, 6, 8)), content)
    return path


def _submitted(folder):
    return sorted(path.relative_to(folder / "submitted").as_posix() for path in folder.glob("submitted/*/*/*.ipynb"))


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("Ada Lovelace_1234567_assignsubmission_file_/01-doubling.ipynb", "Ada Lovelace"),
        ("Ada Lovelace_1234567_assignsubmission_file_Copy of 01.ipynb", "Ada Lovelace"),
        ("Наталья Ильина_99_assignsubmission_file_/x.ipynb", "Наталья Ильина"),
        ("lovelaceada_12345_678901_01-doubling.ipynb", "lovelaceada"),
        ("lovelaceada_LATE_12345_678901_01-doubling-2.ipynb", "lovelaceada"),
        ("ada/01-doubling.ipynb", "ada"),
        ("ada.ipynb", "ada"),
        ("../../etc/ada.ipynb", "etc"),
    ],
)
def test_student_is_told_from_the_name(path, student):
    assert student_of(path) == student


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", "..", ".hidden", "", "a\x00b", "a/b\\c", "x" * 500, "\u202egnp"]
)
def test_folder_names_are_safe(name, tmp_path):
    safe = safe_name(name)
    assert safe
    assert not safe.startswith(".")
    assert not set(safe) & set('/\\\x00\u202e:*?"<>|\n')
    (tmp_path / safe).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [safe]


@pytest.mark.parametrize("name", ["björn", "наталья", "王小明", "O'Neil", "anne-marie", "नीला"])
def test_names_in_any_script_are_kept(name):
    assert safe_name(name) == name


def test_loose_notebook(folder, tmp_path, data):
    (tmp_path / "ada.ipynb").write_bytes(data)
    taken, left_out = collect(folder, [tmp_path / "ada.ipynb"], solutions=SOLUTIONS)
    assert [entry[:2] for entry in taken] == [("ada", NAME)]
    assert left_out == []
    assert _submitted(folder) == [f"ada/{NAME}/{NAME}.ipynb"]


def test_moodle_archive(folder, tmp_path, data):
    archive = _zip(tmp_path / "moodle.zip", {"Ada B_1_assignsubmission_file_/a.ipynb": data, "readme.txt": "x"})
    collect(folder, [archive], solutions=SOLUTIONS)
    assert _submitted(folder) == [f"Ada B/{NAME}/{NAME}.ipynb"]
    assert (folder / "submitted" / "Ada B" / NAME / "timestamp.txt").read_text() == "2026-03-04 05:06:08 UTC\n"


def test_time_of_hand_in_reaches_the_gradebook(folder, tmp_path, data):
    from autograder.classroom.files import submissions

    collect(folder, [_zip(tmp_path / "x.zip", {"ada/a.ipynb": data})], solutions=SOLUTIONS)
    (found,) = submissions(folder, NAME)
    assert found.timestamp == datetime(2026, 3, 4, 5, 6, 8)


def test_archives_inside_a_folder(folder, tmp_path, data):
    (tmp_path / "in").mkdir()
    _zip(tmp_path / "in" / "moodle.zip", {"ada/a.ipynb": data})
    collect(folder, [tmp_path / "in"], solutions=SOLUTIONS)
    assert _submitted(folder) == [f"ada/{NAME}/{NAME}.ipynb"]


@pytest.mark.parametrize("newer_first", [True, False])
def test_newest_counts_and_older_is_kept(folder, tmp_path, kit, newer_first):
    old, new = tmp_path / "old" / "ada", tmp_path / "new" / "ada"
    for place, answer, when in [(old, "def double(x): return x", 1_000_000_000), (new, RIGHT, 1_700_000_000)]:
        place.mkdir(parents=True)
        (place / "a.ipynb").write_bytes(submission(kit, answer))
        os.utime(place / "a.ipynb", (when, when))
    paths = [new.parent, old.parent] if newer_first else [old.parent, new.parent]
    collect(folder, paths, solutions=SOLUTIONS)
    assert (folder / "submitted" / "ada" / NAME / f"{NAME}.ipynb").read_bytes() == submission(kit)
    (kept,) = (folder / ".autograder" / "older").rglob("*.ipynb")
    assert kept.read_bytes() == submission(kit, "def double(x): return x")


def test_collecting_twice_changes_nothing(folder, tmp_path, data):
    (tmp_path / "ada.ipynb").write_bytes(data)
    for _ in range(2):
        collect(folder, [tmp_path / "ada.ipynb"], solutions=SOLUTIONS)
    assert _submitted(folder) == [f"ada/{NAME}/{NAME}.ipynb"]
    assert not list(folder.glob(".autograder/older/**/*.ipynb"))


def test_zip_slip_stays_inside(folder, tmp_path, data):
    members = {"../../../escaped.ipynb": data, "/absolute.ipynb": data, "..\\..\\windows.ipynb": data}
    collect(folder, [_zip(tmp_path / "evil.zip", members)], solutions=SOLUTIONS)
    assert len(_submitted(folder)) == 3
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]
    assert [path.name for path in outside] == ["evil.zip"]


def test_zip_bomb_is_not_unpacked(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada/a.ipynb", b"0" * (200 * 2**20))
    taken, left_out = collect(folder, [tmp_path / "bomb.zip"], solutions=SOLUTIONS)
    assert taken == []
    assert "larger than" in left_out[0][1]


def test_links_are_not_followed(folder, tmp_path, data):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").symlink_to("/etc/passwd")
    assert collect(folder, [tmp_path / "in"], solutions=SOLUTIONS) == ([], [])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ada.ipynb", b"{", "not a notebook"),
        ("ada.ipynb", b'{"cells": []}', "none of the assignments"),
        ("ada.zip", b"PK no", "cannot be read"),
    ],
)
def test_what_is_left_out_gets_a_reason(folder, tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    taken, left_out = collect(folder, [tmp_path / name], solutions=SOLUTIONS)
    assert taken == []
    assert reason in left_out[0][1]


def test_missing_path_gets_a_reason(folder, tmp_path):
    assert "no such file" in collect(folder, [tmp_path / "gone"], solutions=SOLUTIONS)[1][0][1]


def test_named_assignment_takes_everything(folder, tmp_path):
    (tmp_path / "ada.ipynb").write_bytes(b"{")
    collect(folder, [tmp_path / "ada.ipynb"], assignment=NAME, solutions=SOLUTIONS)
    assert _submitted(folder) == [f"ada/{NAME}/{NAME}.ipynb"]


def test_checkpoints_and_system_files_are_passed_over(folder, tmp_path, data):
    members = {".ipynb_checkpoints/a-checkpoint.ipynb": data, "__MACOSX/ada/._a.ipynb": b"\x00"}
    assert collect(folder, [_zip(tmp_path / "x.zip", members)], solutions=SOLUTIONS) == ([], [])


def test_assignment_is_recognised_by_functions_alone():
    import json

    cells = [{"cell_type": "code", "source": RIGHT}]
    assert recognise(json.dumps({"cells": cells}).encode(), SOLUTIONS) == NAME


def test_time_zone_of_an_archive(folder, tmp_path, data):
    from zoneinfo import ZoneInfo

    archive = _zip(tmp_path / "x.zip", {"ada/a.ipynb": data})
    collect(folder, [archive], solutions=SOLUTIONS, zone=ZoneInfo("Europe/Berlin"))
    stamp = folder / "submitted" / "ada" / NAME / "timestamp.txt"
    assert stamp.read_text() == "2026-03-04 04:06:08 UTC\n"


@pytest.mark.parametrize("before", [b"", struct.pack("<HH8s", 0x7875, 8, b"\xff" * 8)], ids=["alone", "behind another"])
def test_exact_time_in_an_archive_counts_whatever_the_zone(folder, tmp_path, data, before):
    member = zipfile.ZipInfo("ada/a.ipynb", (2026, 3, 4, 5, 6, 8))
    member.extra = before + struct.pack("<HHBi", 0x5455, 5, 1, 1_700_000_000)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(member, data)
    collect(folder, [tmp_path / "x.zip"], solutions=SOLUTIONS)
    stamp = folder / "submitted" / "ada" / NAME / "timestamp.txt"
    assert stamp.read_text() == "2023-11-14 22:13:20 UTC\n"


@pytest.mark.parametrize("order", [1, -1])
def test_resubmission_in_a_later_download_counts_and_the_first_is_kept(folder, tmp_path, kit, order):
    downloads = []
    for day, answer in ((4, "def double(x): return x"), (6, RIGHT)):
        path = tmp_path / f"{day}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            name = "Ada_1_assignsubmission_file_/a.ipynb"
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, day, 1, 1, 2)), submission(kit, answer))
        downloads.append(path)
    for path in downloads[::order]:
        collect(folder, [path], solutions=SOLUTIONS)
    assert _submitted(folder) == [f"Ada/{NAME}/{NAME}.ipynb"]
    assert (folder / "submitted" / "Ada" / NAME / f"{NAME}.ipynb").read_bytes() == submission(kit)
    assert len(list((folder / ".autograder" / "older" / "Ada").rglob("*.ipynb"))) == 1


def _taken(folder, archive):
    taken, left_out = collect(folder, [archive], solutions=SOLUTIONS)
    return sorted(entry[0] for entry in taken), left_out


def test_an_archive_of_everybodys_notebooks_is_not_one_person(folder, tmp_path, data):
    people = {f"homework1/{name}.ipynb": data for name in ("ada", "ben", "cleo")}
    assert _taken(folder, _zip(tmp_path / "homework1.zip", people)) == (["ada", "ben", "cleo"], [])


def test_everybody_is_taken_or_named(folder, tmp_path, data):
    inner = _zip(tmp_path / "homework.zip", {f"{NAME}.ipynb": data}).read_bytes()
    members = {
        f"Ada A_1001_assignsubmission_file_/{NAME}.ipynb": data,
        f"Ben B_1002_assignsubmission_file_/{NAME}.ipynb.txt": data,
        "Cleo C_1003_assignsubmission_file_/homework.zip": inner,
        f"Dan D_1004_assignsubmission_file_/{NAME}.html": b"<!DOCTYPE html>",
        "Eve E_1005_assignsubmission_onlinetext_/onlinetext.html": b"<p>done</p>",
    }
    taken, left_out = _taken(folder, _zip(tmp_path / "moodle.zip", members))
    assert taken == ["Ada A", "Ben B", "Cleo C"]
    assert [reason for _origin, reason in left_out] == ["It is a web page and no notebook (.ipynb)."] * 2
    assert ["Dan D" in left_out[0][0], "Eve E" in left_out[1][0]] == [True, True]
    assert (folder / "submitted" / "Dan D" / NAME).is_dir()  # a row in report and grade sheet


def test_of_two_files_of_one_person_the_one_called_like_the_assignment_counts_and_a_line_asks(folder, tmp_path, kit):
    first, second = submission(kit), submission(kit, "def double(x):\n    return 99")
    for number, other in enumerate(("scratch.ipynb", f"{NAME} (1).ipynb", f"a-{NAME}.ipynb")):
        place = folder / str(number)
        names = {f"alphaada_2001_90001_{NAME}.ipynb": first, f"alphaada_2001_90002_{other}": second}
        taken, left_out = _taken(place, _zip(tmp_path / f"{number}.zip", names))
        assert taken == ["alphaada"]
        assert (place / "submitted" / "alphaada" / NAME / f"{NAME}.ipynb").read_bytes() == first
        assert "is that right?" in left_out[0][1]


NOV = "2026-11-20T23:59:00"


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("Homework 1_jdoe12_attempt_2026-11-19-22-10-01_a.ipynb", ("blackboard", "jdoe12", "2026-11-19T22:10:01")),
        ("12345-67890 - Ada Lovelace - Nov 20, 2026 1159 PM/a.ipynb", ("brightspace", "Ada Lovelace", NOV)),
        ("ada+01-doubling+2026-11-20 10:00:00.000000 UTC+x1/a.ipynb", ("nbgrader", "ada", "2026-11-20T10:00:00")),
        ("LATE_anon_x9z2q_90006_a.ipynb", ("canvas", "anon_x9z2q", None)),
        ("de_la_cruz_ada_2001_90001_a.ipynb", ("canvas", "de_la_cruz_ada", None)),
        ("Mallory_7_assignsubmission_file_/Ada_1_assignsubmission_file_/a.ipynb", ("moodle", "Mallory", None)),
        ("mine/Ada_1_2_3.txt/a.ipynb", None),
    ],
)
def test_the_outermost_name_that_a_platform_made_counts(path, origin):
    found = read_origin(path)
    assert (found and (found.system, found.student, found.when)) == origin


def test_attempts_of_one_person_are_put_together(folder, tmp_path, kit):
    names = [f"Homework 1_jdoe12_attempt_2026-11-{day}-22-10-01_a.ipynb" for day in (20, 19)]
    answers = [RIGHT, "def double(x):\n    return 1"]
    papers = {name: submission(kit, answer) for name, answer in zip(names, answers, strict=True)}
    taken, _left_out = _taken(folder, _zip(tmp_path / "blackboard.zip", papers))
    assert set(taken) == {"jdoe12"}
    assert (folder / "submitted" / "jdoe12" / NAME / f"{NAME}.ipynb").read_bytes() == submission(kit)
    assert (folder / "submitted" / "jdoe12" / NAME / "timestamp.txt").read_text() == "2026-11-20 22:10:01 UTC\n"


def test_nothing_in_what_a_learner_packed_says_whose_or_when_it_is(folder, tmp_path, kit):
    root = tmp_path / "download"
    ada, mallory = root / "Ada L_1_assignsubmission_file_", root / "Mallory M_2_assignsubmission_file_"
    ada.mkdir(parents=True)
    mallory.mkdir()
    (ada / "a.ipynb").write_bytes(submission(kit))
    with zipfile.ZipFile(mallory / "work.zip", "w") as archive:
        member = zipfile.ZipInfo("Ada L_1_assignsubmission_file_/a.ipynb", (2090, 1, 1, 0, 0, 0))
        archive.writestr(member, submission(kit, "def double(x):\n    return 1"))
    taken, _left_out = _taken(folder, root)
    assert taken == ["Ada L", "Mallory M"]
    assert (folder / "submitted" / "Ada L" / NAME / f"{NAME}.ipynb").read_bytes() == submission(kit)
    assert "2090" not in (folder / "submitted" / "Mallory M" / NAME / "timestamp.txt").read_text()


def test_unknown_assignment_is_an_error(folder, tmp_path):
    with pytest.raises(AssignmentError, match="01-doubling"):
        collect(folder, [tmp_path], assignment="01", solutions=SOLUTIONS)
