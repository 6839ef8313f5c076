"""Functions that read folders of images. What learners' notebooks import."""

from convnets.checks.folders.folder import Folder, Paths
from convnets.checks.folders.visible import check_batches, check_order, in_any_order, items

__all__ = ["Folder", "Paths", "check_batches", "check_order", "in_any_order", "items"]
