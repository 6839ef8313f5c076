"""Do what is done for one submission in a process of its own, which may neither take long nor much memory, and may die.

What people hand in is read and drawn by libraries that nobody has written against an opponent: eight kilobytes of
blanks keep a highlighter busy for half a minute, nested elements overflow a parser's stack.
"""

import os
import pickle
import resource
import signal
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

SECONDS = 5  # of processor time: a busy machine costs nobody the page
_TURNS = 12  # times as long by the clock
_MEMORY = 2**30  # bytes beyond what the process has already


class NotDone(Exception):
    """Something took too long or too much memory, or failed."""


class Apart:
    """A process that forks a child for each piece of work. It has no threads, so that forking it is safe.

    Parameters
    ----------
    prepare : callable, optional
        Called there first, to make what all children can use.
    """

    def __init__(self, prepare=None):
        self._connection, theirs = Pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                _close_all_but(theirs.fileno())  # a lock among them would be held after the main process was killed
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                if prepare:
                    prepare()
                _serve(theirs)
            finally:
                os._exit(0)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()
        os.waitpid(self._process, 0)

    def do(self, function, *arguments, **keywords):
        """Call a function that pickle knows by name, and return what it returns.

        Parameters
        ----------
        function : callable
        *arguments, **keywords
            For it; pickle has to know how to write them.

        Returns
        -------
        object
            What pickle makes of the result again.

        Raises
        ------
        NotDone
            When it took more than `SECONDS` of processor time, or too much memory, or raised, or ended its process.
        """
        try:
            self._connection.send((function, arguments, keywords))
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise NotDone("the process has ended") from None
        if answer is None:
            raise NotDone("it took too long or too much, or failed")
        return answer[0]


def _close_all_but(kept):
    os.closerange(3, kept)
    os.closerange(kept + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _serve(connection):
    while True:
        try:
            work = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(_in_child(*work))


def _in_child(function, arguments, keywords):
    """Return a function's result in a tuple, or None where there is none."""
    reader, writer = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            reader.close()
            _limit()
            writer.send_bytes(pickle.dumps(function(*arguments, **keywords)))
        finally:
            os._exit(0)
    writer.close()
    try:
        return (pickle.loads(reader.recv_bytes()),) if reader.poll(SECONDS * _TURNS) else None
    except (EOFError, OSError):
        return None
    finally:
        reader.close()
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _limit():
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what it says when it fails is nobody's business
        os.dup2(nowhere, standard)
    limit_memory(_MEMORY)
    _set(resource.RLIMIT_CPU, SECONDS)


def limit_memory(more):
    """Let this process map so many bytes beyond what it has, and no more."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        _set(resource.RLIMIT_AS, int(statm.read_text().split()[0]) * resource.getpagesize() + more)


def _set(kind, value):
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
