"""The planted faults can still be planted."""

import pytest

from tests.conftest import PROJECT
from tests.faults.planted import FAULTS


def test_there_are_enough_with_names_of_their_own():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40
    assert sum(fault.nightly for fault in FAULTS) <= 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_fits_its_file_and_names_tests_that_are_there(fault):
    assert (PROJECT / fault.path).read_text(encoding="utf-8").count(fault.old) == 1
    assert fault.new != fault.old
    files = [test for test in fault.tests if test.startswith("tests/")]
    assert files
    assert all((PROJECT / file).is_file() for file in files)
