"""What looks like an attempt on the grader is pointed out, and an honest notebook is left alone."""

import nbformat
import pytest

from autograder.classroom.suspicions import suspicions
from autograder.course.source import assignment_names, read_assignment
from autograder.exam.kit import make_kit
from tests.conftest import PROJECT

NOTHING = nbformat.v4.new_notebook()


def _said(*sources, outputs=()):
    cells = [nbformat.v4.new_code_cell(source, outputs=list(outputs)) for source in sources]
    return suspicions(nbformat.v4.new_notebook(cells=cells), NOTHING)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("from convnets.checks.agreement import agrees", "Cell 1 imports convnets.checks.agreement.agrees."),
        ("import numpy as np\nnp.testing.assert_allclose = print", "Cell 1 replaces numpy.testing.assert_allclose."),
        (
            "import convnets.checks.values\nconvnets.checks.values.difference = 1",
            "Cell 1 replaces convnets.checks.values.difference.",
        ),
        ("import numpy\nsetattr(numpy, 'isclose', all)", "Cell 1 replaces numpy.an attribute."),
        ("import builtins\nbuiltins.abs, x = len, 1", "Cell 1 replaces builtins.abs."),
        ("def f():\n    from os import _exit\n    _exit(0)", "Cell 1 uses os._exit."),
        ("from os import kill as stop\nstop(1, 9)", "Cell 1 uses os.kill."),
        ("import sys as s\ns._getframe(1).f_back", "Cell 1 uses sys._getframe."),
        ("open('/proc/self/mem')", "Cell 1 speaks of /proc/."),
        ("get_ipython().ast_transformers.append(1)", "Cell 1 uses ast_transformers."),
    ],
)
def test_attempts_are_named(source, said):
    assert said in _said(source)


def test_what_the_sandbox_refused_is_named():
    refused = nbformat.v4.new_output("error", ename="PermissionError", evalue="/etc/shadow", traceback=[])
    assert _said("open(name)", outputs=[refused]) == ["Cell 1 was refused something by the sandbox: PermissionError."]


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.random.seed(1)\nx = np.zeros(3)\nx.shape = (3, 1)",
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = 3, 4",
        "%timeit 1 + 1\n!ls",
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'",
        "import os\nos.kill(os.getpid(), 9)",
        'import subprocess, sys\nsubprocess.run([sys.executable, "-m", "pip", "install", "scipy"])',
        "def broken(:",
        "(" * 5000,
    ],
)
def test_honest_cells_are_left_alone(source):
    assert _said(source) == []


def test_workers_that_scikit_learn_was_not_given_are_no_attempt():
    refused = nbformat.v4.new_output("error", ename="PermissionError", evalue="semaphores", traceback=[])
    assert _said("cross_val_score(model, x, y, n_jobs=-1)", outputs=[refused]) == []


def test_set_up_cell_of_an_earlier_release_is_no_attempt():
    paper = PROJECT / "classroom" / "submitted" / "ada" / "01-convolution" / "01-convolution.ipynb"
    made = nbformat.read(paper, as_version=4)
    assert any("import subprocess" in cell.source for cell in made.cells)
    assert suspicions(made, make_kit("01-convolution").notebook) == []


@pytest.mark.parametrize("name", assignment_names())
def test_no_catalogued_answer_is_suspected(name):
    kit = make_kit(name)
    exercises = read_assignment(name).exercises
    answers = [cell for each in exercises for cell in (each.answer, *each.misconceptions, *each.alternatives)]
    cells = [*kit.notebook.cells, *(nbformat.v4.new_code_cell(cell.source) for cell in answers)]
    assert suspicions(nbformat.v4.new_notebook(cells=cells), kit.notebook) == []
