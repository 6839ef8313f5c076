"""The book as a PDF: figures are still pictures with words, answers are open, and no picture is missing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BROWSERS, PROJECT

CONFIG = """title: A small book
only_build_toc_files: true
sphinx:
  local_extensions:
    figures: book/_ext
"""
PAGE = """# One

```{interactive} conv-explorer
:alt: A kernel on an image.

Words for those who cannot play.
```

```{dropdown} Answer
Forty-two.
```

See [the beginning](index.md).
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The folder of a small book of which a PDF was made."""
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("there is no Chromium here")
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(PROJECT / "book/_ext", folder / "book/_ext")
    shutil.copytree(PROJECT / "book/_static", folder / "book/_static")
    (folder / "_config.yml").write_text(CONFIG)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n- file: book/one\n")
    (folder / "book/index.md").write_text("# A small book\n\nIt begins.\n")
    (folder / "book/one.md").write_text(PAGE)
    builder = [Path(sys.executable).parent / "jupyter-book", "build", ".", "--builder", "singlehtml"]
    done = subprocess.run(builder, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    done = to_pdf(folder)
    assert (done.returncode, done.stdout) == (0, "The book is in _build/pdf/book.pdf.\n"), done.stderr
    return folder


def to_pdf(folder, **env):
    command = [sys.executable, folder / "book/_ext/pdf.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env or None)


def test_figure_is_its_still_picture_and_its_words(printed):
    pdf = (printed / "_build/pdf/book.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Subtype /Image\b", pdf)) >= 1
    page = (printed / "_build/singlehtml/book.html").read_text(encoding="utf-8")
    figure = page[page.index("<conv-explorer") : page.index("</conv-explorer>")]
    assert re.search(r'<img alt="A kernel on an image\."[^>]*src="_images/conv-explorer\.png"', figure)
    assert "Words for those who cannot play." in figure


def test_answers_are_open_and_links_stay_in_the_document(printed):
    page = (printed / "_build/singlehtml/book.html").read_text(encoding="utf-8")
    assert re.search(r'<details open class="sd-[^>]*>.*?Forty-two', page, re.DOTALL)
    assert re.findall(r'href="(book/[^"]*)"', page) == []


def test_missing_picture_is_named(printed, tmp_path):
    folder = shutil.copytree(printed, tmp_path / "copy")
    (folder / "_build/singlehtml/_images/conv-explorer.png").unlink()
    done = to_pdf(folder)
    assert done.returncode == 1
    assert "are missing in _build/singlehtml/book.html: _images/conv-explorer.png." in done.stderr


def test_without_a_browser_it_says_what_to_install(printed):
    done = to_pdf(printed, PATH="/nowhere")
    assert done.returncode == 1
    assert done.stderr == "A PDF needs Chromium or Chrome, and neither is on the search path. Install one.\n"
