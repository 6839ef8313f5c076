"""An exercise says what it asks and where the book explains it."""

import re
from functools import cache

import pytest

from autograder.course.prompts import prompts
from autograder.course.source import assignment_names, read_assignment
from tests.conftest import PROJECT


def _prompts(course):
    return prompts(course / "solutions" / "01-doubling.md", course)["double"]


def _rewrite(course, old, new):
    path = course / "solutions" / "01-doubling.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_docstring_says_what_is_asked(course):
    assert _prompts(course).asked == "Return twice x, as a new array."


def test_reference_in_the_prompt_counts(course):
    _rewrite(course, "Write `double(x)`.", "Write `double(x)`, see {ref}`that <doubling>`.")
    assert _prompts(course).address.endswith("/book/01-doubling.html#doubling")


@pytest.mark.parametrize("link", ["{doc}`../book/01-doubling`", "[the chapter](../book/01-doubling.md)"])
def test_link_to_a_chapter_counts(course, link):
    _rewrite(course, "Write `double(x)`.", f"Write `double(x)`, see {link}.")
    assert _prompts(course).address.endswith("/book/01-doubling.html")


def test_section_that_defines_the_function_is_found(course):
    path = course / "book" / "01-doubling.md"
    path.write_text(
        path.read_text(encoding="utf-8")
        + "\n## Twice the `number`\n\nText.\n\n```{code-cell}\ndef double(x):\n    return x + x\n```\n",
        encoding="utf-8",
    )
    found = _prompts(course)
    assert found.title == "Twice the number"
    assert found.address.endswith("/book/01-doubling.html#twice-the-number")


def test_without_a_chapter_there_is_no_address(course):
    (course / "book" / "01-doubling.md").unlink()
    _rewrite(course, "See {ref}`doubling`.", "")
    assert _prompts(course).address is None


@cache
def _anchors(page):
    return set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", assignment_names())
def test_every_exercise_leads_to_a_place_that_the_book_has(name, book):
    found = prompts(PROJECT / "solutions" / f"{name}.md", PROJECT)
    assert list(found) == [exercise.name for exercise in read_assignment(name).exercises]
    for exercise, prompt in found.items():
        assert prompt.asked.endswith("."), exercise
        page, _, anchor = re.search(r"/(book/[^/]+\.html)#?(.*)$", prompt.address).group(1, 0, 2)
        assert not anchor or anchor in _anchors(book / page), f"{exercise}: {prompt.address}"
