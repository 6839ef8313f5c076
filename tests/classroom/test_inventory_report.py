"""The concept inventory of a class: who took part, who is left out and why, and what the page says."""

import json
import re
import zipfile

import nbformat
import numpy as np
import pytest
from typer.testing import CliRunner

from autograder.classroom.inventory_report import has_inventory, read, write_inventory
from autograder.cli import app
from autograder.course.inventory import answers_in, items
from autograder.course.paths import PROJECT
from autograder.exam.submission import MAX_BYTES
from convnets.notebook.panels import LETTERS
from convnets.notebook.practice import practice

ASKED = items(practice()["predictions"])
RELEASED = nbformat.read(PROJECT / "notebooks/inventory.ipynb", as_version=4)
KEY = [[option["hint"] is None for option in item["options"]].index(True) for item in ASKED.values()]


def answered(choices, change=lambda notebook: None):
    """Write a notebook as somebody hands it in who has chosen these results, -1 for none."""
    notebook = nbformat.from_dict(RELEASED)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, choice in zip(cells, choices, strict=True):
        cell.source = cell.source.replace('answer = ""', f'answer = "{LETTERS[choice] if choice >= 0 else ""}"')
    change(notebook)
    return json.dumps(notebook)


def wrong(place):
    """The key, but for one item, where a wrong result is chosen."""
    return [*KEY[:place], (KEY[place] + 1) % 3, *KEY[place + 1 :]]


@pytest.fixture
def people(tmp_path):
    """A function that puts a notebook into a class's inventories; the class's folder is its attribute."""

    def put(wave, name, text):
        path = tmp_path / "inventory" / wave / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    put.folder = tmp_path
    return put


def waves(people):
    return read(people.folder / "inventory", ASKED)


def test_inventory_has_24_items_three_a_chapter_and_asks_nothing_that_a_chapter_asks():
    chapters = [item["chapter"][0] for item in ASKED.values()]
    assert chapters == sorted(chapters) == [str(number) for number in range(1, 9) for _ in range(3)]
    calls = [asked["call"] for asked in practice()["predictions"].values()]
    assert len(set(calls)) == len(calls)


def test_released_notebook_has_a_cell_for_each_item_and_no_answer():
    codes = [{"kind": "code", "source": cell.source} for cell in RELEASED.cells if cell.cell_type == "code"]
    assert list(answers_in(codes)) == list(ASKED)
    assert {letter for _stamp, letter in answers_in(codes).values()} == {""}
    hints = [option["hint"] for item in ASKED.values() for option in item["options"] if option["hint"]]
    assert not [hint for hint in hints if hint in "\n".join(cell.source for cell in RELEASED.cells)]


@pytest.mark.parametrize(
    ("line", "letter"),
    [
        ('answer = "B"  # @param ["", "A", "B"]', "B"),
        ("answer='b'", "B"),
        ("answer = C", "C"),
        ('answer = "A or B"', ""),
        ('answer = "Z"', ""),
        ("answer = None", ""),
        ('answer = ""\nanswer = "D"', ""),
        ('print("answer = D")', ""),
    ],
)
def test_answer_is_a_single_letter(line, letter):
    cell = {"kind": "code", "source": f"# item some-item 0123ab\n{line}"}
    assert answers_in([cell]) == {"some-item": ("0123ab", letter)}


def test_last_answer_of_a_copied_cell_counts():
    cells = [{"kind": "code", "source": f'# item some-item 0123ab\nanswer = "{letter}"'} for letter in ("A", "C", "")]
    assert answers_in(cells) == {"some-item": ("0123ab", "C")}


def test_answers_survive_what_colab_drops(people):
    def drop(notebook):
        notebook.nbformat_minor = 0
        for cell in notebook.cells:
            cell.metadata = {"id": cell.pop("id")}

    people("before", "ada.ipynb", answered(KEY, drop))
    before, after = waves(people)
    assert before.choices == {"ada": KEY}
    assert (after.choices, before.left_out) == ({}, [])


def test_platforms_archives_and_folders_give_the_same_people(people):
    archive = people.folder / "moodle.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for name, number in (("Ada Lovelace", 11), ("Ben Li", 12), ("Ben Li", 13)):
            made.writestr(f"{name}_{number}_assignsubmission_file_/inventory.ipynb", answered(KEY))
    people("before", "download.zip", archive.read_bytes())
    people("after", "Ada Lovelace_911_assignsubmission_file_/inventory.ipynb", answered(KEY))
    people("after", "Ben Li_13_assignsubmission_file_/inventory.ipynb", answered(KEY))
    before, after = waves(people)
    assert set(before.choices) == {"Ada Lovelace", "Ben Li 12", "Ben Li 13"}
    assert set(after.choices) == {"Ada Lovelace", "Ben Li 13"}


def test_whoever_cannot_be_read_is_left_out_by_name_and_reason(people):
    def of_another_version(notebook):
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        cell.source = re.sub(r"[0-9a-f]{6}$", "ffffff", cell.source, flags=re.MULTILINE)

    people("before", "ada.ipynb", answered(KEY))
    people("before", "ben.ipynb", "{ this is no JSON")
    people("before", "carla.ipynb", answered([-1] * len(KEY)))
    people("before", "dan.ipynb", answered(KEY, of_another_version))
    people("before", "eve.ipynb", json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    people("before", "finn.pdf", "%PDF-1.7")
    people("before", "gil.ipynb", "[" * 200_000)
    people("before", "hal.ipynb", b" " * (MAX_BYTES + 1))
    people("before", "ida/inventory.ipynb", answered(wrong(0)))
    people("before", "ida/inventory (1).ipynb", answered(wrong(0)))
    before, _after = waves(people)
    assert set(before.choices) == {"ada", "ida"}
    said = {person: why for person, _origin, why in before.left_out}
    wanted = {
        "ben": "not JSON", "carla": "No question is answered", "dan": "another version", "eve": "not the inventory's",
        "finn": "a PDF", "gil": "not JSON", "hal": "larger than", "ida": "A newer one of the same person",
    }  # fmt: skip
    assert {person for person, words in wanted.items() if words not in said.get(person, "")} == set(), said
    assert set(said) == set(wanted)


def test_code_in_a_notebook_is_never_run(people):
    touched = people.folder / "touched"

    def attack(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.source = f"open({str(touched)!r}, 'w')\n{cell.source}"

    people("before", "mallory.ipynb", answered(KEY, attack))
    before, _after = waves(people)
    assert before.choices == {"mallory": KEY}
    assert not touched.exists()


def test_page_says_who_is_missing_what_was_gained_and_which_mistakes_went_and_came(people):
    rng = np.random.default_rng(0)
    for number in range(30):
        mistaken = [place if rng.random() < 0.4 else (place + 1) % 3 for place in KEY]
        mistaken[0] = (KEY[0] + 1) % 3
        people("before", f"person {number}.ipynb", answered(mistaken))
        better = [place if rng.random() < 0.8 else (place + 1) % 3 for place in KEY]
        better[0] = KEY[0] if number else mistaken[0]
        people("after", f"person {number}.ipynb", answered(better))
    people("before", "only <b>before.ipynb", answered(KEY))
    people("after", "only after.ipynb", answered(wrong(0)))
    people("after", "broken.ipynb", "broken")
    told = write_inventory(people.folder, ASKED)
    assert (told["pairs"], told["waves"]["before"]["count"], told["waves"]["after"]["count"]) == (30, 31, 31)
    assert told["only"] == {"before": ["only _b_before"], "after": ["only after"]}
    gain, lower, upper = told["gain"]
    assert lower < gain < upper
    assert lower < 2 / 3 < upper  # from 40 % to 80 %
    chosen = told["items"][0]["options"][(KEY[0] + 1) % 3]
    assert [chosen[key] for key in ("before", "after", "gone", "stayed", "came")] == [30, 2, 29, 1, 0]
    page = (people.folder / "inventory.html").read_text(encoding="utf-8")
    for words in ("only after", "<b>broken</b>, after: The file is not a notebook", chosen["text"]):
        assert words in page
    assert "only <b>" not in page
    assert json.loads((people.folder / "inventory.json").read_text(encoding="utf-8")) == json.loads(json.dumps(told))


def test_bad_item_is_remarked_and_small_classes_are_told_nothing(people):
    for number in range(45):
        able = number % 3  # who knows more has the first item wrong
        choices = [place if able or number % 5 == item % 5 else (place + 1) % 3 for item, place in enumerate(KEY)]
        choices[0] = (KEY[0] + 1) % 3 if able else KEY[0]
        people("after", f"p{number}.ipynb", answered(choices))
    told = write_inventory(people.folder, ASKED)
    assert told["items"][0]["remarks"] == ["against the others"]
    assert not any(item["remarks"] for item in told["items"][1:])
    assert told["gain"] == [None, None, None]
    for number in range(5, 45):
        (people.folder / f"inventory/after/p{number}.ipynb").unlink()
    assert write_inventory(people.folder, ASKED)["items"][0]["after"]["discrimination"] is None


def test_command_writes_the_page_and_says_who_is_missing(people):
    people("before", "ada.ipynb", answered(KEY))
    people("before", "ben.ipynb", "broken")
    done = CliRunner().invoke(app, ["report", "--class", str(people.folder)])
    assert done.exit_code == 0, done.output
    assert "before: 1 took part, 1 of them only before" in done.output
    assert "left out, before: ben" in done.output
    assert has_inventory(people.folder)
    assert (people.folder / "inventory.html").is_file()


def test_command_refuses_a_class_with_nothing_to_report(tmp_path):
    done = CliRunner().invoke(app, ["report", "--class", str(tmp_path)])
    assert done.exit_code == 1
    assert "nothing to report" in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.output).split())
