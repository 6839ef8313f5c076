"""What is run at night and before a release only, and why; everything else is run with every change.

``make test-all`` runs all of it, as does ``pytest --nightly``. A line holds for the tests of a file whose names, as
pytest writes them behind the file's, match the pattern.
"""

import re

MOST_PAGES = r"\[(?!.*(index|02-conv-layer|figures))"  # all but these
MOST_NOTEBOOKS = r"(?!test_chapter_runs\[03-|test_(un)?solved\w+\[01-)"

# File, pattern, why.
NIGHTLY = [
    ("test_bench.py", r"", "measures the grader beside stock nbgrader for minutes"),
    ("test_classroom.py", r"test_stock", "waits for stock nbgrader; test_classes does so for fewer submissions"),
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
    ("test_backbone.py", r"test_training_script", "trains the backbone"),
    ("test_book.py", rf"test_page_opens\w+{MOST_PAGES}.*dark", "the style is one for all pages"),
    ("test_book.py", rf"test_nothing_is_wider\w+{MOST_PAGES}", "the style is one for all pages"),
    ("test_in_the_book.py", rf"test_page_with_a_figure\w+{MOST_PAGES}", "a figure is the same on every page"),
    ("test_every_figure.py", r"test_first_paint_and_step", "measures times"),
    ("test_every_figure.py", r"test_links_of_the_chapters", "the build says which names are wrong"),
    ("test_lenet_tour.py", r"test_tour_draws_a_stroke_in_time", "measures times"),
]


def why_nightly(item):
    """Return why a collected test waits for the night, or None."""
    reasons = (why for file, name, why in NIGHTLY if item.path.name == file and re.match(name, item.name))
    return next(reasons, None)


def stale(items):
    """List the lines that hold for none of the collected tests."""
    return [
        f"{file} {name}"
        for file, name, _why in NIGHTLY
        if not any(item.path.name == file and re.match(name, item.name) for item in items)
    ]
