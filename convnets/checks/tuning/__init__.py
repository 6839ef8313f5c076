"""Choices that are found by trying. What learners' notebooks import."""

from convnets.checks.tuning.visible import check_reaches

__all__ = ["check_reaches"]
