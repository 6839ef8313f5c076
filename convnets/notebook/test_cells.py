"""What a test cell says when a learner runs it: a panel in the place of a traceback, and a word when it passes."""

import contextlib

from convnets.checks.words import CheckFailed
from convnets.notebook.check import notice, panel_of_one
from convnets.notebook.exercises import PASSED, Verdict, assignments, told
from convnets.notebook.panels import WRONG, shell_here

_COME_TOGETHER = ("tensorflow", "keras")
_INSTALL = (
    "TensorFlow is not installed here, and Keras comes with it. Install it in a terminal with "
    "`pip install tensorflow`, and restart the kernel."
)


class TestCells:
    """Looks at what the cells of a notebook come to.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """

    def __init__(self, shell):
        self._shell, self._running = shell, None
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        shell.set_custom_exc((AssertionError, NotImplementedError, ModuleNotFoundError), self._fail)

    def _begin(self, info):
        self._running = _tests().get((info.raw_cell or "").strip())

    def _end(self, result):
        if self._running and result.success:
            exercise, test = self._running
            panel_of_one(Verdict(exercise.name, PASSED, test.points, test.points), test.name).show()
        self._running = None

    def _fail(self, shell, kind, error, traceback, tb_offset=None):
        """Stand in for the traceback; Jupyter still takes the cell for one that failed, and stops there."""
        if self._running is None or isinstance(error, ModuleNotFoundError):
            shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
            if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in _COME_TOGETHER:
                notice(WRONG, _INSTALL).show()
            return
        exercise, test = self._running
        state, message = told(error, shell.user_ns)
        verdict = Verdict(exercise.name, state, of=test.points, message=message)
        if isinstance(error, CheckFailed):
            with contextlib.suppress(Exception):  # whatever odd numbers do to the drawing
                verdict.picture = error.picture()
            error.is_drawn = True  # IPython asks for a traceback once more, to keep it in its history
        panel_of_one(verdict, test.name).show()
        shell._showtraceback(
            kind, error, [kind.__name__]
        )  # nbval and others know a cell that failed by this message alone


def _tests():
    """By the source of its cell: each visible test, with its exercise."""
    return {
        test.source.strip(): (exercise, test)
        for exercises in assignments().values()
        for exercise in exercises
        for test in exercise.tests
    }


def watch():
    """Look at the cells of this notebook from now on: there must be an IPython, and a second call changes nothing."""
    shell = shell_here()
    if not hasattr(shell, "convnets_test_cells"):
        shell.convnets_test_cells = TestCells(shell)
