"""What hidden tests are written with; a learner's process never imports it.

What one concept needs more than that stands in its folder, for instance in `convnets.checks.networks.hidden`.
"""

from convnets.checks.agreement import agrees, keeps_input, rejects
from convnets.checks.cost import KERAS_COMPUTES, does_not_loop, uses_only
from convnets.checks.draws import (
    adam_steps,
    array_likes,
    call,
    convolutions,
    descents,
    image_batches,
    images,
    images_with_kernels,
    layer_stacks,
    optimiser_steps,
    pictures,
    poolings,
    sequences_with_weights,
    stretches,
)

__all__ = [
    "KERAS_COMPUTES",
    "adam_steps",
    "agrees",
    "array_likes",
    "call",
    "convolutions",
    "descents",
    "does_not_loop",
    "image_batches",
    "images",
    "images_with_kernels",
    "keeps_input",
    "layer_stacks",
    "optimiser_steps",
    "pictures",
    "poolings",
    "rejects",
    "sequences_with_weights",
    "stretches",
    "uses_only",
]
