"""Notebooks that were handed out before the checks moved still import them by their former names."""

import importlib

import pytest

from convnets.former import FORMER


@pytest.mark.parametrize(("former", "now"), FORMER.items())
def test_former_name_leads_to_what_is_there_now(former, now):
    before, after = importlib.import_module(former), importlib.import_module(now)
    assert {name for name in vars(after) if not name.startswith("_")} <= set(vars(before))
    assert before.__name__ == former
    assert after.__name__ == now
