"""What the chapters and assignments of the course import: checks, data and pictures."""

from convnets.checking import check, hint
from convnets.checks import CheckFailed, check_equal, check_raises, check_unchanged, shape_of
from convnets.formula import Formula
from convnets.handing_in import hand_in
from convnets.models import check_compiled

__version__ = "0.1.0"

__all__ = [
    "CheckFailed",
    "Formula",
    "check",
    "check_compiled",
    "check_equal",
    "check_raises",
    "check_unchanged",
    "hand_in",
    "hint",
    "shape_of",
]
