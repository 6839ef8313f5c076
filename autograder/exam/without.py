"""Let a process be without some packages: what imports them gets a stand-in that fails when it is used."""

import sys
import types
from importlib.machinery import ModuleSpec


class Gone(ImportError):
    """Code uses a package that is not there."""


class _Thing:
    """Stands for anything of a package: it has every attribute, and cannot be called."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *_arguments, **_keywords):
        raise Gone(f"{self._name} is not there")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Thing(f"{self._name}.{name}")


class _Module(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Thing(f"{self.__name__}.{name}")


class _Finder:
    def __init__(self, packages):
        self._packages = packages

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self._packages else None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


def do_without(packages):
    """Take packages away from this process for good."""
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(frozenset(packages)))
