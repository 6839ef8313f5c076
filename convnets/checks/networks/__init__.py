"""Functions that build Keras models. What learners' notebooks import."""

from convnets.checks.networks.visible import check_builds, small_convnet

__all__ = ["check_builds", "small_convnet"]
