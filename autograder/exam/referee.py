"""The referee: a process that has run no learner's code, where models are built from what is handed over, and asked.

A learner's process says what a model is: its configuration and its numbers. What the model does is seen here. Where it
cannot be built from Keras's own layers, it is asked where it is, and that is noted.
"""

from contextlib import suppress
from weakref import WeakKeyDictionary, WeakValueDictionary, finalize

from convnets.checks.objects import Remote

OF_MODELS = {"facts", "weights", "look", "set_weights", "predict", "loss", "train", "measure", "introduce"}
"""The operations that the referee does."""

_BUILDING = {"predict", "loss", "train", "measure"}  # of these each calls an object, and so builds it

_AT_A_TIME = 16 * 2**20  # bytes


class _Copy:
    """What stands in the referee for an object of a learner's process.

    Attributes
    ----------
    remote : Remote
        In the referee.
    written : dict
        What it was built from.
    original : (int, int, str)
        The learner's process, and number and type of the object there.
    shared : list of int
        What tells its variables from others over there.
    turn : int
        Of the learner's process: when the two were the same for the last time.
    stamp : int
        Larger than those of all that changed here before; 0 when nothing has since then.
    """

    def __init__(self, remote, written, original, shared):
        self.remote, self.written, self.original, self.shared = remote, written, original, shared
        self.turn, self.stamp = -1, 0


class Referee:
    """Asks what is said of a learner's models.

    Parameters
    ----------
    learner : autograder.exam.learner.Learner

    Attributes
    ----------
    has_asked_there : bool
        Whether something had to be asked where it is.
    """

    def __init__(self, learner):
        self._learner = learner
        self._copies = WeakKeyDictionary()  # by what stands for the original in a test
        self._known = WeakValueDictionary()  # by the original
        self._turn = self._clock = 0
        self._gone = []  # numbers of copies that nobody needs any more
        self.has_asked_there = False

    def ask(self, remote, operation, arguments):
        """Do one of `OF_MODELS` with an object of the learner's process."""
        copy = self._copy_of(remote, operation, arguments)
        if copy is None:
            value = self._learner.use_there(remote, operation, arguments)
            self.has_asked_there = True
            return value
        self._catch_up(copy)
        if operation in ("set_weights", "train") or (operation == "predict" and arguments[1]):
            self._clock += 1
            copy.stamp = self._clock
        return self._process.use_there(copy.remote, operation, arguments)

    def give_back(self):
        """Let the originals know what has changed here: now the learner's code is going to run."""
        for copy in sorted({*self._copies.values()}, key=lambda copy: copy.stamp):
            process, number, type_name = copy.original
            if copy.stamp and copy.turn == self._turn and process == self._learner.process and self._is_there(copy):
                original = Remote(self._learner, number, type_name)
                with suppress(Exception):  # what the learner's code has done to it shows when it is handed over again
                    _carry(copy.written["size"], (self._process, copy.remote), (self._learner, original))
        self._turn += 1

    @property
    def _process(self):
        return self._learner.run_beside(("referee",), lambda _sources: [])

    def _is_there(self, copy):
        return copy.remote.process == self._process.process

    def _copy_of(self, remote, operation, arguments):
        """Return the copy of an object as it is now, None where it cannot be built."""
        copy = self._copies.get(remote)
        unbuilt = copy is not None and not copy.written["built"] and operation in _BUILDING
        if copy is None or copy.turn != self._turn or unbuilt or not self._is_there(copy):
            copy = self._handed_over(remote, operation, arguments)
            self._copies.pop(remote, None)
            if copy is not None:
                self._copies[remote] = copy
        return copy

    def _handed_over(self, remote, operation, arguments):
        told = self._told(remote)
        if told and not told[2]["built"] and operation in _BUILDING:
            with suppress(Exception):  # its first values may be the learner's, so the first call is made there
                inputs = arguments[0][0] if operation == "train" else arguments[0]
                self._learner.use_there(remote, "build", [inputs])
            told = self._told(remote)
        if told is None:
            return None
        identity, shared, written = told
        copy = self._known.get((self._learner.process, identity))
        if copy is None or copy.written != written or not self._is_there(copy):
            made = self._process.made("rebuilt", [written], forget=self._gone)
            self._gone = []
            if not isinstance(made, Remote):
                return None
            copy = _Copy(made, written, (self._learner.process, remote.number, remote.type_name), shared)
            finalize(copy, self._gone.append, made.number)
            self._known[self._learner.process, identity] = copy
        if copy.turn != self._turn:
            _carry(written["size"], (self._learner, remote), (self._process, copy.remote))
            copy.turn, copy.stamp, copy.shared = self._turn, 0, shared
        return copy

    def _told(self, remote):
        """Let an object be written down; None where that cannot be, or what comes is nothing of the kind."""
        try:
            identity, shared, written = self._learner.use_there(remote, "hand_over", ())
            whole = type(identity) is int and all(type(each) is int for each in shared)
            return (identity, shared, written) if whole and type(written["size"]) is int else None
        except Exception:
            return None

    def _catch_up(self, copy):
        """Take over what has changed here in other copies that share variables with this one."""
        for other in sorted({*self._copies.values()}, key=lambda other: other.stamp):
            if other.stamp <= copy.stamp or other.turn != self._turn or not self._is_there(other):
                continue
            places = {each: place for place, each in enumerate(other.shared)}
            pairs = [[place, places[each]] for place, each in enumerate(copy.shared) if each in places]
            if pairs:
                self._process.use_there(copy.remote, "take_over", [other.remote, pairs])
                copy.stamp = other.stamp


def _carry(size, source, target):
    """Bring all numbers of an object from one process to another."""
    for start in range(0, size, _AT_A_TIME):
        data = source[0].use_there(source[1], "read", [start, _AT_A_TIME])
        target[0].use_there(target[1], "write", [start, data])
