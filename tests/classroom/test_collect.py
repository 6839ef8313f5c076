"""Whatever learners and their systems hand in ends up where nbgrader expects it, and nowhere else."""

import os
import struct
import zipfile
from datetime import UTC, datetime

import pytest

from autograder.classroom.collect import Found, assign, collect, drop, look_into, recognise, safe_name, undo
from autograder.classroom.uploads import origin_of
from autograder.course.source import AssignmentError
from autograder.exam.apart import NotDone
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
        ("de_la_cruz_12345_678901_x.ipynb", "de_la_cruz"),
        ("anon_4c3ia_90005_x.ipynb", "anon_4c3ia"),
        ("LATE_anon_x9z2q_90006_x.ipynb", "anon_x9z2q"),
        ("Homework 1_jdoe12_attempt_2026-11-19-22-10-01_x.ipynb", "jdoe12"),
        ("123-456 - Ada Lovelace - Nov 19, 2026 1010 PM/x.ipynb", "Ada Lovelace"),
        ("ada+01-doubling+2026-11-19 22:10:01 UTC+c3VwZXI/01-doubling.ipynb", "ada"),
        ("Ada_1_assignsubmission_file_/ben_1_12345_x.ipynb", "Ada"),
        ("Ada_1_assignsubmission_file_/Ben_2_assignsubmission_file_/x.ipynb", "Ada"),
        ("ada/deep/down/01-doubling/x.ipynb", "ada"),
    ],
)
def test_student_is_told_from_the_outermost_name_that_says_one(path, student, data, tmp_path):
    (tmp_path / "file").write_bytes(data)
    found = Found(path, tmp_path / "file", datetime(2026, 1, 1, tzinfo=UTC), path)
    assign([found], solutions=SOLUTIONS)
    assert found.student == student


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


def test_missing_path_and_unknown_assignment_are_errors_before_anything_is_taken(folder, tmp_path, data):
    (tmp_path / "ada.ipynb").write_bytes(data)
    with pytest.raises(AssignmentError, match="no such file"):
        collect(folder, [tmp_path / "ada.ipynb", tmp_path / "gone"], solutions=SOLUTIONS)
    with pytest.raises(AssignmentError, match="no assignment '01'"):
        collect(folder, [tmp_path / "ada.ipynb"], "01", SOLUTIONS)
    assert not folder.exists()


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


# Nobody is lost, nobody is mixed up


def people(folder):
    return sorted(path.name for path in (folder / "submitted").iterdir())


@pytest.mark.parametrize("inside", ["", "homework1/", "homework1/answers/"])
def test_notebooks_named_after_people_are_so_many_people(folder, tmp_path, kit, inside):
    members = {f"{inside}{name}.ipynb": submission(kit, f"{RIGHT}  # {name}") for name in ("ada", "ben", "cleo")}
    taken, left_out = collect(folder, [_zip(tmp_path / "all.zip", members)], solutions=SOLUTIONS)
    assert people(folder) == ["ada", "ben", "cleo"]
    assert (len(taken), left_out) == (3, [])


def test_folders_named_after_people_are_so_many_people_wherever_they_lie(folder, tmp_path, kit):
    for name in ("ada", "ben"):
        place = tmp_path / "in" / "week 1" / name / "my work"
        place.mkdir(parents=True)
        (place / "x.ipynb").write_bytes(submission(kit, f"{RIGHT}  # {name}"))
    collect(folder, [tmp_path / "in"], solutions=SOLUTIONS)
    assert people(folder) == ["ada", "ben"]


def test_notebook_called_after_the_assignment_is_whose_archive_it_is(folder, tmp_path, data):
    members = {"Copy of 01-doubling (1).ipynb": data}
    collect(folder, [_zip(tmp_path / "ada.zip", members)], solutions=SOLUTIONS)
    assert people(folder) == ["ada"]


KINDS = {
    "Ada A_1001_assignsubmission_file_/01-doubling.ipynb": None,
    "Ben B_1002_assignsubmission_file_/01-doubling.ipynb.txt": None,
    "Bob B_1012_assignsubmission_file_/01-doubling": None,
    "Cleo C_1003_assignsubmission_file_/homework.zip": None,
    "Dan D_1004_assignsubmission_file_/01-doubling.html": "a web page",
    "Eve E_1005_assignsubmission_onlinetext_/onlinetext.html": "text typed into",
    "Fay F_1006_assignsubmission_file_/01-doubling.pdf": "a PDF",
    "Gus G_1007_assignsubmission_file_/answer.py": "a file of the kind .py",
    "Hal H_1008_assignsubmission_file_/01-doubling.ipynb": "a web page",
    "Ida I_1009_assignsubmission_file_/x.rtf": "word processor",
}


def test_every_file_with_a_name_is_taken_or_left_out_by_name_and_has_a_row(folder, tmp_path, data):
    inner = _zip(tmp_path / "inner.zip", {"ben/01-doubling.ipynb": data}).read_bytes()
    contents = {".zip": inner, ".html": b"<!DOCTYPE html>", ".pdf": b"%PDF-1.7", ".py": b"x = 1", ".rtf": b"{\\rtf1 x}"}
    members = {
        path: b"<html>" if "Hal" in path else next((c for e, c in contents.items() if path.endswith(e)), data)
        for path in KINDS
    }
    taken, left_out = collect(folder, [_zip(tmp_path / "moodle.zip", members)], solutions=SOLUTIONS)
    assert {student for student, _name, _origin in taken} == {"Ada A", "Ben B", "Bob B", "Cleo C"}
    assert len(taken) + len(left_out) == len(KINDS)
    for path, kind in KINDS.items():
        name = path.partition("_")[0]
        assert (folder / "submitted" / name / NAME).is_dir()
        if kind:
            (reason,) = [reason for origin, reason in left_out if path in origin]
            assert reason.startswith(f"{name}: It is ")
            assert kind in reason
    grouped = {path.name for path in (folder / "submitted" / "Dan D" / NAME).iterdir()}
    assert grouped == {"01-doubling.html"}


@pytest.mark.parametrize(
    ("full", "scratch"),
    [
        ("Kim K_1010_assignsubmission_file_/01-doubling.ipynb", "Kim K_1010_assignsubmission_file_/scratch.ipynb"),
        ("alphaada_2001_90001_01-doubling.ipynb", "alphaada_2001_90002_scratch.ipynb"),
        ("kim/a.ipynb", "kim/01-doubling (1).ipynb"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_of_two_notebooks_in_an_upload_the_fuller_is_taken_and_the_other_asked_about(
    folder, tmp_path, kit, full, scratch, order
):
    stub = submission(kit, "def double(x):\n    raise NotImplementedError")
    members = dict([(full, submission(kit)), (scratch, stub)][::order])
    taken, left_out = collect(folder, [_zip(tmp_path / "x.zip", members)], solutions=SOLUTIONS)
    assert [origin.endswith(full) for _student, _name, origin in taken] == [True]
    assert "Is it the right one of the two?" in left_out[0][1]
    (path,) = folder.glob("submitted/*/*/*.ipynb")
    assert path.read_bytes() == submission(kit)
    (kept,) = folder.glob(".autograder/older/*/*/*.ipynb")
    assert kept.read_bytes() == stub


def test_attempts_of_blackboard_are_one_person_and_the_last_counts(folder, tmp_path, kit):
    members = {
        "Homework 1_jdoe12_attempt_2026-11-20-23-59-59_01-doubling.ipynb": submission(kit),
        "Homework 1_jdoe12_attempt_2026-11-19-22-10-01_01-doubling.ipynb": submission(kit, "def double(x): return x"),
        "Homework 1_jdoe12_attempt_2026-11-20-23-59-59.txt": b"Name: J. Doe (jdoe12)",
    }
    taken, left_out = collect(folder, [_zip(tmp_path / "x.zip", members)], solutions=SOLUTIONS)
    assert people(folder) == ["jdoe12"]
    assert len(taken) == 1
    ((origin, reason),) = left_out
    assert "2026-11-19" in origin
    assert "newer file" in reason
    place = folder / "submitted" / "jdoe12" / NAME
    assert (place / f"{NAME}.ipynb").read_bytes() == submission(kit)
    assert (place / "timestamp.txt").read_text() == "2026-11-20 23:59:59 UTC\n"


def test_two_people_whose_names_become_alike_stay_apart(folder, tmp_path, kit):
    members = {
        "A/B_1_assignsubmission_file_/x.ipynb".replace("/B", ":B"): submission(kit),
        "A_B_2_assignsubmission_file_/x.ipynb": submission(kit, f"{RIGHT}  # another"),
    }
    collect(folder, [_zip(tmp_path / "x.zip", members)], solutions=SOLUTIONS)
    assert people(folder) == ["A_B", "A_B 2"]


def test_names_in_archives_that_do_not_say_they_are_utf_8(folder, tmp_path, data, monkeypatch):
    archive = _zip(tmp_path / "x.zip", {"Jürgen/a.ipynb": data})
    read = zipfile.ZipFile.infolist

    def without_the_flag(self):
        for member in read(self):
            member.flag_bits &= ~0x800
            member.filename = member.filename.encode().decode("cp437")
        return read(self)

    monkeypatch.setattr(zipfile.ZipFile, "infolist", without_the_flag)
    collect(folder, [archive], solutions=SOLUTIONS)
    assert people(folder) == ["Jürgen"]


def test_last_collection_can_be_taken_back(folder, tmp_path, kit):
    (tmp_path / "ada.ipynb").write_bytes(submission(kit, "def double(x): return x"))
    os.utime(tmp_path / "ada.ipynb", (1_000_000_000, 1_000_000_000))
    collect(folder, [tmp_path / "ada.ipynb"], solutions=SOLUTIONS)
    before = {path: path.read_bytes() for path in (folder / "submitted").rglob("*") if path.is_file()}
    (tmp_path / "ada.ipynb").write_bytes(submission(kit))
    (tmp_path / "ben.ipynb").write_bytes(submission(kit, f"{RIGHT}  # ben"))
    collect(folder, [tmp_path / "ada.ipynb", tmp_path / "ben.ipynb"], solutions=SOLUTIONS)
    assert people(folder) == ["ada", "ben"]
    undo(folder)
    assert origin_of(folder, NAME, "ben") is None
    assert {path: path.read_bytes() for path in (folder / "submitted").rglob("*") if path.is_file()} == before
    with pytest.raises(AssignmentError, match="taken back"):
        undo(folder)


def test_student_who_left_is_moved_aside(folder, tmp_path, data):
    (tmp_path / "ada.ipynb").write_bytes(data)
    collect(folder, [tmp_path / "ada.ipynb"], solutions=SOLUTIONS)
    drop(folder, "ada")
    assert people(folder) == []
    assert list((folder / ".autograder" / "dropped").rglob("*.ipynb"))
    with pytest.raises(AssignmentError, match="Nobody"):
        drop(folder, "../ada")


def test_who_is_on_the_roster_and_handed_in_nothing_has_a_folder(folder, tmp_path, data):
    (tmp_path / "ada.ipynb").write_bytes(data)
    (tmp_path / "roster.csv").write_text("Name,E-Mail\nada,a@x.org\nben,b@x.org\n", encoding="utf-8-sig")
    collect(folder, [tmp_path / "ada.ipynb"], solutions=SOLUTIONS, roster=tmp_path / "roster.csv")
    assert people(folder) == ["ada", "ben"]
    assert list((folder / "submitted" / "ben" / NAME).iterdir()) == []


def test_archive_inside_another_may_not_be_a_bomb(folder, tmp_path, data):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"{number}.bin", b"0" * (50 * 2**20))
    members = {"ada/homework.zip": (tmp_path / "inner.zip").read_bytes(), "ben/a.ipynb": data}
    taken, left_out = collect(folder, [_zip(tmp_path / "all.zip", members)], solutions=SOLUTIONS)
    assert [student for student, _name, _origin in taken] == ["ben"]
    assert any("takes more room" in reason for _origin, reason in left_out)


def test_notebook_that_takes_too_long_to_read_stops_nobody(folder, tmp_path, kit, monkeypatch):
    def look(found, *_):
        if "slow" in found.path:
            raise MemoryError
        return look_into(found, None, SOLUTIONS)

    monkeypatch.setattr("autograder.classroom.collect.look_into", look)
    monkeypatch.setattr("autograder.exam.apart.Apart.do", _in_this_process)
    members = {"slow/a.ipynb": submission(kit), "ben/a.ipynb": submission(kit)}
    taken, left_out = collect(folder, [_zip(tmp_path / "x.zip", members)], solutions=SOLUTIONS)
    assert [student for student, _name, _origin in taken] == ["ben"]
    assert "too long to read" in left_out[0][1]


def _in_this_process(_apart, function, *arguments):
    try:
        return function(*arguments)
    except Exception:
        raise NotDone from None
