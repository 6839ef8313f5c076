"""The command line: ``python -m autograder COMMAND``. Each command imports only what it needs."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from autograder.course.source import AssignmentError, assignment_names, own_assignments, read_assignment

_WrongCall = typer.BadParameter.__base__  # Click's, which newer versions of Typer carry in them under another name


class ClearErrors(TyperGroup):
    """Ends with status 1 and a message, wherever a command was called with what it cannot use."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except _WrongCall as error:
            error.exit_code = 1
            raise
        except (AssignmentError, ConnectionError) as error:
            typer.echo(error, err=True)
            raise typer.Exit(1) from None
        except OSError as error:
            if error.errno not in _REFUSED_BY_THE_DISK:
                raise
            typer.echo(_told(error), err=True)
            raise typer.Exit(1) from None


_REFUSED_BY_THE_DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.EISDIR,
}  # fmt: skip


def _told(error):
    """Say what the disk or a folder refused, and that running the command again is enough."""
    if isinstance(error, NotADirectoryError | FileExistsError):
        said = f"Where a folder is needed there is a file, at or above {error.filename}. Move it away"
    elif error.errno == errno.ENOSPC:
        said = f"The disk is full{f': {error.filename} cannot be written' if error.filename else ''}. Make room"
    else:
        said = f"{error.filename or 'The class'} cannot be written: {error.strerror}. See to it"
    return f"{said}, and run the command again: what was written before is whole, and nothing of it is done twice."


app = typer.Typer(
    cls=ClearErrors, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)


def _class(folder):
    """Refuse a folder that is no class's, before anything is written into it."""
    if not (folder / "submitted").is_dir():
        raise typer.BadParameter(
            f"{folder} is no class's folder, for it holds no folder 'submitted'. Name yours with --class; "
            "`python -m autograder collect` makes one."
        )
    return folder


Class = Annotated[
    Path,
    typer.Option(
        "--class", callback=_class, metavar="FOLDER", help="The class's folder, which holds what was handed in."
    ),
]
_ON_THIS_MACHINE = {"rich_help_panel": "How it runs"}
_LATENESS = {"rich_help_panel": "Lateness, kept for later runs"}
Solutions = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        metavar="FOLDER",
        help="Folder with assignments of your own, in the place of the course's.",
    ),
]


def _known(names, solutions):
    """Refuse assignments that are not there."""
    there = assignment_names(solutions)
    unknown = [name for name in names if name not in there]
    if unknown:
        raise AssignmentError(f"There is no assignment {unknown[0]!r}. There are: {', '.join(there)}.")
    return list(names)


def _say_where_links_lead():
    from autograder.course.pages import repository

    if "your-organisation" in repository().url:
        typer.echo("Links to the book and to Colab lead nowhere until _config.yml holds your repository's address.")


def _console():
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log has no edge to fit
    return console


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

    if public:
        from autograder.course.publish import publish

        publish(public, solutions)
        typer.echo(f"{public} holds the course without solutions and hidden tests.")
        typer.echo("Publish it as a repository of its own: the history of this one holds the solutions.")
        return
    changed = release(solutions, check=check)
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {path}")
    if not changed:
        typer.echo("notebooks/ is up to date.")
    elif check:
        typer.echo("Run: python -m autograder release", err=True)
        raise typer.Exit(1)
    else:
        _say_where_links_lead()


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

    from autograder.tools.build_book import build_book

    began = time.perf_counter()
    built = build_book(pages or (), strict)
    if not built:
        raise typer.Exit(1)
    typer.echo(f"Built in {time.perf_counter() - began:.0f} s. Open in a browser:")
    for each in built:
        typer.echo(f"_build/html/{each}.html")


@app.command()
def check(base: Annotated[str, typer.Option(help="What the files are compared with, as Git names it.")] = "HEAD"):
    """Run what a change can break: notebooks, style, its tests, its pages, the answers to its exercises."""
    from autograder.tools.check_changes import check

    if not check(base):
        raise typer.Exit(1)


@app.command()
def grade(
    assignments: Annotated[list[str] | None, typer.Argument(help="Which to grade; default: all handed in.")] = None,
    folder: Class = Path("classroom"),
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="NUMBER", help="Submissions graded at a time; default: one a core.", **_ON_THIS_MACHINE
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Grade on the Dask cluster of this scheduler, as tcp://10.0.0.1:8786.",
            **_ON_THIS_MACHINE,
        ),
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="The gradebook's; default: SQLite in the class's folder.", **_ON_THIS_MACHINE
        ),
    ] = None,
    cell_seconds: Annotated[
        float,
        typer.Option(min=1, metavar="SECONDS", help="How long a cell of a learner's may run.", **_ON_THIS_MACHINE),
    ] = 60,
    call_seconds: Annotated[
        float,
        typer.Option(min=1, metavar="SECONDS", help="How long a call in a test may take.", **_ON_THIS_MACHINE),
    ] = 10,
    due: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the assignment is due: 2026-12-01T23:59, or 2026-12-01 for the end of that day; none: no more.",
            **_LATENESS,
        ),
    ] = None,
    late_penalty: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="What lateness takes off: 10%/day, 2%/hour; none: nothing.", **_LATENESS),
    ] = None,
    late_limit: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="After how long nothing counts any more: 3d, 12h; none: never.", **_LATENESS),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Where the class is: Europe/Berlin. Default: where this machine is.", **_LATENESS
        ),
    ] = None,
    student: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this student, and anew; repeatable.")
    ] = None,
    similarity: Annotated[
        bool, typer.Option("--similarity", help="Also look for submissions that are more alike than the starter code.")
    ] = False,
    solutions: Solutions = None,
):
    """Grade a class: gradebook, feedback, grade sheet and report.

    What has been graded and has not changed is not graded again, so a run that was stopped goes on where it was.

    Example: python -m autograder grade --class my-class
    """
    from autograder.classroom.grade import grade_class
    from autograder.exam.limits import Rules, Times

    rules = Rules(Times(cell=cell_seconds, call=call_seconds))
    late = {"due": due, "late_penalty": late_penalty, "late_limit": late_limit, "timezone": timezone}
    how = {"scheduler": scheduler, "rules": rules, "students": student}
    records = grade_class(folder, assignments, solutions, workers, db, **how, **late)
    for record in records:
        if record.reason:
            typer.echo(f"not graded: {record.student}, {record.assignment}: {record.reason}")
    failed = sum(record.reason is not None for record in records)
    typer.echo(f"submitted:  {len(records)}, graded: {len(records) - failed}, not graded: {failed}")
    typer.echo(f"report:     {folder / 'report.html'}")
    typer.echo(f"grades:     {folder / 'grades.csv'}")
    typer.echo(f"feedback:   {folder / 'feedback'}")
    _say_where_links_lead()
    if similarity:
        from autograder.classroom.report import write_report
        from autograder.classroom.similarity import write_similarity

        names = assignments or sorted({record.assignment for record in records})
        count = write_similarity(folder, names, solutions)
        write_report(folder, records)  # it leads there
        typer.echo(f"similarity: {folder / 'similarity.html'} ({count} pair{'' if count == 1 else 's'})")


@app.command()
def collect(
    folder: Annotated[
        Path, typer.Option("--class", file_okay=False, help="The class's folder; it is made where there is none.")
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Notebooks, folders, and what learning platforms hand out as zip files."),
    ] = None,
    assignment: Annotated[str | None, typer.Option(help="What they answer; default: told from each notebook.")] = None,
    timezone: Annotated[str, typer.Option(help="Of the times in zip files, as Europe/Berlin.")] = "UTC",
    roster: Annotated[
        Path | None,
        typer.Option(exists=True, help="Names of the class, one a line: who handed in nothing is in the report, too."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what the last collection has put there.")] = False,
    drop: Annotated[list[str] | None, typer.Option(help="Move a student who left aside; repeatable.")] = None,
    solutions: Solutions = None,
):
    """Put what learners handed in into a class's folder.

    Says of every file whose it is, or why it was left out.

    Example: python -m autograder collect --class my-class downloads.zip
    """
    from autograder.classroom import collect as collecting
    from autograder.classroom.late import time_zone

    if undo:
        typer.echo(f"{collecting.undo(folder)} files are as they were before.")
    for student in drop or []:
        collecting.drop(folder, student)
        typer.echo(f"{student} was moved to {folder / '.autograder' / 'dropped'}. Grade again to renew the report.")
    if undo or drop:
        return
    if not paths and not roster:
        raise AssignmentError("Name what to collect: notebooks, folders or zip files.")
    zone = time_zone(timezone)
    taken, left_out = collecting.collect(folder, paths or [], assignment, solutions, zone, roster)
    for student, name, origin in taken:
        typer.echo(f"{student}: {name} from {origin}")
    for origin, reason in left_out:
        typer.echo(f"left out {origin}: {reason}", err=True)
    typer.echo(f"{len(taken) + len(left_out)} files: {len(taken)} taken, {len(left_out)} left out.")
    people = collecting.people(folder)
    able = sum(people.values())
    typer.echo(f"In {folder} are {len(people)} people: {able} with a notebook, {len(people) - able} without.")


@app.command()
def export(
    assignments: Annotated[list[str] | None, typer.Argument(help="Default: all that are graded.")] = None,
    folder: Class = Path("classroom"),
    to: Annotated[str, typer.Option(help="moodle or canvas.")] = "moodle",
    sheet: Annotated[
        Path | None, typer.Option(exists=True, help="A sheet exported from there, to be filled in.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Its column, for Canvas; default: named after the assignment.")
    ] = None,
    comments: Annotated[bool, typer.Option("--comments", help="Put the feedback into Moodle's sheet too.")] = False,
    db: Annotated[str | None, typer.Option(help="Gradebook's address; default: SQLite in the class's folder.")] = None,
    solutions: Solutions = None,
):
    """Write grade sheets and feedback archives that Moodle and Canvas import.

    Marks and comments that were given by hand in nbgrader's formgrader are in them.

    Example: python -m autograder export --class my-class --to canvas --sheet Grades.csv 01-convolution
    """
    from autograder.classroom.grade import renew
    from autograder.classroom.lms import SYSTEMS, export
    from autograder.classroom.records import read_records

    if to not in SYSTEMS:
        raise AssignmentError(f"--to is {to!r}. It can be: {', '.join(SYSTEMS)}.")
    for line in renew(folder, solutions, db):
        typer.echo(line)
    placed = 0
    for name in assignments or sorted({record.assignment for record in read_records(folder)}):
        written, missing = export(folder, name, to, sheet, column, comments)
        for path in written:
            typer.echo(f"wrote {path}")
        for student, why in missing.items():
            typer.echo(f"left out: {student}, {name}: {why}", err=True)
        placed += len(read_records(folder, name)) - len(missing)
    if not placed:
        raise AssignmentError(f"There is nobody whom {to.capitalize()} would find in these files.")


@app.command()
def extend(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    student: Annotated[list[str], typer.Option(help="Who gets more time; repeatable.")],
    time: Annotated[str, typer.Option(help="How much after the due time, as 3d, 12h or 90min; none takes it back.")],
    folder: Class = Path("classroom"),
    db: Annotated[str | None, typer.Option(help="Gradebook's address; default: SQLite in the class's folder.")] = None,
    solutions: Solutions = None,
):
    """Give students more time, in the gradebook; marks that lateness took off come back at once.

    Example: python -m autograder extend --class my-class 01-convolution --student ada --time 3d
    """
    from autograder.classroom.grade import renew
    from autograder.classroom.gradebook import Books
    from autograder.classroom.late import class_rule, read_rule

    seconds = read_rule(limit=time).limit
    with Books(folder, db) as books:
        for each in student:
            books.extend(assignment, each, seconds, class_rule(folder))
    for line in renew(folder, solutions, db):
        typer.echo(line)
    typer.echo(f"{assignment}: {', '.join(student)} {'have' if len(student) > 1 else 'has'} {time} more.")


@app.command()
def mail(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    addresses: Annotated[Path, typer.Option(exists=True, help="A table: student, address.")],
    sender: Annotated[str, typer.Option("--from", help="Your address.")],
    folder: Class = Path("classroom"),
    server: Annotated[str | None, typer.Option(help="Send by this server, as mail.example.org:587.")] = None,
    user: Annotated[str | None, typer.Option(help="To log in with; the password is asked for.")] = None,
    solutions: Solutions = None,
):
    """Write feedback as e-mails, a file each; with --server, send them.

    Example: python -m autograder mail --class my-class 01-convolution --addresses class.csv --from me@example.org
    """
    from autograder.classroom.grade import renew
    from autograder.classroom.mail import messages, read_addresses, send, write

    known = read_addresses(addresses)
    for line in renew(folder, solutions):
        typer.echo(line)
    made, left_out = messages(folder, assignment, known, sender)
    typer.echo(f"{len(made)} messages are in {write(folder, assignment, made)}.")
    for each in left_out:
        typer.echo(f"left out: {each} has no address or no feedback", err=True)
    if not server:
        typer.echo("Look at some; then send them with --server.")
        return
    password = typer.prompt("Password", hide_input=True) if user else None
    refused = {each: why for each, why in send(made, server, user, password) if why}
    for each, why in refused.items():
        typer.echo(f"not sent: {each}: {why}", err=True)
    typer.echo(f"{len(made) - len(refused)} were sent.")
    if refused:
        raise typer.Exit(1)


@app.command()
def viva(
    assignments: Annotated[list[str] | None, typer.Argument(help="Default: all handed in.")] = None,
    folder: Class = Path("classroom"),
    student: Annotated[list[str] | None, typer.Option(help="Only this student; repeatable.")] = None,
    questions: Annotated[int, typer.Option(min=3, max=5, help="For each student.")] = 4,
    solutions: Solutions = None,
):
    """Write viva.html: questions about each learner's own code, with answers, for a talk of two minutes."""
    from autograder.classroom.viva import write_viva

    handed_in = {path.name for path in (folder / "submitted").glob("*/*") if path.is_dir()}
    names = _known(assignments or sorted(handed_in & set(assignment_names(solutions))), solutions)
    count = write_viva(folder, names, student or (), questions, solutions, typer.echo)
    typer.echo(f"questions: {folder / 'viva.html'} ({count} learner{'' if count == 1 else 's'})")


@app.command()
def report(
    folder: Annotated[
        Path, typer.Option("--class", exists=True, file_okay=False, metavar="FOLDER", help="The class's folder.")
    ] = Path("classroom"),
    db: Annotated[str | None, typer.Option(help="Gradebook's address; default: SQLite in the class's folder.")] = None,
    solutions: Solutions = None,
):
    """Write the reports anew: report.html, and inventory.html about what a class knew before and after the course.

    The notebooks of the concept inventory lie in FOLDER/inventory/before and FOLDER/inventory/after, as they came:
    notebooks, folders, and what learning platforms hand out as zip files.

    Example: python -m autograder report --class my-class
    """
    from autograder.classroom.inventory_report import FOLDER, has_inventory, write_inventory
    from autograder.classroom.records import read_records

    graded, answered = bool(read_records(folder)), has_inventory(folder)
    if not graded and not answered:
        raise typer.BadParameter(
            f"There is nothing to report: nobody in {folder} is graded, and there are no notebooks of the concept "
            f"inventory in {folder / FOLDER}/before or {folder / FOLDER}/after."
        )
    if answered:
        told = write_inventory(folder)
        for wave, person, origin, why in told["left_out"]:
            typer.echo(f"left out, {wave}: {f'{person}, ' if person else ''}{origin}: {why}", err=True)
        for wave, names in told["only"].items():
            typer.echo(f"{wave}: {told['waves'][wave]['count']} took part, {len(names)} of them only {wave}")
        typer.echo(f"inventory:  {folder / 'inventory.html'} ({told['pairs']} took part both times)")
    if graded:
        from autograder.classroom.grade import renew  # slow to import

        for line in renew(folder, solutions, db):
            typer.echo(line)
        typer.echo(f"report:     {folder / 'report.html'}")


@app.command()
def leaderboard(
    assignment: Annotated[str, typer.Argument(help="The project.")] = "09-project",
    folder: Class = Path("classroom"),
    names: Annotated[bool, typer.Option("--names", help="Show names; without it, pseudonyms.")] = False,
    hide: Annotated[list[str] | None, typer.Option(help="Who keeps the pseudonym all the same; repeatable.")] = None,
):
    """Show whose classifier was right most often on the held-out images; write leaderboard.html."""
    from autograder.classroom.leaderboard import table, write_leaderboard

    lines, others = write_leaderboard(folder, assignment, names, hide or [])
    _console().print(table(assignment, lines))
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
    """Grade a folder of answers, right/EXERCISE__name.py and wrong/…; say which are misjudged, and each one's hint."""
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
    workers: Annotated[int | None, typer.Option(min=1, help="Answers graded at a time; default: one a core.")] = None,
    exercise: Annotated[list[str] | None, typer.Option(help="Only this exercise; repeatable.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Also write this page of the book, and grade only what it does not hold yet.")
    ] = None,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="Two mistakes at once, and those of other exercises, get no untrue hint.")
    ] = False,
):
    """Prove the tests: wrong answers of the catalogue lose their points, right ones keep them."""
    from autograder.tools.catalogue_page import outdated, read_page, write_page
    from autograder.tools.reverse import reverse as reversed_catalogue
    from autograder.tools.reverse import summary
    from autograder.tools.verify import matrix, table, verify

    console, clean = _console(), True
    if page and (exercise or reverse):
        raise AssignmentError(
            "The page shows by itself which exercises have changed: leave out --exercise or --page, and --reverse."
        )
    chosen = _known(assignments or own_assignments(solutions), solutions)
    there = {name: [each.name for each in read_assignment(name, solutions).exercises] for name in chosen}
    for wanted in exercise or []:
        if not any(wanted in names for names in there.values()):
            known = "; ".join(f"{name}: {', '.join(names)}" for name, names in there.items())
            raise AssignmentError(f"There is no exercise {wanted}. There are, in {known}.")
    entries = read_page(page) if page else {}
    for name in chosen:
        changed = outdated(entries, name, solutions) if page else {}
        only = list(changed) if page else [each for each in there[name] if each in (exercise or there[name])]
        if not only:
            if page:
                console.print(f"{name}: as on the page")
            continue
        checked = (reversed_catalogue if reverse else verify)(name, solutions, workers, only)
        console.print(summary(name, checked) if reverse else matrix(name, checked))
        for variant in checked:
            if not variant.clean:
                clean = False
                said = "\n".join(variant.said.values() if reverse else [variant.message])
                console.print(f"{variant.exercise}, {variant.kind}: {variant.label}\n{said}\n", markup=False)
        for one, entry in changed.items():
            text = table(name, [variant for variant in checked if variant.exercise == one])
            entries[name, one] = replace(entry, text=text)
        if page:
            write_page(page, entries, solutions)
    if not clean:
        raise typer.Exit(1)


@app.command()
def bench(
    kernels: Annotated[
        bool, typer.Option("--kernels", help="The course's fast functions beside TensorFlow's and SciPy's instead.")
    ] = False,
    prices: Annotated[
        bool, typer.Option("--prices", help="What each of the grader's witnesses costs, by assignment, instead.")
    ] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each runs; default: 3, functions 20.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also time 10, 100 and 1000 submissions; write this picture.")
    ] = None,
):
    """Measure the grader beside stock nbgrader, on the same submissions."""
    console = _console()
    if kernels:
        from autograder.tools import bench_functions as measured

        with console.status("measuring"):
            console.print(measured.table(measured.measure(rounds=rounds or 20)))
        return

    from autograder.tools import bench as measured

    if prices:
        console.print(measured.price_table(measured.prices(assignment_names(), rounds or 3, console.print)))
        return

    console.print(measured.table(measured.measure(rounds or 3, say=console.print)))
    if plot:
        grown = measured.grow(say=console.print)
        console.print(measured.growth_table(grown))
        measured.plot(grown, plot)
        console.print(f"growth: {plot}")


@app.command()
def doctor(
    gpu: Annotated[
        bool,
        typer.Option("--gpu", help="Compare training and grading on the graphics card with the processor instead."),
    ] = False,
):
    """Say what the sandbox can and cannot hold on this machine, which GPU there is, and versions."""
    if gpu:
        from autograder.tools.gpu_check import check_gpu as healthy
    else:
        from autograder.tools.doctor import diagnose as healthy

    if not healthy(_console()):
        raise typer.Exit(1)
