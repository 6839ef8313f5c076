"""What the chapters and assignments of the course import: checks, data and pictures."""

import os

# TensorFlow has faster convolutions, oneDNN's, and leaves them out on processors without certain instructions, where
# they work as well. It looks at this when it is imported, so whoever imports it later gets them.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from convnets import former
from convnets.checks.compiling.visible import check_compiled
from convnets.checks.formula import Formula
from convnets.checks.values import check_equal, check_raises, check_unchanged, shape_of
from convnets.checks.words import CheckFailed
from convnets.notebook.arrange import warm_up
from convnets.notebook.check import check, hint
from convnets.notebook.explain import explain
from convnets.notebook.hand_in import hand_in
from convnets.notebook.panels import in_a_notebook
from convnets.notebook.predict import predict
from convnets.notebook.test_cells import watch
from convnets.quiet import QuietTensorFlow, quietly

former.install()
if in_a_notebook():
    QuietTensorFlow.install()
    watch()

__version__ = "0.1.0"

__all__ = [
    "CheckFailed",
    "Formula",
    "check",
    "check_compiled",
    "check_equal",
    "check_raises",
    "check_unchanged",
    "explain",
    "hand_in",
    "hint",
    "predict",
    "quietly",
    "shape_of",
    "warm_up",
]
