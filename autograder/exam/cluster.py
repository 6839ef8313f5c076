"""Grade on a Dask cluster: the same pure tasks on workers that share no disk with the coordinator."""

from collections import OrderedDict
from dataclasses import asdict
from threading import Lock

from autograder.exam.kit import Kit
from autograder.exam.limits import Limits, Rules, Times
from autograder.exam.result import Result, failed
from autograder.exam.room import ExamRoom
from autograder.exam.submission import MAX_BYTES

_ROOMS = 2  # assignments that a worker keeps ready at a time
_rooms = OrderedDict()  # in a worker: Kit -> idle ExamRooms
_lock = Lock()


def grade_on_cluster(kit, jobs, rules, address):
    """Grade submissions on the workers of a Dask scheduler.

    A worker that is lost costs nothing but time: its submissions are given to others.

    Parameters
    ----------
    kit : autograder.exam.kit.Kit
    jobs : iterable of (key, callable)
        ``callable()`` gives the bytes of a submission when its turn has come.
    rules : autograder.exam.limits.Rules
    address : str
        Of the scheduler, for instance ``tcp://192.0.2.7:8786``.

    Yields
    ------
    (key, autograder.exam.result.Result)
        In the order in which they are done; results as from `autograder.exam.room.ExamRoom.examine`.

    Raises
    ------
    ConnectionError
        When there is no scheduler at the address.
    """
    from distributed import Client, as_completed

    try:
        client = Client(address, timeout=20)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConnectionError(f"There is no Dask scheduler at {address}: {error}") from None
    with client:
        jobs = iter(jobs)
        keys = {}
        finished = as_completed()

        def submit_next():
            job = next(jobs, None)
            if job is None:
                return
            data = job[1]()[: MAX_BYTES + 1]
            # pure=False: two learners may hand in the same bytes; retries cover workers that die under a task.
            future = client.submit(grade_task, asdict(kit), data, asdict(rules), pure=False, retries=3)
            keys[future.key] = job[0]
            finished.add(future)

        for _ in range(max(2, 2 * sum(client.nthreads().values()))):
            submit_next()
        for future in finished:
            key = keys.pop(future.key)
            try:
                result = Result.read(future.result())
            except Exception as error:  # it killed every worker it was given to, or none is left
                result = failed(kit, repr(error))
            yield key, result
            submit_next()


def grade_task(kit, data, rules):
    """Grade one submission: bytes and an assignment in, notebook and scores out. Runs in a worker.

    Parameters
    ----------
    kit, rules : dict
        Fields of `autograder.exam.kit.Kit` and `autograder.exam.limits.Rules`.
    data : bytes

    Returns
    -------
    dict
        Of `autograder.exam.result.Result.plain`.
    """
    kit = Kit(**kit)
    rules = Rules(Times(**rules["times"]), Limits(**rules["limits"]))
    with _lock:
        idle = _rooms.setdefault(kit, [])
        _rooms.move_to_end(kit)
        room = idle.pop() if idle else ExamRoom(kit)
        while len(_rooms) > _ROOMS:
            _kit, old = _rooms.popitem(last=False)
            for each in old:
                each.close()
    try:
        return room.examine(data, rules).plain()
    finally:
        with _lock:
            if kit in _rooms:
                _rooms[kit].append(room)
            else:
                room.close()
