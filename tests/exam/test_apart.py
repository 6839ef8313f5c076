"""What is done for one submission can neither take long nor much, nor take others with it."""

import os
import time

import pytest

from autograder.exam import apart
from autograder.exam.apart import Apart, NotDone


def _loop():
    while True:
        pass


def _allocate():
    return bytes(2**32)


def _fail():
    raise ValueError("not what is said")


HOSTILE = [(_loop, ()), (time.sleep, (1000,)), (_allocate, ()), (_fail, ()), (os._exit, (0,))]


def test_what_takes_too_long_or_too_much_or_fails_costs_only_itself(monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 1)
    monkeypatch.setattr(apart, "_TURNS", 2)
    began = time.monotonic()
    with Apart() as process:
        for function, arguments in HOSTILE:
            with pytest.raises(NotDone):
                process.do(function, *arguments)
            assert process.do(sorted, [2, 1]) == [1, 2]
    assert time.monotonic() - began < 30


def test_what_was_prepared_is_there():
    with Apart(lambda: os.environ.update(PREPARED="yes")) as process:
        assert process.do(os.getenv, "PREPARED") == "yes"
    assert "PREPARED" not in os.environ
