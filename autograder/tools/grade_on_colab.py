"""What ``notebooks/grade_on_colab.ipynb`` does, so that its cells are short.

The notebook's own Python is Colab's, which has no nbgrader: only the standard library is imported here. The grader runs
in an environment of its own, made with the same Python, in which everything that Colab has installed can be seen too.
"""

import contextlib
import html
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Learners' code has to see what it sees in a notebook on Colab: these stay as they are there.
KEPT = ["tensorflow", "keras", "numpy", "scipy", "matplotlib", "pandas", "pillow", "scikit-learn", "scikit-image"]
KEPT += ["mlxtend", "h5py", "protobuf", "ml_dtypes"]
DRIVES = ("MyDrive/", "Shareddrives/")  # what is below the folder that Google Drive is mounted at


def install(course, folder="grader"):
    """Make an environment for the grader, unless it is there.

    Parameters
    ----------
    course : path-like
        A copy of the course's repository.
    folder : path-like
        Where the environment is made.

    Returns
    -------
    Grader

    Raises
    ------
    SystemExit
        When a package cannot be installed; the message says what to do.
    """
    course, folder = Path(course).resolve(), Path(folder).resolve()
    grader, ready = Grader(folder / "bin" / "python"), folder / "ready"
    if not ready.exists():
        print("Making an environment for the grader. This takes a minute or two.", flush=True)
        # Without a pip of its own, for which Debian's and Colab's Python lack a part; the one here installs into it.
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)
        _see(grader.python, [course, *packages_here()])
        kept = folder / "kept.txt"
        kept.write_text("\n".join(versions_here(KEPT)), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--python", grader.python, "install", "--quiet", "--constraint", kept]
        done = subprocess.run([*pip, *requirements(course)], capture_output=True, text=True, check=False)
        if done.returncode:  # else pip only complains that Colab's own packages want the older ones
            print(done.stdout + done.stderr)
            raise SystemExit("A package could not be installed. Look at what pip says above, and run this cell again.")
        ready.touch()
    print(f"The grader is ready: {folder}")
    return grader


def requirements(course):
    """List what the grader needs besides the course itself.

    Parameters
    ----------
    course : pathlib.Path

    Returns
    -------
    list of str
    """
    project = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + project["optional-dependencies"]["grader"]


def packages_here():
    """List the folders that this Python's packages are in."""
    named = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    return [path for path in dict.fromkeys(named) if Path(path).is_dir()]


def versions_here(names):
    """Pin those packages that are installed here."""
    for name in names:
        with contextlib.suppress(PackageNotFoundError):
            yield f"{name}=={version(name)}"


def _see(python, folders):
    """Let an environment see folders of packages, behind its own."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    Path(own, "seen.pth").write_text("".join(f"{folder}\n" for folder in folders), encoding="utf-8")


class Grader:
    """The grader in its environment.

    Parameters
    ----------
    python : path-like
        The environment's.

    Attributes
    ----------
    python : pathlib.Path
    """

    def __init__(self, python):
        self.python = Path(python)

    def run(self, *arguments):
        """Run a command of the grader's and show what it says while it says it.

        Parameters
        ----------
        *arguments : str or path-like
            As after ``python -m autograder``.

        Returns
        -------
        bool
            Whether it went well.
        """
        command = [self.python, "-m", "autograder", *map(str, arguments)]
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "110", "TF_CPP_MIN_LOG_LEVEL": "3"}
        for name in ("MPLBACKEND", "FORCE_COLOR", "CLICOLOR_FORCE"):  # the notebook's; no terminal is here
            env.pop(name, None)
        # nbgrader starts a program of a package that may be Colab's
        programs = [str(self.python.parent), str(Path(sys.executable).parent), env.get("PATH", "")]
        env["PATH"] = os.pathsep.join(filter(None, programs))
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
        with subprocess.Popen(command, env=env, **piped) as process:
            try:
                for line in process.stdout:
                    print(line, end="", flush=True)
            except BaseException:  # the cell was stopped
                process.terminate()
                raise
        return process.returncode == 0

    def grade(self, folder, *assignments, solutions=None, options=()):
        """Grade a class.

        Parameters
        ----------
        folder : path-like
            The class's.
        *assignments : str
            Default: all that were handed in.
        solutions : path-like, optional
            Assignments of the instructor's own.
        options : iterable of str
            More of what ``python -m autograder grade --help`` lists.

        Raises
        ------
        SystemExit
            When the grader gave up; it has said why.
        """
        more = ["--solutions", solutions] if solutions else []
        if not self.run("grade", *assignments, "--class", folder, *more, *options):
            raise SystemExit("The grader gave up. The lines above say why.")

    def collect(self, folder, paths, solutions=None):
        """Put what was handed in into a class's folder.

        Parameters
        ----------
        folder : path-like
            The class's.
        paths : iterable of path-like
            Notebooks, folders, zip files.
        solutions : path-like, optional
            Assignments of the instructor's own.
        """
        more = ["--solutions", solutions] if solutions else []
        if not self.run("collect", "--class", folder, *more, *paths):
            raise SystemExit("Nothing was collected. The lines above say why.")


def choose(submissions="", solutions=""):
    """Find what is to be graded, and with what: on Google Drive, here, or from the instructor's own machine.

    Parameters
    ----------
    submissions : str
        A file or folder, as ``MyDrive/course/downloads.zip`` on Drive or a path here; empty: files are asked for.
    solutions : str
        A folder, as above, with assignments of the instructor's own; empty: the course's.

    Returns
    -------
    (list of pathlib.Path, pathlib.Path or None)

    Raises
    ------
    SystemExit
        When something is not there; the message says what to do.
    """
    submissions, solutions = _on_drive(submissions), _on_drive(solutions)
    if submissions.startswith(DRIVES) or solutions.startswith(DRIVES):
        try:
            from google.colab import drive
        except ImportError:
            raise SystemExit("There is no Google Drive here. Give paths on this machine.") from None
        drive.mount(str(Path("drive").resolve()))
    private = _find(solutions) if solutions else None
    return ([_find(submissions)] if submissions else _upload()), private


def _on_drive(text):
    """Take a path on Drive in full, /content/drive/MyDrive/…, as the short one that the notebook speaks of."""
    text = text.strip()
    short = text.removeprefix("/content/").removeprefix("drive/")
    return short if short.startswith(DRIVES) else text


def _find(text):
    path = (Path("drive", text) if text.startswith(DRIVES) else Path(text).expanduser()).resolve()
    if not path.exists():
        raise SystemExit(f"There is no {path}. The folder symbol at the left edge shows what is where.")
    return path


def _upload():
    try:
        from google.colab import files
    except ImportError:
        raise SystemExit("Write down where the submissions are: a file or a folder on this machine.") from None
    chosen = files.upload()
    if not chosen:
        raise SystemExit("No file was chosen. Run this cell again.")
    folder = Path("handed-in")
    shutil.rmtree(folder, ignore_errors=True)  # what an earlier run of the cell was given
    folder.mkdir()
    for name, data in chosen.items():
        (folder / Path(name).name).write_bytes(data)
    return [folder.resolve()]


def _graded(path):
    if not Path(path).exists():
        raise SystemExit(f"There is no {path} yet. Run the step that grades, and look at what it says.")
    return Path(path)


def show(path, height=900):
    """Show a page in the notebook, apart from the notebook's own style.

    Parameters
    ----------
    path : path-like
    height : int
        In pixels.

    Returns
    -------
    IPython.display.HTML
    """
    from IPython.display import HTML

    page = html.escape(_graded(path).read_text(encoding="utf-8"))
    style = f"width: 100%; height: {height}px; border: 1px solid #8888"
    return HTML(f'<div><iframe title="Report" srcdoc="{page}" style="{style}" sandbox="allow-scripts"></iframe></div>')


def deliver(folder):
    """Download the grade sheet, the feedback, and the whole class's folder, to go on with it elsewhere.

    Parameters
    ----------
    folder : path-like
        The class's.

    Returns
    -------
    list of pathlib.Path
        The files; where there is no Colab, they are only written, and it is said where.
    """
    folder = Path(folder).resolve()
    sheet, pages = _graded(folder / "grades.csv"), _graded(folder / "feedback")
    out = folder.with_name(f"{folder.name}-graded")
    out.mkdir(exist_ok=True)
    made = [Path(shutil.copy(sheet, out))]
    made.append(Path(shutil.make_archive(str(out / "feedback"), "zip", pages)))
    made.append(Path(shutil.make_archive(str(out / folder.name), "zip", folder.parent, folder.name)))
    try:
        from google.colab import files
    except ImportError:
        print(f"The files are in {out}: {', '.join(path.name for path in made)}.")
    else:
        for path in made:
            files.download(str(path))
    return made
