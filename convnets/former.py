"""Former names of modules: notebooks that were handed out before their checks moved still import them."""

import importlib
import sys
from importlib.machinery import ModuleSpec

FORMER = {
    f"convnets.{concept}": f"convnets.checks.{concept}"
    for concept in ("chance", "folders", "networks", "project", "training", "transfer")
} | {"convnets.drawings": "convnets.data.shapes"}


class FormerNames:
    """Answers ``import convnets.networks`` with what is in `convnets.checks.networks` now."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        return ModuleSpec(name, FormerNames) if name in FORMER else None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        vars(module).update(vars(importlib.import_module(FORMER[module.__name__])))


def install():
    """Let the former names be imported, also beside an older installation that still has modules of these names."""
    if FormerNames not in sys.meta_path:
        sys.meta_path.insert(0, FormerNames)
