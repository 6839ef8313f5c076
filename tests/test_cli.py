"""What the command line says to those who call it wrongly, and how soon it answers."""

import resource
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from tests.conftest import PROJECT, SAMPLE

OWN = ("--solutions", str(SAMPLE / "solutions"))


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A class, and beside it a folder that is none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class" / "submitted").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "ada.ipynb").write_text("{}")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("grade", "classroom is no class's folder"),
        ("grade --class other", "other is no class's folder"),
        ("grade --class nowhere", "nowhere is no class's folder"),
        ("grade --class class", "There are no submissions"),
        ("grade --class class --workers 0", "Invalid value for '--workers'"),
        ("grade --class class --solutions nowhere", "'nowhere' does not exist"),
        ("collect ada.ipynb", "Missing option '--class'"),
        ("collect --class class nowhere.zip", "'nowhere.zip' does not exist"),
        ("collect --class ada.ipynb ada.ipynb", "'ada.ipynb' is a file"),
        ("collect --class class --assignment 01 ada.ipynb", "There is no assignment '01'. There are: 01-doubling"),
        ("collect --class class --timezone Mars ada.ipynb", "no time zone 'Mars'"),
        ("export --class other", "other is no class's folder"),
        ("export --class class --to sakai", "It can be: moodle, canvas"),
        ("export --class class --sheet nowhere.csv", "'nowhere.csv' does not exist"),
        ("leaderboard --class other", "other is no class's folder"),
        ("verify 99-nothing", "There is no assignment '99-nothing'. There are: 01-doubling"),
        (
            "verify --exercise treble",
            "There is no exercise treble. There are, in 01-doubling: double; 02-sliding: conv",
        ),
        ("verify --workers 0", "Invalid value for '--workers'"),
        ("verify --exercise double --page page.md", "leave out --exercise or --page"),
        ("grad", "No such command 'grad'"),
    ],
)
def test_wrong_call_is_a_clear_error(folders, command, says):
    own = OWN if command.startswith(("collect", "verify")) else ()
    done = CliRunner().invoke(app, [*command.split(), *own], terminal_width=200)
    said = " ".join(line.strip("│╭╰─╮╯ ") for line in done.output.splitlines())
    assert (done.exit_code, says in said) == (1, True), done.output
    assert "Traceback" not in done.output


def test_wrong_call_leaves_nothing_behind(folders, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    for command in (["grade", "--class", "other"], ["collect", "--class", "new", "--assignment", "01", "ada.ipynb"]):
        assert CliRunner().invoke(app, command).exit_code == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_help_comes_at_once():
    """Counted is what it takes of a processor, which others may need at the same time."""

    def seconds():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = seconds()
    subprocess.run([sys.executable, "-m", "autograder", "--help"], cwd=PROJECT, check=True, capture_output=True)
    assert seconds() - before < 0.5


@pytest.mark.parametrize("command", app.registered_commands, ids=lambda command: command.callback.__name__)
def test_command_and_its_options_are_explained(command):
    summary, *more = command.callback.__doc__.strip().split("\n\n")
    assert summary.endswith(".")
    assert all(each.strip().startswith("Example: python -m autograder ") for each in more[-1:])
    assert [hint for hint in command.callback.__annotations__.values() if hint.__metadata__[0].help[-1] != "."] == []


def test_links_without_an_address_are_told_of():
    from autograder import cli

    with pytest.MonkeyPatch.context() as patch:
        said = []
        patch.setattr("typer.echo", said.append)
        cli._say_where_links_lead()
    assert said == ["Links to the book and to Colab lead nowhere until _config.yml holds your repository's address."]
