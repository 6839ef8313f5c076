"""The book's build: which chapters are run, what is said of them, and what makes it fail."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from autograder.course.source import AssignmentError
from autograder.tools import build_book as module
from autograder.tools.build_book import build_book, files_of, pages_named
from tests.conftest import PROJECT

CONFIG = f"""
title: Book
only_build_toc_files: true
exclude_patterns: [_build]
execute: {{execute_notebooks: cache, timeout: 5}}
sphinx:
  local_extensions: {{chapters: {PROJECT / "book" / "_ext"}}}
"""
CHAPTER = """---
jupytext: {{text_representation: {{extension: .md, format_name: myst}}}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

# Chapter {name}

{prose}

```{{code-cell}} ipython3
{code}
```
"""


def write(root, name, code, prose="Prose."):
    (root / f"{name}.md").write_text(CHAPTER.format(name=name, code=code, prose=prose))


@pytest.fixture
def make(tmp_path):
    """A function that writes a small book, given what its chapters do, and returns its root."""

    def make(**chapters):
        (tmp_path / "_config.yml").write_text(CONFIG)
        toc = "".join(f"\n- file: {name}" for name in chapters)
        (tmp_path / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:{toc}\n")
        (tmp_path / "index.md").write_text("# Book\n\nWelcome.\n")
        for name, code in chapters.items():
            write(tmp_path, name, code)
        return tmp_path

    return make


def command(root, pages=(), strict=False):
    code = (
        f"from autograder.tools.build_book import build_book; exit(not build_book({pages!r}, {strict}, {str(root)!r}))"
    )
    return [sys.executable, "-c", code]


def build(root, pages=(), strict=False):
    """Build in another process, which Sphinx may change as it likes: (went well, said, complained)."""
    done = subprocess.run(command(root, pages, strict), cwd=PROJECT, capture_output=True, text=True)
    return done.returncode == 0, done.stdout.splitlines(), done.stderr


def page(root, name):
    return (root / "_build" / "html" / f"{name}.html").read_text()


def test_page_is_built_alone_and_the_book_catches_up(make):
    root = make(one="print(6 * 7)", two="print(1000 + 1)")
    well, said, complained = build(root, ["one"])
    assert (well, complained) == (True, "")
    assert [line.split()[0] for line in said] == ["one"]
    assert ">42\n" in page(root, "one")
    assert ">1001\n" not in page(root, "two")  # not run

    write(root, "two", "print(1000 + 2)")
    write(root, "one", "print(6 * 7)", "Other prose.")
    well, said, complained = build(root, ["one"])
    assert (well, said, complained) == (True, ["one                  from cache"], "")
    built_alone = page(root, "one")
    assert "Other prose." in built_alone

    well, said, complained = build(root, strict=True)
    assert (well, complained) == (True, "")
    assert said[0] == "one                  from cache"
    assert [line.split()[0] for line in said[1:]] == ["two"]
    assert ">1002\n" in page(root, "two")
    assert page(root, "one") == built_alone


def test_page_alone_may_cite_what_is_new_in_the_list_of_references(make):
    root = make(a="1 + 1", references="2 + 2")
    (root / "references.md").write_text("# References\n\n```{bibliography}\n```\n")
    entries = root / "references.bib"
    entries.write_text("@book{first2000,\n  author={First, A.}, title={One}, publisher={Here}, year={2000}}\n")
    (root / "_config.yml").write_text(CONFIG + "bibtex_bibfiles: [references.bib]\n")
    write(root, "a", "1 + 1", prose="As {cite}`first2000` says.")
    assert build(root)[0]
    entries.write_text(entries.read_text() + entries.read_text().replace("first2000", "second2000"))
    write(root, "a", "1 + 1", prose="As {cite}`second2000` says.")
    well, _said, complained = build(root, ["a"])
    assert well, complained


def test_page_that_was_read_without_running_it_is_read_again(make):
    root = make(one="print(6 * 7)", two="print(1000 + 1)")
    build(root, ["one"])
    assert build(root)[0]
    assert ">1001\n" in page(root, "two")


def test_strict_build_runs_again_what_other_code_has_made(make, monkeypatch):
    root = make(one="print(6 * 7)")
    assert build(root, strict=True)[0]
    monkeypatch.setattr(module, "run_sphinx", lambda *_, **__: pytest.fail("built again"))
    assert build_book(strict=True, root=root) == ["index"]  # nothing has changed

    cache = get_cache(root / "_build" / ".jupyter_cache")
    (record,) = cache.list_cache_records()
    kept = CacheBundleIn(cache.get_cache_bundle(record.pk).nb, record.uri, data={"code": "of another time"})
    cache.cache_notebook_bundle(kept, check_validity=False, overwrite=True)
    (root / "_build" / "strict").unlink()
    assert build(root, strict=True)[1][0].endswith(" s")


def test_failures_name_file_cell_and_cause_and_spare_the_others(make):
    root = make(
        right="print('fine')",
        wrong="values = [1]\nvalues[3]",
        dead="import os, sys\nprint('last words', file=sys.__stderr__, flush=True)\nos._exit(3)",
        slow="import time\ntime.sleep(60)",
    )
    well, said, complained = build(root)
    assert not well
    assert sorted(line.split()[0] for line in said) == ["dead", "right", "slow", "wrong"]
    assert sum("failed after" in line for line in said) == 3
    for name in ("wrong", "dead", "slow"):
        assert f"{root / name}.md, line 11, cell 2: " in complained
    assert "values[3]" in complained
    assert "IndexError: list index out of range" in complained
    assert "Kernel died" in complained
    assert "after 5 seconds" in complained
    kept = get_cache(root / "_build" / ".jupyter_cache").list_cache_records()
    assert [record.uri for record in kept] == [str(root / "right.md")]


def test_chapters_side_by_side_share_the_cores_and_one_alone_has_all(make, monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setenv("CHAPTERS_AT_ONCE", "2")
    code = "import os\nprint('threads:', os.environ['TF_NUM_INTRAOP_THREADS'])"
    root, cores = make(first=code, second=code), os.cpu_count()
    assert build(root)[0]
    assert f"threads: {max(1, cores // 2)}" in page(root, "first")
    write(root, "second", f"{code}  # alone")
    assert build(root)[0]
    assert f"threads: {cores}" in page(root, "second")


def test_interrupted_build_leaves_no_kernel(make):
    root = make(one="import os, time\nopen('kernel', 'w').write(str(os.getpid()))\ntime.sleep(300)")
    (root / "_config.yml").write_text(CONFIG.replace("timeout: 5", "timeout: 300"))

    def heed():  # who runs the tests in the background may have told them not to heed it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    building = subprocess.Popen(command(root), cwd=PROJECT, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    while not (root / "kernel").is_file() or not (root / "kernel").read_text():
        assert building.poll() is None
        time.sleep(0.1)
    building.send_signal(signal.SIGINT)
    _, complained = building.communicate(timeout=60)
    assert building.returncode == 1
    assert "Interrupted" in complained
    assert not psutil.pid_exists(int((root / "kernel").read_text()))


def test_warning_is_shown_and_is_an_error_where_strict(make):
    root = make(one="print(6 * 7)")
    write(root, "one", "print(6 * 7)", "See {ref}`nowhere`.")
    well, _, complained = build(root)
    assert well
    assert "one.md" in complained
    assert "nowhere" in complained
    well, _, complained = build(root, strict=True)
    assert not well
    assert "nowhere" in complained
    assert not (root / "_build" / "strict").exists()


KNOWN = ["book/index", "book/03-keras", "notebooks/assignments/03-keras/03-keras", "book/glossary"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("glossary", ["book/glossary"]),
        ("03-keras", ["book/03-keras", "notebooks/assignments/03-keras/03-keras"]),
        ("book/03-keras.md", ["book/03-keras"]),
        ("notebooks/assignments/03-keras/03-keras", ["notebooks/assignments/03-keras/03-keras"]),
    ],
)
def test_page_is_found_by_its_name(name, found):
    assert pages_named(name, KNOWN) == found


def test_unknown_page_is_an_error_that_lists_what_there_is():
    with pytest.raises(AssignmentError, match=r"no page 'keras'\. Pages: index, 03-keras, glossary\."):
        pages_named("keras", KNOWN)


def test_every_page_of_the_contents_is_known():
    parts = {"root": "a", "parts": [{"chapters": [{"file": "b", "sections": [{"file": "c"}]}]}]}
    assert list(files_of(parts)) == ["a", "b", "c"]
