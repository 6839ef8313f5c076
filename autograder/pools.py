"""Pools of threads in a process that may not share memory with others."""

import multiprocessing.context
import threading
from multiprocessing import connection
from multiprocessing.queues import SimpleQueue


class _AmongThreads(SimpleQueue):
    """A queue between the threads of one process. Its locks are of threads; those of processes need shared memory."""

    def __init__(self):
        self._reader, self._writer = connection.Pipe(duplex=False)
        self._rlock, self._wlock = threading.Lock(), threading.Lock()
        self._poll = self._reader.poll


def without_shared_memory():
    """Let ``multiprocessing.pool.ThreadPool`` do without.

    Keras lists folders of images with one. Processes cannot be started in a learner's process, so nothing is lost.
    """
    multiprocessing.context.BaseContext.SimpleQueue = lambda _context: _AmongThreads()
