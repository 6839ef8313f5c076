import os
import socket
import struct
import threading
import time

import pytest

from autograder.exam.codec import MAX_BYTES
from autograder.exam.wire import Deadline, Wire, WireError, pair


@pytest.fixture
def ends():
    ours, theirs = pair()
    theirs = Wire(theirs)
    yield ours, theirs
    ours.close()
    theirs.close()


def test_messages_arrive_in_order(ends):
    ours, theirs = ends
    ours.send({"first": 1})
    ours.send([2])
    assert theirs.receive(1) == {"first": 1}
    assert theirs.receive(1) == [2]


def test_large_messages_arrive(ends):
    ours, theirs = ends
    thread = threading.Thread(target=ours.send, args=(b"x" * 10**7,))
    thread.start()
    assert len(theirs.receive(10)) == 10**7
    thread.join()


def test_waiting_ends(ends):
    with pytest.raises(Deadline):
        ends[0].receive(0.05)


def test_sending_to_a_side_that_does_not_read_ends(ends):
    with pytest.raises(Deadline):
        ends[0].send(b"x" * 10**7, seconds=0.1)


def test_half_a_message_ends_the_wait(ends):
    ours, theirs = ends
    os.write(ours.fileno(), struct.pack(">Q", 100) + b"half")
    with pytest.raises(Deadline):
        theirs.receive(0.05)


def test_a_closed_connection_is_said(ends):
    ours, theirs = ends
    theirs.close()
    with pytest.raises(WireError, match="closed"):
        ours.receive(1)


def test_a_message_too_large_is_refused_before_it_is_read(ends):
    ours, theirs = ends
    os.write(ours.fileno(), struct.pack(">Q", MAX_BYTES + 1))
    with pytest.raises(WireError, match="limit"):
        theirs.receive(1)


def test_tick_is_called_while_waiting(ends):
    ticks = []
    began = time.monotonic()
    with pytest.raises(Deadline):
        ends[0].receive(0.7, tick=lambda: ticks.append(1))
    assert ticks
    assert time.monotonic() - began < 5


def test_a_socket_can_be_passed_on(ends):
    ours, theirs = ends
    one, other = socket.socketpair()
    ours.send_socket(other)
    other.close()
    passed = Wire(theirs.receive_socket())
    Wire(one).send("hello")
    assert passed.receive(1) == "hello"
    passed.close()
    one.close()
