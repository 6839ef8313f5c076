"""The graph of right orders says of each order what the visible tests say when it is run."""

from itertools import permutations

import numpy as np
import pytest

from autograder.course import orders as module
from autograder.course.orders import NotFound, count_right, end_of, orders, read, written
from convnets.notebook.arrange import assembled
from convnets.notebook.exercises import PASSED, Exercise, Test, try_tests


def exercise(test):
    return Exercise("made-up", "f", (Test("test_f", 1, test),), ())


def defined(source):
    space = {"np": np}
    exec(source, space)
    return space["f"]


def found(lines, count, answer, test, mistakes=(), head="def f(x):"):
    """Return the graph, having tried every order there is."""
    given = {"head": head, "lines": lines, "count": count}
    right = defined(assembled(head, lines, answer))
    nodes = orders(exercise(test), given, right, list(mistakes), {"np": np})
    accepted = set()
    for order in permutations(range(len(lines)), count):
        try:
            tried = {"np": np, "f": defined(assembled(head, lines, order))}
        except SyntaxError:
            continue
        if try_tests(exercise(test), tried).state == PASSED:
            accepted.add(order)
    assert {order for order in permutations(range(len(lines)), count) if end_of(nodes, order) == 0} == accepted
    assert count_right(nodes) == len(accepted) > 0
    assert read(written(nodes)) == nodes
    return nodes


def test_lines_that_do_not_need_each_other_may_stand_in_any_order():
    lines = ["a = x + 1", "b = 2 * x", "return a * b", "b = 3 * x", "return b"]
    nodes = found(lines, 3, (0, 1, 2), "assert f(3) == 24\nassert f(5) == 60")
    assert count_right(nodes) == 2


def test_bodies_of_loops_and_conditions_are_tried_too():
    lines = ["t = 0", "for v in x:", "    if v > 0:", "        t += v", "    t += 1", "return t", "    t += 2"]
    found(lines, 6, range(6), "assert f([1, -2, 3]) == 7\nassert f([]) == 0")


def test_other_branch_belongs_to_its_condition():
    lines = ["if x > 2:", "    y = 1", "else:", "    y = 2", "return y", "    y = 3"]
    nodes = found(lines, 5, range(5), "assert f(3) == 1\nassert f(0) == 2")
    assert end_of(nodes, (0, 1, 4, 2, 3)) is None


def test_view_is_not_taken_for_a_copy_with_the_same_numbers():
    lines = ["a = np.zeros(2)", "b = a[:]", "b = a.copy()", "b[0] = x", "a = a + 0", "return a.sum()"]
    found(lines, 5, (0, 1, 3, 4, 5), "assert f(3) == 3\nassert f(4) == 4")


def test_lines_behind_the_return_are_never_run():
    lines = ["x = x + 1", "return x", "x = x + 2"]
    nodes = found(lines, 3, (0, 1, 2), "assert f(1) == 2")
    assert end_of(nodes, (0, 1, 2)) == 0


def test_name_that_the_notebook_knows_is_not_the_variable_of_a_line():
    lines = ["np = x", "y = np.sum([x])", "return y"]
    given = {"head": "def f(x):", "lines": lines, "count": 3}
    nodes = orders(exercise("assert f(2) == 2"), given, lambda x: x, [], {"np": np})
    assert count_right(nodes) == 0  # a name that is given a value anywhere is the function's own from the start


def test_order_that_does_what_a_mistake_does_leads_to_it():
    lines = ["y = 2 * x", "y = x * x", "return y"]
    wrong = [(lambda x: x * x, {1}), (lambda x: x * x, {0})]
    nodes = found(lines, 2, (0, 2), "assert f(3) == 6\nassert f(5) == 10", wrong)
    assert end_of(nodes, (1, 2)) == -1


def test_mistake_that_only_breaks_off_names_no_order():
    def broken(x):
        raise NameError

    lines = ["y = 2 * x", "y = z * x", "return y"]
    nodes = found(lines, 2, (0, 2), "assert f(3) == 6", [(broken, {1})])
    assert end_of(nodes, (1, 2)) is None


def test_what_would_take_too_long_is_not_looked_for(monkeypatch):
    monkeypatch.setattr(module, "MOST_BEGINNINGS", 3)
    with pytest.raises(NotFound):
        found(["a = 1", "b = 2", "return a + b + x"], 3, (0, 1, 2), "assert f(1) == 4")
