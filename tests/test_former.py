"""Names that modules had when older notebooks were handed out."""

import importlib

import pytest

from convnets.former import FORMER


@pytest.mark.parametrize(("former", "now"), FORMER.items())
def test_former_name_leads_to_what_is_there_now(former, now):
    public = {name: value for name, value in vars(importlib.import_module(now)).items() if not name.startswith("_")}
    assert public.items() <= vars(importlib.import_module(former)).items()
