"""Questions for two minutes of talk about what somebody has handed in, on a page for the instructor."""

from itertools import count as counted
from pathlib import Path

from autograder.classroom.feedback import templates
from autograder.classroom.files import CannotBeRead, submissions
from autograder.classroom.records import read_records
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError, read_assignment
from autograder.exam.interview import Interview, Interviewer
from convnets.notebook.practice import calls_of

COUNT = 4  # questions for each learner


def write_viva(folder, assignments, students=(), count=COUNT, solutions=None, say=print):
    """Write ``viva.html`` into a class's folder.

    Parameters
    ----------
    folder : path-like
    assignments : list of str
    students : collection of str
        Only these; without any, everyone who has handed in.
    count : int
        Questions for each.
    solutions : path-like, optional
    say : callable
        Told who is being looked at.

    Returns
    -------
    int
        How many learners there are questions for.

    Raises
    ------
    autograder.course.source.AssignmentError
        When nobody of that name has handed in.
    """
    there = {name: submissions(folder, name) for name in assignments}
    unknown = set(students) - {each.student for group in there.values() for each in group}
    if unknown:
        raise AssignmentError(
            f"Nobody in {folder} is called {', '.join(sorted(unknown))}. Names are those in submitted/."
        )
    parts = []
    with Interviewer() as interviewer:
        for name, group in there.items():
            calls = {exercise.name: calls_of(exercise.name) for exercise in read_assignment(name, solutions).exercises}
            scores = {record.student: record for record in read_records(folder, name)}
            talks = []
            for submission in group:
                if students and submission.student not in students:
                    continue
                say(f"{name}: {submission.student}")
                talk = _interview(interviewer, submission, calls, count)
                talks.append(_shown(submission.student, talk, scores.get(submission.student)))
            parts.append({"assignment": name, "talks": talks})
    page = templates().get_template("viva.html").render(parts=parts)
    write_atomically(Path(folder, "viva.html"), page)
    return sum(bool(talk["asked"]) for part in parts for talk in part["talks"])


def _interview(interviewer, submission, calls, count):
    try:
        data = submission.read()
    except CannotBeRead as why:
        return Interview(reason=str(why))
    return interviewer.interview(data, calls, count, f"{submission.student} {submission.assignment}")


def _shown(student, talk, record):
    """Put an interview into what the page shows."""
    numbers = counted(1)
    asked = [
        {
            "exercise": each.exercise,
            "lines": list(enumerate(each.source.splitlines(), start=1)),
            "about": {question.line for question in each.questions},
            "questions": [{"number": next(numbers), "question": question} for question in each.questions],
        }
        for each in talk.asked
    ]
    score = f"{record.score:g} of {record.max_score:g} points" if record else "not graded yet"
    return {"student": student, "score": score, "asked": asked, "answered": talk.answered, "reason": talk.reason}
