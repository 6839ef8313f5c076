"""The project's classifier. What learners' notebooks import."""

from convnets.checks.project.fruits import Album, Fruits, colour_model
from convnets.checks.project.visible import check_classifier, check_predictions

__all__ = ["Album", "Fruits", "check_classifier", "check_predictions", "colour_model"]
