"""Messages on a socket: eight bytes of length, then that many bytes as `autograder.exam.codec` writes them.

Every wait has an end. Who talks to whom, each request answered by one reply:

grader → examiner (`autograder.exam.room`, `autograder.exam.examiner`)
    first: the fields of a `Kit`, ``threads`` → ``ready``, or ``broken``: why nothing can be graded with that
    then:  ``data`` (the file), ``times``, ``limits``, ``only`` (grade_ids or None)
           → ``result`` (of `Result.plain`), ``learned`` (by grade_id, what checks say of mistakes), ``news`` (by
           grade_id, what looks have found), ``imported``; or ``fault``: what went wrong in the grader

examiner → warm process (`autograder.exam.forkserver`)
    first: ``modules`` to be imported                    → ``ready``
    ``do`` "begin", ``modules`` to be imported, too      → ``ready``: a submission begins, and those before have ended
    ``do`` "fork", ``scratch``, ``limits``, ``without`` (packages), then a socket → ``pid``
    ``do`` "end", ``pid``                                → ``status``: of the exit, negative for a signal

examiner → learner's process (`autograder.exam.learner`, `autograder.exam.server`), by that socket; it says ``ready``
and ``missing`` (locks) once. Each request carries a ``ticket``, and its reply the same one.
    ``do`` "run", ``source``                → ``outputs``, ``success``
    ``do`` "probe", ``word``, ``numbers``   → ``outputs``, ``value``: of a cell and a call whose results are known
    ``do`` "kind", ``name``                 → ``kind``: "missing", "module", "function" or "value"
    ``do`` "value", ``name``                → ``value``
    ``do`` "call", ``name``, ``arguments``, ``keywords``, ``watch``
           → ``value``, ``error``, ``changed``, ``shares``, ``reused``, ``steps``, ``packages``: an `Outcome`
    ``do`` "use", ``thing``, ``operation``, ``arguments`` → ``value`` or ``error``
    ``do`` "make", ``kind``, ``arguments``, ``forget`` (numbers of objects that may go) → ``value``
    any of them → ``refused``: why it could not be answered; ``interrupted`` after a time-out

What a learner's process replies is data of an opponent: fields are taken one by one, each only if it is of its type.
"""

import os
import socket
import struct
import time

from autograder.exam.codec import MAX_BYTES, decode, encode

_LENGTH = struct.Struct(">Q")


class WireError(Exception):
    """The other side closed the connection or broke the protocol."""


class MessageTooLarge(WireError):
    """The other side announced more than a message may hold."""


class Deadline(Exception):
    """The other side did not answer in time."""


class Wire:
    """One end of a socket pair.

    Parameters
    ----------
    connection : socket.socket
        A connected stream socket; the wire owns it.
    """

    def __init__(self, connection):
        self._socket = connection

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._socket.close()

    def send(self, message, keep=None, seconds=None):
        """Send one value.

        Parameters
        ----------
        message : object
            Plain data; see `autograder.exam.codec`.
        keep : callable, optional
            Passed to `autograder.exam.codec.encode`.
        seconds : float, optional
            How long the other side may take to accept it.

        Raises
        ------
        CodecError, WireError, Deadline
        """
        data = encode(message, keep)
        self._socket.settimeout(seconds)
        try:
            self._socket.sendall(_LENGTH.pack(len(data)) + data)
        except TimeoutError:
            raise Deadline from None
        except OSError as error:
            raise WireError(f"the connection is closed ({error})") from None

    def receive(self, seconds=None, fetch=None, tick=None):
        """Wait for one value.

        Parameters
        ----------
        seconds : float, optional
            How long to wait for all of it.
        fetch : callable, optional
            Passed to `autograder.exam.codec.decode`.
        tick : callable, optional
            Called about four times a second while waiting.

        Returns
        -------
        object

        Raises
        ------
        CodecError, WireError, Deadline
        """
        until = None if seconds is None else time.monotonic() + seconds
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, until, tick))
        if length > MAX_BYTES:
            raise MessageTooLarge(f"a message of {length:,} bytes was announced; {MAX_BYTES:,} is the limit")
        return decode(self._exactly(length, until, tick), fetch)

    def _exactly(self, count, until, tick):
        parts = bytearray()
        while len(parts) < count:
            wait = None if until is None else until - time.monotonic()
            if wait is not None and wait <= 0:
                raise Deadline
            self._socket.settimeout(wait if tick is None else min(0.25, wait if wait is not None else 0.25))
            try:
                part = self._socket.recv(min(count - len(parts), 2**20))
            except TimeoutError:
                if tick:
                    tick()
                continue
            except OSError as error:
                raise WireError(f"the connection is closed ({error})") from None
            if not part:
                raise WireError("the connection is closed")
            parts += part
        return bytes(parts)

    def send_socket(self, connection):
        """Pass a socket on to the process at the other end."""
        self._socket.settimeout(None)
        socket.send_fds(self._socket, [b"S"], [connection.fileno()])

    def receive_socket(self):
        """Take a socket that the process at the other end passes on."""
        self._socket.settimeout(None)
        data, descriptors, _flags, _address = socket.recv_fds(self._socket, 1, 1)
        if data != b"S" or len(descriptors) != 1:
            for descriptor in descriptors:
                os.close(descriptor)
            raise WireError("the connection is closed")
        return socket.socket(fileno=descriptors[0])


def pair():
    """Make two connected ends.

    Returns
    -------
    (Wire, socket.socket)
        This process's end, and the other's.
    """
    ours, theirs = socket.socketpair()
    return Wire(ours), theirs
