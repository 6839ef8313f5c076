"""Stand-ins for what only Colab has, where nobody is there to allow a drive or take a file."""

import types
from importlib.machinery import ModuleSpec


class _NotHere:
    """Stands for anything of Colab's: it can be called, and has every attribute."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *_arguments, **_keywords):
        print(f"{self._name} is not run while grading.")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _NotHere(f"{self._name}.{name}")


class _Absent(types.ModuleType):
    """Colab's own modules are not here; cells that mount a drive or download a file must not fail for it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _NotHere(f"{self.__name__}.{name}")


class ColabFinder:
    """Answers ``import google.colab`` with stand-ins.

    It is appended to ``sys.meta_path``, so that modules which are installed come first.

    Examples
    --------
    >>> from importlib.util import module_from_spec
    >>> from convnets.notebook.stand_ins import ColabFinder
    >>> drive = module_from_spec(ColabFinder.find_spec("google.colab.drive"))
    >>> drive.mount("/content/drive")
    google.colab.drive.mount is not run while grading.
    >>> ColabFinder.find_spec("numpy") is None
    True
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "google" or name.startswith("google.colab"):
            return ModuleSpec(name, ColabFinder, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        return _Absent(spec.name)

    @staticmethod
    def exec_module(module):
        pass
