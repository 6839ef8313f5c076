"""The former place of `LatePenalty`: the configuration of classes that are graded already names it."""

from autograder.classroom.late import LatePenalty

__all__ = ["LatePenalty"]
