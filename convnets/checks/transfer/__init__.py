"""Functions that build on a trained network. What learners' notebooks import."""

from convnets.checks.transfer.visible import check_block, check_history, tiny_backbone, tiny_classifier, tiny_images

__all__ = ["check_block", "check_history", "tiny_backbone", "tiny_classifier", "tiny_images"]
