"""The page with questions for a talk: for each learner, escaped, with what the notebook says of its answers."""

import pytest

from autograder.classroom import viva
from autograder.course.source import AssignmentError
from autograder.exam.interview import Asked, Interview
from convnets.notebook.questions import Question

EVIL = "<script>alert(1)</script>"


class Stand:
    """An interviewer that needs no process: the real one is tested with the sealed process."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def interview(self, data, calls, count, seed):
        if data == b"broken":
            return Interview(reason=f"The file is not a notebook. {EVIL}")
        question = Question("value", "f(1)", 2, f"What is `{EVIL}`?", ("1", "2", "3"), 1)
        answered = [{"exercise": "double", "question": EVIL, "answer": EVIL, "right": True}]
        return Interview([Asked("double", f"def f():\n    {EVIL}\n", [question] * count)], answered)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(viva, "Interviewer", Stand)
    for student, data in (("ada", b"good"), ("ben", b"broken")):
        path = tmp_path / "submitted" / student / "01-convolution"
        path.mkdir(parents=True)
        (path / "01-convolution.ipynb").write_bytes(data)
    return tmp_path


def written(folder, **options):
    count = viva.write_viva(folder, ["01-convolution"], say=lambda _: None, **options)
    return count, (folder / "viva.html").read_text(encoding="utf-8")


def test_page_has_questions_answers_lines_and_what_the_notebook_says(folder):
    count, page = written(folder, count=3)
    assert count == 1
    assert page.count("B: <code>2</code>") == 3
    assert "<b>  2  " in page  # the line that is asked about
    assert "1 of 1 answers right" in page
    assert "The file is not a notebook." in page


def test_nothing_of_a_learners_is_read_as_html(folder):
    assert EVIL not in written(folder)[1]


def test_only_the_named_student_is_on_the_page(folder):
    count, page = written(folder, students=["ben"])
    assert count == 0
    assert "ada" not in page
    with pytest.raises(AssignmentError, match="is called eve"):
        written(folder, students=["eve"])
