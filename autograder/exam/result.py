"""What examining a submission results in. It crosses wires and lies in caches as plain data, and is read back here."""

from dataclasses import asdict, dataclass, field, replace

import nbformat

from autograder.course.source import is_test
from convnets.checks.words import join_hint

TIMED_OUT, CRASHED, EXITED, MEMORY, FILES = "timed out", "crashed", "exited", "memory", "files"
UNREADABLE, CHANGED_PYTHON, LOST = "unreadable output", "changed Python", "lost"
UNKNOWN = "unknown"  # of results from before stops had kinds
OWN_LAYERS, DIFFERS = "own layers", "differs"
"""What an instructor should look at: among a result's facts, by these words, are the names of the exercises."""

_MESSAGE = 20_000  # characters, for what a learner's process tells may be of any length
_FAILED = "The grader itself failed on this submission. Please report it to the course's authors."


@dataclass(frozen=True)
class Stop:
    """Why a cell or a call was stopped.

    Attributes
    ----------
    kind : str
        One of the words at the top of this module. What is counted and flagged is read from it.
    text : str
        What people are told.

    Examples
    --------
    >>> from autograder.exam.result import TIMED_OUT, Stop
    >>> Stop(TIMED_OUT, "The call took longer than 10 s.").kind
    'timed out'
    >>> Stop.read("an older record says no more")
    Stop(kind='unknown', text='an older record says no more')
    """

    kind: str
    text: str

    @classmethod
    def read(cls, plain):
        """Take over what `dataclasses.asdict` has made, or the bare text that older records hold."""
        return cls(UNKNOWN, plain) if isinstance(plain, str) else cls(**plain)


@dataclass
class Result:
    """What became of a submission.

    Attributes
    ----------
    notebook : str
        The graded notebook, as JSON.
    notes : list of str
        What was mended in it.
    stops : list of Stop
        Why cells and tests were stopped.
    broken : list of str
        grade_ids of the tests that failed through no fault of the learner's.
    missing_locks : list of str
        What the sandbox could not shut.
    facts : dict
        What checks measured besides points; see `convnets.checks.facts`.
    seconds : float
        How long examining took.
    spent : dict of str to float
        Seconds of these in which processes of the learner's were waited for, by what they were for: see
        `autograder.exam.learner.WITNESSES`.
    unreadable : str or None
        Why the submission could not be graded, for the learner.
    fault : str or None
        What went wrong in the grader, for its authors.

    Examples
    --------
    >>> from autograder.exam.result import MEMORY, Result, Stop
    >>> result = Result("{}", stops=[Stop(MEMORY, "It took more memory than there is.")])
    >>> result.plain()["stops"]
    [{'kind': 'memory', 'text': 'It took more memory than there is.'}]
    >>> Result.read(result.plain()) == result
    True
    """

    notebook: str
    notes: list = field(default_factory=list)
    stops: list = field(default_factory=list)
    broken: list = field(default_factory=list)
    missing_locks: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    seconds: float = 0.0
    spent: dict = field(default_factory=dict)
    unreadable: str | None = None
    fault: str | None = None

    def plain(self):
        """Write it down as plain data."""
        return asdict(self)

    @classmethod
    def read(cls, plain):
        """Take over what `plain` has made."""
        return cls(**{**plain, "stops": [Stop.read(stop) for stop in plain["stops"]]})


def error_output(name, message, hint=None):
    """Make the output of a cell that raised."""
    text = join_hint(message[:_MESSAGE], hint)
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def not_graded(released, source, reason):
    """Make the result of a submission that cannot be examined: every test failed, for one reason.

    Parameters
    ----------
    released : nbformat.NotebookNode
        The notebook that learners were given.
    source : dict of str to nbformat.NotebookNode
        Answer and test cells in full, by grade_id.
    reason : str

    Returns
    -------
    Result

    Examples
    --------
    >>> import nbformat
    >>> from autograder.exam.result import not_graded
    >>> test = nbformat.v4.new_code_cell(metadata={"nbgrader": {"grade_id": "test_double", "grade": True}})
    >>> result = not_graded(nbformat.v4.new_notebook(), {"test_double": test}, "The file is empty.")
    >>> result.unreadable
    'The file is empty.'
    >>> nbformat.reads(result.notebook, as_version=4).cells[1].outputs[0].ename
    'NotGraded'
    """
    notebook = nbformat.v4.new_notebook(metadata=released.metadata)
    notebook.cells = [nbformat.v4.new_markdown_cell(f"**Not graded.** {reason}", id="not-graded")]
    for cell in source.values():
        cell = nbformat.from_dict(cell)
        if is_test(cell):
            cell.outputs = [error_output("NotGraded", reason)]
            notebook.cells.append(cell)
    return Result(nbformat.writes(notebook), unreadable=reason)


def failed(kit, fault):
    """Make the result of a submission on which the grader itself failed."""
    return replace(not_graded(kit.notebook, kit.cells, _FAILED), unreadable=None, fault=fault)
