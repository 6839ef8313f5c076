"""Functions that draw random numbers: noise, augmentation. What learners' notebooks import."""

from convnets.checks.chance.visible import check_augmenter, check_flows, check_noise, check_share

__all__ = ["check_augmenter", "check_flows", "check_noise", "check_share"]
