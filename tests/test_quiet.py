"""TensorFlow is imported without notes on the standard error, and nothing else is lost there."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from convnets import quietly

IMPORT = """
import os
from convnets import quietly
with quietly():
    import tensorflow
    os.write(2, b"W0000 00:00:00 something is wrong\\n")
tensorflow.reduce_sum(tensorflow.ones(2))
"""


def test_tensorflow_is_imported_without_notes_and_warnings_stay():
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, env=environment, check=True)
    assert done.stderr == "W0000 00:00:00 something is wrong\n"


@quietly()
def failing_import():
    os.write(2, b"E0000 no such library\n")
    raise ImportError


def test_standard_error_is_as_before_when_the_import_fails(capfd):
    with pytest.raises(ImportError):
        failing_import()
    os.write(2, b"I0000 said later\n")
    assert capfd.readouterr().err == "E0000 no such library\nI0000 said later\n"


def test_import_in_a_notebook_leaves_nothing_red(tmp_path):
    sources = ["import convnets", "import tensorflow, keras\nkeras.layers.Dense(1)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    env = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute(env=env)
    printed = [output for cell in notebook.cells for output in cell.outputs if output.output_type != "execute_result"]
    assert printed == []
