"""What is run at night and before a release only, and why; everything else is run with every change.

``make test-all`` runs all of it, as does ``pytest --nightly``. A line holds for the tests of a file whose names, as
pytest writes them behind the file's, match the pattern.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

MOST_PAGES = r"\[(?!.*(index|02-conv-layer|figures))"  # all but these
MOST_NOTEBOOKS = r"(?!test_chapter_runs\[03-|test_(un)?solved\w+\[01-)"
ON_COLAB = [
    "test_grader_has",
    "test_what_the_sandbox",
    "test_drive",
    "test_perfect",
    "test_private",
    "test_report_is",
    "test_sheet",
]

# File, pattern, why.
NIGHTLY = [
    ("test_bench.py", r"", "measures the grader beside stock nbgrader for minutes"),
    ("test_classroom.py", r"test_stock", "waits for stock nbgrader; test_graded_class does so for fewer submissions"),
    ("test_cluster.py", r"", "starts a Dask cluster; the task it is given is the same as on one machine"),
    ("test_colab_versions.py", r"", "sets up Colab's versions, two gigabytes, and runs every notebook with them"),
    ("test_bench_functions.py", r"", "measures functions beside TensorFlow's and SciPy's"),
    ("test_large_class.py", r"", "grades a large class; each kind of submission in it has a test of its own"),
    ("test_class_of_200.py", r".*200 people", "hands in over each platform what the other test hands in over one"),
    ("test_reverse.py", r"test_course", "grades some 2,750 answers; the sample course shows how"),
    ("test_postgres.py", r"", "starts a database server; the gradebook's code is the same for SQLite"),
    ("test_notebooks.py", MOST_NOTEBOOKS, "runs cells that the build of the book and test_exercises run too"),
    ("test_questions.py", r"test_two_hundred", "waits for TensorFlow; the questions are the same kind"),
    ("test_arrangements.py", r"test_graph_says\w+\[(?!pad|sobel)", "each is found as the others are"),
    ("test_arrangements.py", r"test_every_arrangement\w+\[(?!pad)", "the script is the same for all"),
    ("test_arrangements.py", r"test_axe\w+\[all", "the style is the same for all"),
    (
        "test_attacks_on_course.py",
        r"(?!.*\[(lying_handles|follow_convolve|numpy_only_in_a_thread)\])",
        "each is of a kind that another one stands for",
    ),
    ("test_assignment_04.py", r"test_no_two_mistakes", "trains a network with every mistake"),
    ("test_backbone.py", r"test_training_script", "trains the backbone"),
    ("test_book.py", rf"test_page_opens\w+{MOST_PAGES}.*dark", "the style is one for all pages"),
    ("test_book.py", rf"test_nothing_is_wider\w+{MOST_PAGES}", "the style is one for all pages"),
    ("test_in_the_book.py", rf"test_page_with_a_figure\w+{MOST_PAGES}", "a figure is the same on every page"),
    ("test_every_figure.py", r"test_first_paint_and_step", "measures times"),
    ("test_every_figure.py", r"test_links_of_the_chapters", "the build says which names are wrong"),
    (
        "test_grade_on_colab.py",
        "|".join(ON_COLAB),
        "sets up an environment; steps of the notebook are tested by themselves",
    ),
    ("test_room.py", r"test_examiner_has_no_thread", "prepares chapter 3's assignment, with its models"),
    ("test_lenet_tour.py", r"test_tour_draws_a_stroke_in_time", "measures times"),
]

THERE = "the checks are the same for a learner's process, and other files try what they ask of it"
PROVED = "the sealed grader has proved it, as book/catalogue.md tells"

# File, pattern, of how many one is run with every change, why: others after each commit, and all at night. So are all
# that are about an exercise which the catalogue does not prove as it is now.
IN_TURN = [
    ("test_attacks.py", r"test_(attack|forged)", 5, "a change breaks what many of them go against"),
    ("test_training.py", r".*\[there", 3, THERE),
    ("test_transfer.py", r".*\[there", 3, THERE),
    ("test_book.py", r"test_page_opens\w+\[.*light", 3, "the build finds most of what is wrong with a single page"),
    ("test_every_figure.py", r"test_axe", 2, "what is light and what is dark is the same for all figures"),
    ("test_graded_class.py", r"test_stock", 3, "waits for stock nbgrader"),
    ("test_exercises.py", r"test_alternatives_pass", 3, PROVED),
    ("test_exercises.py", r"test_misconceptions_get", 3, PROVED),
    ("test_exercises.py", r"test_mistake_that_nobody", 3, PROVED),
    ("test_exercises.py", r"test_two_mistakes", 3, PROVED),
    ("test_exercises.py", r"test_no_function_of_a_chapter", 3, "neither the exercise nor its checks have changed"),
]


@cache
def turn():
    """Return a number that goes up by one with every commit: it says whose turn it is."""
    counting = ["git", "rev-list", "--count", "HEAD"]
    counted = subprocess.run(counting, cwd=Path(__file__).parent, capture_output=True, text=True)
    return int(counted.stdout) if counted.returncode == 0 else 0


def _meant(items, file, name):
    return [item for item in items if item.path.name == file and re.match(name, item.name)]


def waiting(items):
    """List those of the collected tests that wait for the night, each with why."""
    found = [(item, why) for file, name, why in NIGHTLY for item in _meant(items, file, name)]
    for file, name, of, why in IN_TURN:
        meant = enumerate(_meant(items, file, name))
        found += [(item, why) for place, item in meant if (place + turn()) % of and not _is_of_a_changed_exercise(item)]
    return found


def _is_of_a_changed_exercise(item):
    from tests.matrix import is_proved  # here, for it reads the whole course

    asked = getattr(item, "callspec", None) and item.callspec.params
    return bool(asked) and {"name", "exercise"} <= asked.keys() and not is_proved(asked["name"], asked["exercise"])


def stale(items):
    """List the lines that hold for none of the collected tests."""
    return [f"{file} {name}" for file, name, *_ in NIGHTLY + IN_TURN if not _meant(items, file, name)]
