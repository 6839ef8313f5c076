"""Run the chapters whose code has changed, several at a time, before Sphinx reads the pages.

MyST-NB would run one after another while it reads. Here they are run as it runs them, and kept where it looks for them,
so that it finds every chapter in the cache. Each is one line with what it took; what TensorFlow and the kernels say to
the terminal is kept out of the way.

Two settings come with a build: ``only_pages`` names the pages that it is about; others with code are not read again,
and not run. With ``same_code``, a chapter is also run again when the course's package, or another, has changed since.
"""

import os
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from sphinx.errors import SphinxError

from autograder.course.freshness import digest
from convnets import __file__ as package

# Each trains on all cores for a part of its time: more than this at a time only take memory, a gigabyte each.
AT_ONCE = int(os.environ.get("CHAPTERS_AT_ONCE") or min(4, os.cpu_count() or 1))
LAST_WORDS = 2000  # characters of what a kernel said before it died

# A kernel takes the whole of a graphics card unless it is told to leave room for those beside it.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


class ChapterError(SphinxError):
    """A chapter does not run to its end."""

    category = "A chapter fails"


@dataclass
class Chapter:
    """A page with code.

    Attributes
    ----------
    name : str
        The page's name.
    path : pathlib.Path
    notebook : nbformat.NotebookNode
        As MyST-NB reads it.
    """

    name: str
    path: Path
    notebook: object

    @property
    def title(self):
        return PurePosixPath(self.name).name


def prepare(app, env, names):
    """Run what has to be run of the pages that are about to be read."""
    wanted = set(app.config.only_pages)
    if wanted:
        names[:] = [name for name in names if name in wanted or name not in env.all_docs or not read(env, name)]
    found = [chapter for name in names if (chapter := read(env, name))]
    if env.mystnb_config.execution_mode != "cache" or not found:
        return
    cache = get_cache(env.mystnb_config.execution_cache_path)
    code = digest(path for path in Path(package).parent.rglob("*") if path.suffix in (".py", ".npz"))
    records = {chapter.name: record_of(cache, chapter) for chapter in found}
    if app.config.same_code:
        for name, record in records.items():
            if record and record.data.get("code") != code:
                cache.remove_cache(record.pk)
                records[name] = None
    for chapter in found:
        if records[chapter.name]:
            print(f"{chapter.title:<20} from cache", flush=True)
    missing = [chapter for chapter in found if not records[chapter.name]]
    if wanted:
        leave_out(env, [chapter.name for chapter in missing if chapter.name not in wanted])
        missing = [chapter for chapter in missing if chapter.name in wanted]
    run_all(missing, cache, env.mystnb_config, code)


def read(env, name):
    """Read a page as MyST-NB does; None when there is nothing to run on it."""
    path = Path(env.doc2path(name))
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    excluded = any(PurePosixPath(path.as_posix()).match(each) for each in env.mystnb_config.execution_excludepatterns)
    return None if reader is None or excluded else Chapter(name, path, reader.read(text))


def record_of(cache, chapter):
    """Find what the cache holds of a chapter with this code."""
    try:
        return cache.match_cache_notebook(chapter.notebook)
    except KeyError:
        return None


def leave_out(env, names):
    """Let MyST-NB read pages without running them; the next build of the whole book reads them again."""
    config = env.mystnb_config
    patterns = [*config.execution_excludepatterns, *(f"{name}.*" for name in names)]
    env.mystnb_config = config.copy(execution_excludepatterns=patterns)
    env.pages_without_outputs = getattr(env, "pages_without_outputs", set()) | set(names)


def read_again(app, env, added, changed, removed):
    """Name the pages to be read though they have not changed: those asked for, else those that were not run."""
    if app.config.only_pages:  # their warnings are wanted once more
        return app.config.only_pages
    names, env.pages_without_outputs = getattr(env, "pages_without_outputs", set()), set()
    return sorted(names)


def run_all(chapters, cache, config, code):
    """Run chapters side by side, the longest first, and keep them; raise at the end when one has failed."""
    took = {record.uri: record.data.get("execution_seconds", 0) for record in cache.list_cache_records()}
    chapters = sorted(chapters, key=lambda chapter: -took.get(str(chapter.path), float("inf")))
    failures, clients = [], []
    share = (os.cpu_count() or 1) // max(1, min(AT_ONCE, len(chapters)))  # else each starts a thread on every core
    env = {"TF_NUM_INTRAOP_THREADS": str(max(1, share)), **os.environ}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            running = {pool.submit(run, chapter, config, clients, env): chapter for chapter in chapters}
            for done in as_completed(running):
                chapter, (seconds, failure) = running[done], done.result()
                print(f"{chapter.title:<20} {'failed after ' if failure else ''}{seconds:.0f} s", flush=True)
                if failure:
                    failures.append(failure)
                    continue
                data = {"execution_seconds": seconds, "code": code}
                bundle = CacheBundleIn(chapter.notebook, str(chapter.path), data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        except BaseException:  # Ctrl-C does not reach the kernels
            pool.shutdown(wait=False, cancel_futures=True)
            for client in clients:
                if client.km:
                    client.km.provisioner.process.kill()
            raise
    if failures:
        raise ChapterError("\n\n".join(failures))


def run(chapter, config, clients, env):
    """Run a chapter, among the clients meanwhile; return the seconds it took, and what is wrong or None."""
    began, reached = time.perf_counter(), []
    client = NotebookClient(
        chapter.notebook,
        timeout=config.execution_timeout,
        allow_errors=config.execution_allow_errors,
        record_timing=False,
        resources={"metadata": {"path": str(chapter.path.parent)}},
        on_notebook_start=lambda notebook: clients.append(client),
        on_cell_execute=lambda cell, cell_index: reached.append(cell_index),
        on_notebook_complete=lambda notebook: clients.remove(client),
    )
    failure = None
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        try:
            client.execute(env=env, stdout=said, stderr=said)
        except (CellControlSignal, DeadKernelError) as error:
            said.seek(0)
            last_words = said.read()[-LAST_WORDS:] if isinstance(error, DeadKernelError) else ""
            failure = explain(chapter, reached[-1] if reached else 0, f"{error}\n{last_words}")
    return time.perf_counter() - began, failure


def explain(chapter, number, text):
    """Say in which cell a chapter fails, counted from 0, and why."""
    line = chapter.notebook.metadata.source_map[number] + 1
    plain = re.sub(r"\x1b\[[\d;]*m", "", text).strip()  # without colours: it may go to a log
    return f"{chapter.path}, line {line}, cell {number + 1}: {plain}"


def setup(app):
    """Tell Sphinx."""
    app.add_config_value("only_pages", [], "", [list])
    app.add_config_value("same_code", False, "", [bool])
    app.connect("env-get-outdated", read_again)
    app.connect("env-before-read-docs", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
