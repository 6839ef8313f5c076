"""The check of the graphics card compares numbers. No card is here: what would come from one is made up."""

from types import SimpleNamespace

import pytest
from rich.console import Console

from autograder.course.source import is_test
from autograder.tools import gpu_check
from convnets.first_steps import first_steps
from tests.submissions import submission

RIGHT = {"losses": [2.3, 2.1], "outputs": [[0.9, 0.1]]}


def _card_and_processor(monkeypatch, card, devices=("GPU", "CPU")):
    told = {True: {**card, "device": devices[0]}, False: {**RIGHT, "device": devices[1]}}
    monkeypatch.setattr(gpu_check, "numbers_of", lambda network, gpu: told[gpu])
    return gpu_check.compare_training("lenet")


def test_numbers_within_the_tolerance_agree(monkeypatch):
    agrees, said = _card_and_processor(monkeypatch, {"losses": [2.301, 2.099], "outputs": [[0.899, 0.101]]})
    assert agrees, said


@pytest.mark.parametrize(
    "card",
    [
        {"losses": [2.3, 1.9], "outputs": [[0.9, 0.1]]},
        {"losses": [2.3, 2.1], "outputs": [[0.8, 0.2]]},
        {"losses": [2.3, float("nan")], "outputs": [[0.9, 0.1]]},
    ],
    ids=["another loss", "another output", "not a number"],
)
def test_other_numbers_do_not_agree(monkeypatch, card):
    assert not _card_and_processor(monkeypatch, card)[0]


def test_a_training_that_ran_on_the_processor_twice_proves_nothing(monkeypatch):
    agrees, said = _card_and_processor(monkeypatch, RIGHT, devices=("CPU", "CPU"))
    assert not agrees
    assert "CPU and CPU" in said


def test_a_training_that_breaks_off_is_told(monkeypatch):
    def breaks_off(network, gpu):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(gpu_check, "numbers_of", breaks_off)
    assert gpu_check.compare_training("lenet") == (False, "failed: out of memory")


def test_a_sandbox_that_shuts_the_card_out_is_told(monkeypatch):
    monkeypatch.setattr(gpu_check, "try_gpu", lambda: "no device")
    agrees, said = gpu_check.compare_grading()
    assert not agrees
    assert "no device" in said


@pytest.mark.parametrize(("without", "agrees"), [(10.0, True), (9.0, False)])
def test_a_submission_has_to_earn_the_same_points_with_and_without_the_card(monkeypatch, without, agrees):
    points = iter([10.0, without])
    monkeypatch.setattr(gpu_check, "try_gpu", lambda: None)
    monkeypatch.setattr(gpu_check, "_points", lambda kit, data: next(points))
    assert gpu_check.compare_grading()[0] is agrees


def test_points_are_those_of_the_graded_notebook(monkeypatch, kit, room):
    monkeypatch.setattr(gpu_check, "ExamRoom", lambda _kit: SimpleNamespace(examine=room.examine, close=lambda: None))
    full = gpu_check._points(kit, submission(kit))
    assert full > gpu_check._points(kit, submission(kit, "def double(x):\n    return None"))
    assert full == sum(cell.metadata.nbgrader.points for cell in kit.notebook.cells if is_test(cell))


def test_without_a_card_it_says_so_and_is_not_content(monkeypatch):
    monkeypatch.setattr(gpu_check, "gpus", list)
    console = Console(record=True, width=120, quiet=False, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    assert not gpu_check.check_gpu(console)
    assert "no graphics card" in console.export_text()


def test_one_trial_that_does_not_agree_fails_the_whole_check(monkeypatch):
    monkeypatch.setattr(gpu_check, "gpus", lambda: ["a card"])
    monkeypatch.setattr(gpu_check, "compare_training", lambda network: (network != "lite0", "made up"))
    monkeypatch.setattr(gpu_check, "compare_grading", lambda: (True, "made up"))
    console = Console(record=True, width=120, quiet=False, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    assert not gpu_check.check_gpu(console)
    text = console.export_text()
    assert text.count("DOES NOT AGREE") == 1
    assert "training resnet50: agrees" in text


def test_first_steps_are_the_same_twice():
    once, again = first_steps("lenet", steps=2), first_steps("lenet", steps=2)
    assert gpu_check._apart(once["losses"], again["losses"]) < 1e-4
    assert gpu_check._apart(once["outputs"], again["outputs"]) < 1e-4


def test_first_steps_run_in_a_process_of_their_own_on_the_processor():
    assert gpu_check.numbers_of("lenet", gpu=False)["device"] == "CPU"
