"""Questions about what a learner has handed in, made where it runs: in the sealed process, as in grading.

What comes back is plain data that nobody trusts further: it is looked at here, cut to size, and escaped where it is
shown. Code that was made to deceive can spoil the questions about itself, and nothing else.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field

from autograder.exam.apart import Apart, NotDone
from autograder.exam.forkserver import WarmProcess
from autograder.exam.learner import Learner, LearnerStopped
from autograder.exam.limits import Rules, Times
from autograder.exam.submission import UnreadableSubmission, read_submission
from convnets.notebook.explain import answers_in
from convnets.notebook.questions import Question, choose

MOST_SOURCE = 20_000  # characters of a function that are shown
MOST_TEXT = 600  # characters of a question or an option
MOST_QUESTIONS = 200  # about one function
MOST_ANSWERS = 60  # that somebody gave in the notebook
RULES = Rules(Times(cell=60, submission=300))


@dataclass
class Asked:
    """What there is to ask about one answer.

    Attributes
    ----------
    exercise : str
    source : str
        The function.
    questions : list of convnets.notebook.questions.Question
    none : str
        Why there is nothing to ask, where there is not.
    """

    exercise: str
    source: str = ""
    questions: list = field(default_factory=list)
    none: str = ""


@dataclass
class Interview:
    """What there is to talk about with one learner.

    Attributes
    ----------
    asked : list of Asked
        By exercise; only those with questions that were chosen.
    answered : list of dict
        What the learner answered in the notebook, as the notebook says: exercise, question, answer, right.
    reason : str
        Why nothing could be asked.

    Examples
    --------
    >>> from autograder.exam.interview import Asked, Interview
    >>> from convnets.notebook.questions import Question
    >>> question = Question("value", "double(3)", 2, "What does `2 * x` give?", ("6", "9", "5"), 0)
    >>> interview = Interview([Asked("double", "def double(x):\\n    return 2 * x\\n", [question])])
    >>> [(asked.exercise, len(asked.questions)) for asked in interview.asked]
    [('double', 1)]
    >>> Interview(reason="The file is empty.").asked
    []
    """

    asked: list = field(default_factory=list)
    answered: list = field(default_factory=list)
    reason: str = ""


class Interviewer:
    """Makes interviews, one submission after another; to be used in a ``with`` block.

    It keeps two processes for the block: one that reads files, and a warm one of which each learner's code gets a fork.
    """

    def __enter__(self):
        self._apart = Apart()
        self._warm = WarmProcess()
        self._warm.wait()
        return self

    def __exit__(self, *_):
        self._warm.close()
        self._apart.__exit__()

    def interview(self, data, calls, count, seed):
        """Make the questions for one submission.

        Parameters
        ----------
        data : bytes
            The file as it was handed in.
        calls : dict of str to list of str
            By exercise, small calls of its function.
        count : int
            How many questions.
        seed : str

        Returns
        -------
        Interview
        """
        try:
            cells, answered = self._apart.do(_read, data)
        except NotDone:
            return Interview(reason="The file could not be read: it took too long or too much.")
        if cells is None:
            return Interview(reason=answered)
        learner = Learner(self._warm.wire, RULES)
        try:
            for source in cells:
                with suppress(LearnerStopped):
                    learner.run(source)
            found = [_about(learner, name, small) for name, small in calls.items() if small]
        finally:
            learner.close()
        chosen = _chosen(found, count, seed)
        return Interview(chosen, answered, "" if chosen else _NONE)


_NONE = "No function in it gives three good questions."


def _read(data):
    """Read cells and answers of a submission; of one that cannot be read, None and why."""
    try:
        cells = read_submission(data)
    except UnreadableSubmission as why:
        return None, str(why)
    answered = []
    with suppress(ValueError, RecursionError):
        for kept in answers_in(json.loads(data)):
            answered += [{"exercise": kept["explain"][:100], **_short(each)} for each in kept["answers"]]
    given = [each for each in answered if each["answer"] is not None][-MOST_ANSWERS:]
    return [cell["source"] for cell in cells if cell["kind"] == "code" and cell["source"].strip()], given


def _short(answer):
    said = {key: (answer[key] or "")[:MOST_TEXT] or None for key in ("question", "answer")}
    return {**said, "right": answer["right"] is True}


def _about(learner, name, calls):
    """Ask for the questions about one function, and believe of the reply only what has the form of questions."""
    try:
        reply = learner.question(name, calls)
    except LearnerStopped as stopped:
        return Asked(name, none=stopped.stop.text)
    source, asked = reply.get("source"), reply.get("asked")
    if not isinstance(source, str) or not isinstance(asked, list):
        return Asked(name, none=str(reply.get("none", "Its code gave back no questions."))[:MOST_TEXT])
    good = [question for each in asked[:MOST_QUESTIONS] if (question := _question(each)) is not None]
    return Asked(name, source[:MOST_SOURCE], good)


def _question(told):
    """Take plain data for a question; None where it is none."""
    kinds = {"kind": str, "call": str, "line": int, "text": str, "options": tuple, "right": int}
    if type(told) is not dict or set(told) != set(kinds):
        return None
    told["options"] = tuple(told["options"]) if type(told["options"]) in (list, tuple) else None
    if any(type(told[key]) is not kind for key, kind in kinds.items()):
        return None
    words = [told["text"], told["call"], *told["options"]]
    whole = all(type(each) is str and len(each) <= MOST_TEXT for each in words)
    if not whole or not 3 <= len(set(told["options"])) == len(told["options"]) <= 5:
        return None
    return Question(**told) if 0 <= told["right"] < len(told["options"]) and told["line"] >= 0 else None


def _chosen(found, count, seed):
    """Choose some questions, of as many exercises as can be: those with the most to ask about first."""
    queues = [(each, choose(each.questions, count, f"{seed} {each.exercise}")) for each in found]
    queues = sorted((pair for pair in queues if pair[1]), key=lambda pair: -len(pair[0].questions))
    taken = {each.exercise: 0 for each, _queue in queues}
    for turn in range(count):
        for each, queue in queues:
            if sum(taken.values()) < count and turn < len(queue):
                taken[each.exercise] += 1
    return [
        Asked(each.exercise, each.source, queue[: taken[each.exercise]])
        for each, queue in queues
        if taken[each.exercise]
    ]
