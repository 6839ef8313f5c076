"""Lets ``python -m autograder`` run the command line."""

from autograder.cli import app

app(prog_name="python -m autograder")
