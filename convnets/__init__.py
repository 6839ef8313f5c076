"""What the chapters and assignments of the course import: checks, data and pictures."""

from convnets.checks import CheckFailed, check_equal, check_raises, check_unchanged
from convnets.formula import Formula
from convnets.models import check_compiled

__version__ = "0.1.0"

__all__ = ["CheckFailed", "Formula", "check_compiled", "check_equal", "check_raises", "check_unchanged"]
