"""Functions that compile a Keras model. What learners' notebooks import."""

from convnets.checks.compiling.visible import check_compiled

__all__ = ["check_compiled"]
