"""The command line: ``python -m autograder COMMAND``. Each command imports only what it needs."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Solutions = Annotated[Path | None, typer.Option(help="Folder of the assignments' text notebooks.")]


@app.callback()
def _autograder():
    """Build the course's notebooks, grade submissions, write feedback and reports."""


@app.command()
def release(
    solutions: Solutions = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where notebooks/ is stale.")] = False,
):
    """Make notebooks/ from the text notebooks in book/ and solutions/."""
    from autograder.exercises import AssignmentError
    from autograder.release import release

    try:
        changed = release(solutions, check=check)
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {path}")
    if not changed:
        typer.echo("notebooks/ is up to date.")
    elif check:
        typer.echo("Run: python -m autograder release", err=True)
        raise typer.Exit(1)
