"""Attacks on the course's own assignments earn what their honest part earns."""

import json
from functools import cache

import nbformat
import pytest
from nbgrader.utils import determine_grade

from autograder.course.reference import reference
from autograder.course.source import is_test, read_assignment
from autograder.exam.examiner import Desk, Exam, examine
from autograder.exam.kit import make_kit
from autograder.exam.limits import Rules, Times
from autograder.exam.mistakes import Sayings
from convnets.checks.rehearsal import Rehearsal
from tests.hostile import ON_COURSE, assignment_of, attack, points_of

RULES = Rules(times=Times(cell=20, call=5, grace=0.5))


@cache
def _kit(name):
    return make_kit(name)


@pytest.mark.parametrize("name", ON_COURSE)
def test_attack_earns_its_honest_part(warm, name):
    path = ON_COURSE[name]
    (assignment, _folder), wanted = assignment_of(path), points_of(path)
    read, kit, module = read_assignment(assignment), _kit(assignment), reference(assignment)
    tests = {
        test.metadata.nbgrader.grade_id: exercise.name
        for exercise in read.exercises
        for test in exercise.tests
        if exercise.name in wanted
    }
    sayings = {grade_id: Sayings(each, [], right=getattr(module, each)) for grade_id, each in tests.items()}
    desk = Desk(kit.notebook, kit.cells, warm.wire, warm.wire, {grade_id: Rehearsal() for grade_id in tests}, sayings)
    result = examine(Exam(attack(kit, path).encode(), RULES, list(tests), desk))
    earned = dict.fromkeys(wanted, 0)
    for cell in nbformat.reads(result.notebook, as_version=4).cells:
        if is_test(cell):
            earned[tests[cell.metadata.nbgrader.grade_id]] += determine_grade(cell)[0]
    assert earned == wanted
    assert result.broken == []
    flag, exercises = path.stem.startswith("own_") and "own layers", list(wanted)
    assert result.facts.get(flag, []) == (exercises if flag else []), json.dumps(result.facts)
