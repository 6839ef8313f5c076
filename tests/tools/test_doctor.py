"""The doctor says what holds here, and where something does not."""

from rich.console import Console

from autograder.tools import doctor


def _told(monkeypatch, held, missing):
    monkeypatch.setattr(doctor, "gpus", list)
    monkeypatch.setattr(doctor, "probe", lambda: (held, missing))
    console = Console(record=True, width=120, quiet=False, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    healthy = doctor.diagnose(console)
    return healthy, console.export_text()


def test_all_held(monkeypatch):
    healthy, text = _told(monkeypatch, {"network": True}, [])
    assert healthy
    assert "nbgrader" in text
    assert "NO" not in text


def test_names_that_can_be_seen_are_told_and_no_reason_to_worry(monkeypatch):
    healthy, text = _told(monkeypatch, {"network": True, doctor.NAMES: False}, [])
    assert healthy
    assert "nothing of what it names" in text


def test_what_is_not_held_is_said_with_what_to_do(monkeypatch):
    healthy, text = _told(monkeypatch, {"network": False}, ["this kernel has no Landlock."])
    assert not healthy
    assert "NO" in text
    assert "no Landlock" in text
    assert "virtual machine" in text


def test_versions_name_what_is_missing(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", ["numpy", "no-such-package"])
    assert doctor.versions()["no-such-package"] == "missing"
