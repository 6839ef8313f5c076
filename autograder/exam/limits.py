"""What a submission may use."""

from dataclasses import dataclass, field


@dataclass
class Times:
    """How long things may take, in seconds.

    Attributes
    ----------
    cell : float
        Running one cell of the learner's.
    call : float
        One call of a learner's function.
    grace : float
        Between an interrupt and the end of the process.
    submission : float
        All of a submission's cells and tests.

    Examples
    --------
    >>> from autograder.exam.limits import Times
    >>> Times(cell=300)
    Times(cell=300, call=10, grace=3, submission=900)
    """

    cell: float = 60
    call: float = 10
    grace: float = 3
    submission: float = 900


@dataclass
class Limits:
    """What one learner's process may use.

    Attributes
    ----------
    memory : int
        Bytes it may map beyond what the warm process had mapped.
    cpu_seconds : int
        Processor time in all.
    file_bytes : int
        Size of one file.
    scratch_bytes : int
        Size of its scratch folder in all; watched by the examiner.
    open_files : int
    """

    memory: int = 4 * 2**30
    cpu_seconds: int = 900
    file_bytes: int = 64 * 2**20
    scratch_bytes: int = 256 * 2**20
    open_files: int = 256


@dataclass
class Rules:
    """What a submission may use.

    Attributes
    ----------
    times : Times
    limits : Limits

    Examples
    --------
    >>> from autograder.exam.limits import Limits, Rules
    >>> rules = Rules(limits=Limits(memory=8 * 2**30))
    >>> rules.limits.memory // 2**20, rules.times.cell
    (8192, 60)
    """

    times: Times = field(default_factory=Times)
    limits: Limits = field(default_factory=Limits)
