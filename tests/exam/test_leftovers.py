"""What killed runs have left behind is removed by the next one, and nothing that is in use."""

import os
import tempfile

import pytest

from autograder.exam.leftovers import PREFIX, in_use, remove_leftovers


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as an examiner makes it, an hour old."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"{PREFIX}x"
    folder.mkdir()
    os.utime(folder, (1, 1))
    return folder


def test_folder_that_no_process_holds_is_removed(folder):
    remove_leftovers()
    assert not folder.exists()


def test_folder_in_use_stays(folder):
    with in_use(folder):
        remove_leftovers()
        assert folder.exists()


def test_new_folder_stays(folder):
    os.utime(folder)
    remove_leftovers()
    assert folder.exists()
