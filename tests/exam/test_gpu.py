"""Learners' code may use a graphics card. None is here: its files are made up, and what would open one is looked at."""

import contextlib
import mmap
import os
import sys

import pytest
from rich.console import Console

from autograder.exam import forkserver, gpu, gpu_trial, landlock, room, sandbox
from autograder.exam.kit import make_kit
from autograder.exam.limits import Limits, Rules
from autograder.exam.room import ExamRoom
from autograder.tools import doctor
from tests.submissions import cells, said, submission

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

MAP_NORESERVE = 0x4000  # mmap has the name from Python 3.13 on


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a card, as far as files go; its root."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("dev/nvidia0", "dev/nvidiactl", "dev/nvidia-uvm", "dev/sda", "proc/driver/nvidia/params",
                 "proc/devices", "proc/cmdline", "sys/module/nvidia/version", "sys/module/loop/version"):  # fmt: skip
        path = tmp_path / "machine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "machine"


def in_a_fork(attempts):
    """Run functions in another process; return the letters of those that raise no exception."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            for letter, attempt in attempts.items():
                with contextlib.suppress(OSError, MemoryError):
                    attempt()
                    os.write(writer, letter.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        done = file.read().decode()
    os.wait()
    return done


def test_card_and_what_its_driver_reads_are_open_and_nothing_else(machine, tmp_path):
    (tmp_path / "scratch").mkdir()

    def write(name):
        (machine / name).open("r+").write("x")

    attempts = {
        "-": lambda: landlock.restrict_files(tmp_path / "scratch", [], root=machine),
        "a": lambda: write("dev/nvidia0"),
        "b": lambda: write("dev/nvidia-uvm"),
        "c": lambda: (machine / "proc/driver/nvidia/params").read_text(),
        "d": lambda: (machine / "sys/module/nvidia/version").read_text(),
        "P": lambda: write("proc/driver/nvidia/params"),
        "Q": lambda: write("dev/sda"),
        "R": lambda: (machine / "proc/cmdline").read_text(),
        "S": lambda: (machine / "sys/module/loop/version").read_text(),
    }
    assert in_a_fork(attempts) == "-abcd"


def test_hidden_card_is_shut_too(machine, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    (tmp_path / "scratch").mkdir()
    attempts = {
        "-": lambda: landlock.restrict_files(tmp_path / "scratch", [], root=machine),
        "A": lambda: (machine / "dev/nvidia0").read_text(),
        "B": lambda: (machine / "proc/devices").read_text(),
    }
    assert in_a_fork(attempts) == "-"


def test_driver_without_a_card_is_no_card(machine):
    assert [path.name for path in gpu.gpu_devices(machine)] == ["nvidia-uvm", "nvidia0", "nvidiactl"]
    (machine / "dev/nvidia0").unlink()
    assert gpu.gpu_devices(machine) == []


@pytest.mark.parametrize(("gpu", "done"), [(False, "-"), (True, "-r")])
def test_addresses_may_be_reserved_with_a_card_and_memory_is_limited_all_the_same(gpu, done):
    """A driver reserves what is not to be written to yet; only with a card is there a reason to let it."""
    attempts = {
        "-": lambda: sandbox.limit_resources(Limits(memory=2**30), gpu=gpu),
        "r": lambda: mmap.mmap(-1, 2**35, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE, prot=0),
        "W": lambda: bytearray(2**31),
    }
    assert in_a_fork(attempts) == done


def test_processes_are_told_where_the_card_is_and_to_share_it(monkeypatch):
    monkeypatch.setattr(gpu, "gpu_devices", lambda: ["/dev/nvidia0"])
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib64-nvidia")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    told = forkserver.environment("/nowhere", 1)
    assert (told["LD_LIBRARY_PATH"], told["TF_FORCE_GPU_ALLOW_GROWTH"]) == ("/usr/lib64-nvidia", "true")


def test_processes_are_told_that_the_card_is_hidden(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib64-nvidia")
    told = forkserver.environment("/nowhere", 1)
    assert told["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "LD_LIBRARY_PATH" not in told


def test_no_process_that_is_forked_has_opened_a_card(course):
    """The learner's comes from one whose TensorFlow has not looked for devices; the examiner sees no card at all."""
    path = course / "solutions" / "01-doubling.md"
    text = path.read_text(encoding="utf-8")
    hidden = "### BEGIN HIDDEN TESTS\n"
    asked = f"{hidden}import os\n\nassert os.environ['CUDA_VISIBLE_DEVICES'] == '-1'\n"
    path.write_text(text.replace(hidden, asked, 1), encoding="utf-8")
    kit = make_kit("01-doubling", course / "solutions")
    before = (
        "import os, tensorflow\nfrom tensorflow.python.eager.context import context\n"
        "print(context()._initialized, os.environ.get('CUDA_VISIBLE_DEVICES'))\n"
        "tensorflow.ones(1)\nprint(context()._initialized)"
    )
    room = ExamRoom(kit)
    try:
        result = room.examine(submission(kit, before=before), Rules())
    finally:
        room.close()
    printed = "".join(output.get("text", "") for output in cells(result)["mine-first"].outputs)
    assert printed.split() == ["False", "None", "True"]
    assert said(result) is None


def report(monkeypatch, wrong=None):
    monkeypatch.setattr(doctor, "try_gpu", lambda: wrong)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        console = Console(record=True, width=200, file=nowhere)
        doctor.report_gpu(console)
        return console.export_text()


def test_doctor_says_what_a_card_leaves_open(monkeypatch):
    text = report(monkeypatch)
    assert "memory that processes share is not limited" in text
    assert "CUDA_VISIBLE_DEVICES=-1" in text


def test_doctor_says_why_a_card_cannot_be_used(monkeypatch):
    text = report(monkeypatch, "InternalError: [CUDA] no")
    assert "(InternalError: [CUDA] no), and runs on the processor" in text


@pytest.mark.parametrize(
    ("devices", "wrong", "told"),
    [
        ([], "was tried", {}),
        (["/dev/nvidia0"], None, {}),
        (["/dev/nvidia0"], "InternalError", {"CUDA_VISIBLE_DEVICES": "-1"}),
    ],
)
def test_card_that_fails_the_trial_is_hidden_from_learners(monkeypatch, devices, wrong, told):
    monkeypatch.setattr(gpu, "gpu_devices", lambda: devices)
    monkeypatch.setattr(gpu_trial, "try_gpu", lambda: wrong)
    assert room._without_a_useless_gpu() == told


@pytest.mark.skipif(bool(gpu.gpu_devices()), reason="there is a graphics card here")
def test_trial_fails_where_there_is_no_card(warm):
    assert gpu_trial.train_on_the_gpu(warm.wire) == "SystemError: TensorFlow finds no GPU"
