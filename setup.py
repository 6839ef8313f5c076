"""All that pyproject.toml cannot say: the package carries a copy of the interactive figures."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithFigures(build_py):
    """Copy the figures into the package; a checkout that is installed as editable reads them where they are."""

    def run(self):
        super().run()
        if not self.editable_mode:
            shutil.copytree("book/_static/figures", Path(self.build_lib, "convnets", "_figures"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithFigures})
