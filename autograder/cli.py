"""The command line: ``python -m autograder COMMAND``. Each command imports only what it needs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Solutions = Annotated[
    Path | None,
    typer.Option(
        exists=True, file_okay=False, help="Folder with assignments of your own, in the place of the course's."
    ),
]


@app.callback()
def _autograder():
    """Build the course's notebooks, grade submissions, write feedback and reports."""


@app.command()
def release(
    solutions: Solutions = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where notebooks/ is stale.")] = False,
    public: Annotated[
        Path | None, typer.Option(help="Instead, write the course here without solutions and hidden tests.")
    ] = None,
):
    """Make notebooks/ from the text notebooks in book/ and solutions/."""
    from autograder.course.freshness import inputs, is_fresh

    if not public and is_fresh(inputs(solutions)):
        typer.echo("notebooks/ is up to date.")
        return
    from autograder.course.release import release
    from autograder.course.source import AssignmentError

    try:
        if public:
            from autograder.course.publish import publish

            publish(public, solutions)
            typer.echo(f"{public} holds the course without solutions and hidden tests.")
            typer.echo("Publish it as a repository of its own: the history of this one holds the solutions.")
            return
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


@app.command()
def book(
    pages: Annotated[
        list[str] | None, typer.Argument(help="Only these pages, as 03-keras; default: the whole book.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="A warning is an error; the whole book is read anew.")
    ] = False,
):
    """Build the book into _build/html; code that has not changed is not run again."""
    import time

    from autograder.course.source import AssignmentError
    from autograder.tools.build_book import build_book

    began = time.perf_counter()
    try:
        built = build_book(pages or (), strict)
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    if not built:
        raise typer.Exit(1)
    typer.echo(f"Built in {time.perf_counter() - began:.0f} s. Open in a browser:")
    for each in built:
        typer.echo(f"_build/html/{each}.html")


@app.command()
def check(base: Annotated[str, typer.Option(help="What the files are compared with, as Git names it.")] = "HEAD"):
    """Run what a change can break: notebooks, style, its tests, its pages, the answers to its exercises."""
    from autograder.course.source import AssignmentError
    from autograder.tools.check import check

    try:
        well = check(base)
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    if not well:
        raise typer.Exit(1)


@app.command()
def grade(
    assignments: Annotated[list[str] | None, typer.Argument(help="Which to grade; default: all handed in.")] = None,
    folder: Annotated[Path, typer.Option("--class", help="The class's folder.")] = Path("classroom"),
    workers: Annotated[int | None, typer.Option(help="Submissions graded at a time; default: one a core.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Grade on the Dask cluster of this scheduler.")] = None,
    db: Annotated[str | None, typer.Option(help="Gradebook's address; default: SQLite in the class's folder.")] = None,
    cell_seconds: Annotated[float, typer.Option(min=1, help="How long a cell of a learner's may run.")] = 60,
    call_seconds: Annotated[float, typer.Option(min=1, help="How long a call in a test may take.")] = 10,
    due: Annotated[
        str | None, typer.Option(help="When the assignment is due, as 2026-12-01T23:59; kept in the gradebook.")
    ] = None,
    late_penalty: Annotated[
        str | None, typer.Option(help="What lateness takes off, as 10%/day; kept for the class.")
    ] = None,
    late_limit: Annotated[str | None, typer.Option(help="When nothing counts any more, as 3d; kept too.")] = None,
    similarity: Annotated[
        bool, typer.Option("--similarity", help="Also look for submissions that are more alike than the starter code.")
    ] = False,
    solutions: Solutions = None,
):
    """Grade a class: gradebook, feedback, grade sheet and report."""
    from autograder.classroom.grade import grade_class
    from autograder.course.source import AssignmentError
    from autograder.exam.limits import Rules, Times

    rules = Rules(Times(cell=cell_seconds, call=call_seconds))
    try:
        late = {"due": due, "late_penalty": late_penalty, "late_limit": late_limit}
        records = grade_class(folder, assignments, solutions, workers, db, scheduler=scheduler, rules=rules, **late)
    except (AssignmentError, ConnectionError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    for record in records:
        if record.reason:
            typer.echo(f"not graded: {record.student}, {record.assignment}: {record.reason}")
    typer.echo(f"graded:     {len(records)} submissions")
    typer.echo(f"report:     {folder / 'report.html'}")
    typer.echo(f"grades:     {folder / 'grades.csv'}")
    typer.echo(f"feedback:   {folder / 'feedback'}")
    if similarity:
        from autograder.classroom.similarity import write_similarity

        names = assignments or sorted({record.assignment for record in records})
        count = write_similarity(folder, names, solutions)
        typer.echo(f"similarity: {folder / 'similarity.html'} ({count} pair{'' if count == 1 else 's'})")


@app.command()
def collect(
    paths: Annotated[list[Path], typer.Argument(help="Notebooks, folders, Moodle or Canvas zip files.")],
    folder: Annotated[Path, typer.Option("--class", help="The class's folder.")],
    assignment: Annotated[str | None, typer.Option(help="What they answer; default: told from each notebook.")] = None,
    timezone: Annotated[str, typer.Option(help="Of the times in zip files, as Europe/Berlin.")] = "UTC",
    solutions: Solutions = None,
):
    """Put what learners handed in into a class's folder."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from autograder.classroom.collect import collect
    from autograder.course.source import AssignmentError

    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        typer.echo(f"There is no time zone {timezone!r}. They are called like Europe/Berlin.", err=True)
        raise typer.Exit(1) from None
    try:
        taken, left_out = collect(folder, paths, assignment, solutions, zone)
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    for student, name, origin in taken:
        typer.echo(f"{student}: {name} from {origin}")
    for origin, reason in left_out:
        typer.echo(f"left out {origin}: {reason}", err=True)
    typer.echo(f"{len(taken)} taken, {len(left_out)} left out.")
    if not all(path.exists() for path in paths):
        raise typer.Exit(1)


@app.command()
def export(
    assignments: Annotated[list[str] | None, typer.Argument(help="Default: all that are graded.")] = None,
    folder: Annotated[Path, typer.Option("--class", help="The class's folder.")] = Path("classroom"),
    to: Annotated[str, typer.Option(help="moodle or canvas.")] = "moodle",
    sheet: Annotated[Path | None, typer.Option(help="A sheet exported from there, to be filled in.")] = None,
    column: Annotated[
        str | None, typer.Option(help="Its column, for Canvas; default: named after the assignment.")
    ] = None,
    comments: Annotated[bool, typer.Option("--comments", help="Put the feedback into Moodle's sheet too.")] = False,
):
    """Write grade sheets and feedback archives that Moodle and Canvas import."""
    from autograder.classroom.lms import SYSTEMS, export
    from autograder.classroom.records import read_records
    from autograder.course.source import AssignmentError

    if to not in SYSTEMS:
        typer.echo(f"--to is {to!r}. It can be: {', '.join(SYSTEMS)}.", err=True)
        raise typer.Exit(1)
    names = assignments or sorted({record.assignment for record in read_records(folder)})
    try:
        for name in names:
            written, missing = export(folder, name, to, sheet, column, comments)
            for path in written:
                typer.echo(f"wrote {path}")
            for student in missing:
                typer.echo(f"left out: {student}, {name}: the file was not collected from {to.capitalize()}", err=True)
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None


@app.command()
def leaderboard(
    assignment: Annotated[str, typer.Argument(help="The project.")] = "09-project",
    folder: Annotated[Path, typer.Option("--class", help="The class's folder.")] = Path("classroom"),
    names: Annotated[bool, typer.Option("--names", help="Show names; without it, pseudonyms.")] = False,
    hide: Annotated[list[str] | None, typer.Option(help="Who keeps the pseudonym all the same; repeatable.")] = None,
):
    """Show whose classifier was right most often on the held-out images; write leaderboard.html."""
    from rich.console import Console

    from autograder.classroom.leaderboard import table, write_leaderboard
    from autograder.course.source import AssignmentError

    try:
        lines, others = write_leaderboard(folder, assignment, names, hide or [])
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    Console().print(table(assignment, lines))
    if others:
        typer.echo(f"{others} without a measured accuracy {'is' if others == 1 else 'are'} not on it.")
    typer.echo(f"leaderboard: {folder / 'leaderboard.html'}")
    typer.echo(f"who is who:  {folder / 'pseudonyms.csv'} (for you alone)")


@app.command(name="try")
def try_(
    answers: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Holds right/ and wrong/.")],
    solutions: Solutions = None,
    workers: Annotated[int | None, typer.Option(help="Answers graded at a time; default: one a core.")] = None,
):
    """Grade a folder of answers, right/EXERCISE__name.py and wrong/…: misjudged ones, and which hint does each get?"""
    from rich.console import Console

    from autograder.tools.try_answers import is_misjudged, report, try_answers

    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log has no edge to fit
    tried = try_answers(answers, solutions, workers)
    console.print(report(tried))
    for variant in filter(is_misjudged, tried):
        console.print(f"{variant.label}\n{variant.message or 'It kept all its points.'}\n", markup=False)
    if any(map(is_misjudged, tried)):
        raise typer.Exit(1)


@app.command()
def verify(
    assignments: Annotated[list[str] | None, typer.Argument(help="Default: all.")] = None,
    solutions: Solutions = None,
    workers: Annotated[int | None, typer.Option(help="Answers graded at a time; default: one a core.")] = None,
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; repeatable.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Also write this page of the book, and grade only what it does not hold yet.")
    ] = None,
):
    """Prove the tests: wrong answers of the catalogue lose their points, right ones keep them."""
    from rich.console import Console

    from autograder.course.source import AssignmentError, own_assignments
    from autograder.tools.catalogue import outdated, read_page, write_page
    from autograder.tools.verify import matrix, table, verify

    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log has no edge to fit
    if page and exercise:
        typer.echo("The page shows by itself which exercises have changed: leave out --exercise or --page.", err=True)
        raise typer.Exit(1)
    clean = True
    entries = read_page(page) if page else {}
    try:
        for name in assignments or own_assignments(solutions):
            changed = outdated(entries, name, solutions) if page else {}
            if page and not changed:
                console.print(f"{name}: as on the page")
                continue
            checked = verify(name, solutions, workers, changed or exercise)
            console.print(matrix(name, checked))
            for variant in checked:
                if not variant.clean:
                    clean = False
                    console.print(
                        f"{variant.exercise}, {variant.kind}: {variant.label}\n{variant.message}\n", markup=False
                    )
            for one, entry in changed.items():
                text = table(name, [variant for variant in checked if variant.exercise == one])
                entries[name, one] = replace(entry, text=text)
            if page:
                write_page(page, entries, solutions)
    except AssignmentError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    if not clean:
        raise typer.Exit(1)


@app.command()
def bench(
    kernels: Annotated[
        bool, typer.Option("--kernels", help="The course's fast functions beside TensorFlow's and SciPy's instead.")
    ] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each runs; default: 3, functions 20.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also time 10, 100 and 1000 submissions; write this picture.")
    ] = None,
):
    """Measure the grader beside stock nbgrader, on the same submissions."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log has no edge to fit
    if kernels:
        from autograder.tools import bench_functions as measured

        with console.status("measuring"):
            console.print(measured.table(measured.measure(rounds=rounds or 20)))
        return

    from autograder.cli import bench as measured

    console.print(measured.table(measured.measure(rounds or 3, say=console.print)))
    if plot:
        grown = measured.grow(say=console.print)
        console.print(measured.growth_table(grown))
        measured.plot(grown, plot)
        console.print(f"growth: {plot}")


@app.command()
def doctor():
    """Say what the sandbox can and cannot hold on this machine, which GPU there is, and versions."""
    from rich.console import Console

    from autograder.tools.doctor import diagnose

    if not diagnose(Console()):
        raise typer.Exit(1)
