"""Functions that train a Keras model. What learners' notebooks import."""

from convnets.checks.training.visible import check_learns, linear_classifier

__all__ = ["check_learns", "linear_classifier"]
