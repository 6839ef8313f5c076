"""Checks of learners' functions. What is imported from here is what a learner's notebook has: visible checks.

Beside each concept's visible checks stand its hidden ones, which only the grader imports.
"""

from convnets.checks.values import check_equal, check_raises, check_unchanged, shape_of
from convnets.checks.words import CheckFailed

__all__ = ["CheckFailed", "check_equal", "check_raises", "check_unchanged", "shape_of"]
