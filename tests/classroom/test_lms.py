"""Grades and feedback go back to Moodle and Canvas in the forms they import."""

import csv
import io
import json
import re
import zipfile

import pytest
from typer.testing import CliRunner

from autograder.classroom.collect import collect
from autograder.classroom.lms import export
from autograder.cli import app
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError
from tests.conftest import SAMPLE
from tests.submissions import submission

NAME = "01-doubling"
MOODLE = {
    "Ada Lovelace_1234567_assignsubmission_file_/work.ipynb": 2,
    "Ada Lovelace_7654321_assignsubmission_file_/work.ipynb": 1,
    "王小明_99_assignsubmission_file/work.ipynb": 0,
}
CANVAS = {
    "lovelaceada_12345_678901_01-doubling.ipynb": 2,
    "hopper_grace_LATE_222_333_01-doubling-2.ipynb": 1,
    "hoppergrace_LATE_222_333_01-doubling-2.ipynb": 1.5,
}


def _class(tmp_path, kit, members):
    """A class collected from an archive and graded, as far as `export` can see."""
    archive = tmp_path / "download.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in members:
            file.writestr(name, submission(kit))
    taken, left_out = collect(tmp_path / "class", [archive], solutions=SAMPLE / "solutions")
    assert left_out == []
    for (student, _, _), score in zip(taken, members.values(), strict=True):
        record = {"student": student, "assignment": NAME, "score": score, "max_score": 2}
        write_atomically(tmp_path / "class" / ".autograder" / "records" / NAME / f"{student}.json", json.dumps(record))
        for ending in ("html", "md"):
            path = tmp_path / "class" / "feedback" / student / NAME / f"{NAME}.{ending}"
            write_atomically(path, f"**feedback for {student}** <b>")
    return tmp_path / "class"


def _rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_people_of_one_name_stay_apart(tmp_path, kit):
    folder = _class(tmp_path, kit, MOODLE)
    assert {path.name for path in (folder / "submitted").iterdir()} == {
        "Ada Lovelace",
        "Ada Lovelace 7654321",
        "王小明",
    }


def test_people_of_one_name_stay_apart_in_downloads_of_different_days(tmp_path, kit):
    for member in list(MOODLE)[:2]:
        folder = _class(tmp_path, kit, {member: 1})
    assert {path.name for path in (folder / "submitted").iterdir()} == {"Ada Lovelace", "Ada Lovelace 7654321"}


def test_moodle_sheet_has_what_the_importer_needs(tmp_path, kit):
    folder = _class(tmp_path, kit, MOODLE)
    (sheet, _), missing = export(folder, NAME, "moodle")
    assert {row["Identifier"]: row["Grade"] for row in _rows(sheet)} == {
        "Participant 1234567": "2",
        "Participant 7654321": "1",
        "Participant 99": "0",
    }
    assert all("Last modified (grade)" in row and row["Feedback comments"] == "" for row in _rows(sheet))
    assert missing == {}


def test_moodle_archive_has_the_folders_of_the_download(tmp_path, kit):
    (_, archive), _ = export(_class(tmp_path, kit, MOODLE), NAME, "moodle")
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
        assert b"feedback for Ada Lovelace 7654321" in file.read(
            f"Ada Lovelace_7654321_assignsubmission_file_/{NAME}.html"
        )
    for name in names:  # how Moodle takes a name apart
        _, number, kind, plugin, rest = name.split("/")[0].split("_", 4)
        assert (number.isdigit(), kind, plugin, rest) == (True, "assignsubmission", "file", "")


def test_moodle_worksheet_is_filled_in_and_else_unchanged(tmp_path, kit):
    folder = _class(tmp_path, kit, MOODLE)
    worksheet = tmp_path / "Grades.csv"
    lines = [
        "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments",
        "Participant 99,王小明,w@example.org,Submitted,,2.00,-,",
        'Participant 5,Nobody,n@example.org,"No, none",,2.00,-,old',
    ]
    worksheet.write_text("\n".join(lines), encoding="utf-8")
    (sheet, _), missing = export(folder, NAME, "moodle", sheet=worksheet, comments=True)
    first, second = _rows(sheet)
    assert (first["Grade"], first["Email address"]) == ("0", "w@example.org")
    assert "<strong>feedback for 王小明</strong> &lt;b&gt;" in first["Feedback comments"]
    assert (second["Grade"], second["Status"], second["Feedback comments"]) == ("", "No, none", "old")
    assert sorted(missing) == ["Ada Lovelace", "Ada Lovelace 7654321"]
    assert set(missing.values()) == {f"there is no such person in {worksheet}"}


def test_namesake_who_handed_in_nothing_gets_no_grade(tmp_path, kit):
    folder = _class(tmp_path, kit, MOODLE)
    worksheet = tmp_path / "Grades.csv"
    head = "Identifier,Full name,Grade,Last modified (grade)"
    worksheet.write_text(f"{head}\nParticipant 5,王小明,,-\nParticipant 99,王小明,,-\n", encoding="utf-8")
    (sheet, _), _ = export(folder, NAME, "moodle", sheet=worksheet)
    assert [row["Grade"] for row in _rows(sheet)] == ["", "0"]


def test_canvas_sheet_and_archive(tmp_path, kit):
    members = {name: score for name, score in CANVAS.items() if not name.startswith("hopper_")}
    (sheet, archive), missing = export(_class(tmp_path, kit, members), NAME, "canvas")
    most, ada, grace = sorted(_rows(sheet), key=lambda row: row["ID"])
    assert (most["Student"].strip(), most[NAME]) == ("Points Possible", "2")
    assert (ada["ID"], ada[NAME], grace["ID"], grace[NAME]) == ("12345", "2", "222", "1.5")
    assert list(ada)[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert missing == {}
    with zipfile.ZipFile(archive) as file:
        names = sorted(file.namelist())
    assert names == ["hoppergrace_LATE_222_333_01-doubling-2.html", "lovelaceada_12345_678901_01-doubling.html"]
    # how Canvas takes a name apart: the first two parts that are numbers
    assert [re.findall(r"(?<=_)\d+(?=_)", name)[:2] for name in names] == [["222", "333"], ["12345", "678901"]]


def test_canvas_sheet_is_filled_in(tmp_path, kit):
    folder = _class(tmp_path, kit, {"lovelaceada_12345_678901_01-doubling.ipynb": 2})
    exported = tmp_path / "grades.csv"
    text = "Student,ID,SIS Login ID,Section,01-doubling (777),Quiz (8)\n    Points Possible,,,,2,5\n"
    exported.write_text(text + '"Lovelace, Ada",12345,ada,A,,4\n"Other, One",7,one,A,1,3\n', encoding="utf-8")
    (sheet, _), _ = export(folder, NAME, "canvas", sheet=exported)
    _, ada, other = _rows(sheet)
    assert (ada["01-doubling (777)"], ada["Quiz (8)"], other["01-doubling (777)"]) == ("2", "4", "1")
    with pytest.raises(AssignmentError, match="Quiz"):
        export(folder, NAME, "canvas", sheet=exported, column="Homework")


def test_late_mark_of_canvas_is_kept(tmp_path, kit):
    from autograder.classroom.uploads import is_marked_late

    folder = _class(tmp_path, kit, {"hoppergrace_LATE_222_333_a.ipynb": 1, "lovelaceada_1_2_a.ipynb": 1})
    assert is_marked_late(folder, NAME, "hoppergrace")
    assert not is_marked_late(folder, NAME, "lovelaceada")
    assert not is_marked_late(folder, NAME, "nobody")


def test_who_was_not_collected_from_there_is_named(tmp_path, kit):
    folder = _class(tmp_path, kit, {"ada.ipynb": 2, "Bo_1_assignsubmission_file_/a.ipynb": 1})
    _, missing = export(folder, NAME, "moodle")
    assert missing == {"ada": "the file was not collected from Moodle"}


def test_nothing_graded_and_no_sheet_are_errors(tmp_path, kit):
    with pytest.raises(AssignmentError, match="Grade it first"):
        export(tmp_path, NAME, "moodle")
    folder = _class(tmp_path, kit, MOODLE)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(AssignmentError, match="no grade sheet of Moodle"):
        export(folder, NAME, "moodle", sheet=tmp_path / "x.csv")


def test_names_cannot_become_formulas_or_paths(tmp_path, kit):
    members = {"=cmd()_1_assignsubmission_file_/a.ipynb": 1, "../../x_2_assignsubmission_file_/a.ipynb": 1}
    (sheet, archive), _ = export(_class(tmp_path, kit, members), NAME, "moodle")
    assert "'=cmd()" in {row["Full name"] for row in _rows(sheet)}
    with zipfile.ZipFile(archive) as file:
        assert not [name for name in file.namelist() if ".." in name or name.startswith("/")]


def test_command_line(tmp_path, kit):
    folder = _class(tmp_path, kit, {"ada.ipynb": 2, **MOODLE})
    answer = CliRunner().invoke(app, ["export", "--class", str(folder), "--to", "moodle"])
    assert answer.exit_code == 0
    assert (folder / "export" / f"{NAME}-moodle.csv").is_file()
    assert (folder / "export" / f"{NAME}-moodle-feedback.zip").is_file()
    assert "left out: ada" in answer.output
    archive = tmp_path / "x.zip"
    archive.write_bytes(b"")
    for wrong in (["export", "--to", "paper"], ["collect", str(archive), "--timezone", "Nowhere/Here"]):
        answer = CliRunner().invoke(app, [*wrong, "--class", str(folder)])
        assert (answer.exit_code, wrong[-1] in answer.output) == (1, True)


SHEETS = {
    "german": (
        ",", "utf-8-sig", "10.00",
        "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Feedback als Kommentar", "Teilnehmer/in",
    ),
    "semicolons": (
        ";", "utf-8", "10,00", "Identifier;Full name;Email address;Status;Grade;Maximum Grade;Feedback comments",
        "Participant ",
    ),
    "tabs-utf-16": (
        "\t", "utf-16", "10.00",
        "Identifier\tFull name\tEmail address\tStatus\tGrade\tMaximum Grade\tFeedback comments", "Participant ",
    ),
    "unknown-language-cp1252": (
        ",", "cp1252", "10.00", "Tunniste,Nimi,Sähköposti,Tila,Arvosana,Enimmäisarvosana,Kommentti", "Osallistuja ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", SHEETS)
def test_moodle_worksheet_of_any_language_and_form_is_filled_in_as_it_came(tmp_path, kit, form):
    delimiter, encoding, most, head, participant = SHEETS[form]
    folder = _class(tmp_path, kit, MOODLE)
    rows = [
        [f"{participant}1234567", "Zoë", "z@x.org", "-", "", most, ""],
        [f"{participant}5", "N", "n@x", "-", "", most, ""],
    ]
    worksheet = tmp_path / "Grades.csv"
    worksheet.write_bytes("\n".join([head, *(delimiter.join(row) for row in rows)]).encode(encoding))
    (sheet, _), _ = export(folder, NAME, "moodle", sheet=worksheet)
    lines = sheet.read_bytes().decode(encoding).splitlines()
    assert lines[0] == head
    assert [line.split(delimiter)[4] for line in lines[1:]] == ["2", ""]
    assert lines[1].split(delimiter)[1] == "Zoë"


def test_numbers_that_excel_has_made_decimal_are_still_those_of_the_people(tmp_path, kit):
    folder = _class(tmp_path, kit, {"lovelaceada_12345_678901_01-doubling.ipynb": 2})
    exported = tmp_path / "grades.csv"
    exported.write_text("Student,ID,01-doubling (777)\nAda,12345.0,\n", encoding="utf-8")
    (sheet, _), _ = export(folder, NAME, "canvas", sheet=exported)
    assert _rows(sheet)[0]["01-doubling (777)"] == "2"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04", "workbook of Excel"), (b"a,b\n1,2\n", "numbers of participants"), (b"a,b", "no row")],
)
def test_sheet_that_cannot_be_used_gets_the_true_reason(tmp_path, kit, content, said):
    (tmp_path / "sheet.csv").write_bytes(content)
    with pytest.raises(AssignmentError, match=said):
        export(_class(tmp_path, kit, MOODLE), NAME, "moodle", sheet=tmp_path / "sheet.csv")
