"""Mistakes are named by what a check says of them, when it says so of one only."""

import nbformat
import numpy as np
import pytest

from autograder.exam.codec import decode
from autograder.exam.examiner import _encoded
from autograder.exam.mistakes import Sayings
from autograder.exam.run_test import Trial, _name_the_mistake, _run_statements
from convnets.checks import judging
from convnets.checks.calls import perform
from convnets.checks.catalogue import register
from convnets.checks.draws import call
from convnets.checks.judging import Seen, judge, raised
from convnets.checks.rehearsal import Rehearsal
from convnets.checks.values import check_raises
from convnets.checks.words import CheckFailed


def accepts(x):
    return x


def doubles(x):
    return 2 * x


def doubles_too(x):
    return x + x


def divides(x):
    return 1 / 0


for each in (accepts, doubles, doubles_too, divides):
    each.__name__ = "half"  # as all answers to an exercise have its name


@pytest.fixture
def sayings():
    return Sayings("half", [("It accepts all.", accepts), ("It doubles.", doubles), ("It divides.", divides)])


def refuses(function):
    check_raises(function, 3)


def fails(check, function):
    with pytest.raises(CheckFailed) as failed:
        check(function)
    return failed.value, str(failed.value)


def failed(told):
    return CheckFailed(told), told


def test_the_same_words_are_the_same_mistake(sayings):
    for function, hint in ((accepts, "It accepts all."), (doubles, "It doubles."), (divides, "It divides.")):
        assert sayings.hint(0, *fails(refuses, function), refuses) == hint


def test_other_words_are_no_known_mistake(sayings):
    assert sayings.hint(0, *fails(refuses, lambda x: 7), refuses) is None


def test_words_that_fit_two_mistakes_name_none():
    both = Sayings("half", [("It doubles.", doubles), ("It adds.", doubles_too)])
    assert both.hint(0, *fails(refuses, doubles), refuses) is None


def test_the_place_in_the_code_of_an_error_is_no_part_of_the_words(sayings):
    error, told = fails(refuses, divides)
    told = told.replace("by zero", "by zero\n            at line 2 of divides")
    assert "at line 2" in told
    assert sayings.hint(0, error, told, refuses) == "It divides."


def test_a_hint_is_no_part_of_the_words():
    def check(function):
        raise CheckFailed("wrong", "look")

    assert Sayings("half", [("It is.", accepts)]).hint(0, *failed("wrong"), check) == "It is."


def counts(steps):
    return f"half(1)\n  executes {steps:,} Python instructions"


def counting(function):
    raise CheckFailed(counts(function(0)))


def test_counts_of_instructions_need_only_be_near():
    loops = Sayings("half", [("Two loops.", lambda x: 10_000), ("One loop.", lambda x: 4_000)])
    assert loops.hint(0, *failed(counts(9_200)), counting) == "Two loops."
    assert loops.hint(0, *failed(counts(4_400)), counting) == "One loop."
    assert loops.hint(0, *failed(counts(6_500)), counting) is None


def test_other_numbers_must_be_the_same(sayings):
    def check(function):
        raise CheckFailed(f"half(2) is {function(1000)}")

    assert sayings.hint(0, *failed("half(2) is 1000"), check) == "It accepts all."
    assert sayings.hint(0, *failed("half(2) is 1001"), check) is None


def test_what_a_message_does_not_tell_counts_too():
    def check(function):
        failing = CheckFailed("half(2) hands work to keras.")
        failing.details = [function(1)]
        raise failing

    libraries = Sayings("half", [("Its layers.", lambda x: "layers"), ("Its training.", lambda x: "trainer")])
    assert libraries.hint(0, *fails(check, lambda x: "trainer"), check) == "Its training."
    assert libraries.hint(0, *fails(check, lambda x: "ops"), check) is None


def test_a_mistake_known_by_its_symptom_is_named():
    slow = Sayings("half", [], {"trains on all": "It trains on all."})
    error = CheckFailed("half(2) is 4")
    assert slow.named(error) is None
    assert slow.hint(0, error, str(error), lambda function: function(2)) is None
    error.symptom = "trains on all"
    assert slow.named(error) == "It trains on all."
    error.symptom = "something else"
    assert slow.named(error) is None


def test_numbers_in_names_that_keras_gives_play_no_part():
    def check(function):
        raise CheckFailed(f"functional_{function(7)} has no input {function(2)}")

    same = Sayings("half", [("It is.", accepts)])
    assert same.hint(0, *failed("functional_12 has no input 2"), check) == "It is."
    same.learned.clear()
    assert same.hint(0, *failed("functional_12 has no input 3"), check) is None


def test_what_was_found_out_is_kept(sayings):
    error, told = fails(refuses, doubles)
    assert sayings.hint(0, error, told, refuses) == "It doubles."

    def never(function):
        raise AssertionError("it is known already")

    assert sayings.hint(0, error, told, never) == "It doubles."
    again = Sayings("half", [])
    again.learned.update(sayings.learned)
    assert again.hint(0, error, told, never) == "It doubles."
    assert again.seconds == 0
    assert sayings.seconds > 0


@pytest.mark.parametrize(("is_diagnosed", "tried"), [(True, 1), (False, 4)])
def test_mistakes_are_tried_only_where_the_check_has_not_done_so_itself(sayings, is_diagnosed, tried):
    def check(function):
        functions.append(function)
        failing = CheckFailed(f"half(2) is {len(functions)}")
        failing.is_diagnosed = is_diagnosed
        raise failing

    functions = []
    cell = nbformat.v4.new_code_cell("check(half)")
    trial = Trial(cell, None, {}, sayings, space={"check": check, "half": doubles})
    _run_statements(trial)
    _name_the_mistake(trial)
    assert str(trial.error) == "half(2) is 1"
    assert len(functions) == tried


def test_what_an_answer_refuses_in_words_of_its_own_names_no_mistake():
    """It may refuse the arguments of a test for another reason than the catalogued mistake, in the same words."""

    def refuses_all(x):
        raise ValueError("This does not fit.")

    refuses_all.__name__ = "half"
    sayings = Sayings("half", [("It refuses all.", refuses_all)])
    for answer, named in ((divides, False), (refuses_all, False)):
        trial = Trial(nbformat.v4.new_code_cell("half(2)"), None, {}, sayings, space={"half": answer})
        _run_statements(trial)
        _name_the_mistake(trial)
        assert bool(getattr(trial.error, "hint", None)) == named
    trial = Trial(
        nbformat.v4.new_code_cell("half(2)"),
        None,
        {},
        Sayings("half", [("It divides.", divides)]),
        space={"half": divides},
    )
    _run_statements(trial)
    _name_the_mistake(trial)
    assert trial.error.hint == "It divides."


def test_what_looks_have_found_out_of_mistakes_goes_from_one_submission_to_the_next(monkeypatch):
    def right(x):
        return x

    def mistaken(x):
        looked_at.append(x)
        if x == 2:
            raise ValueError("No.")
        return x, np.zeros(2)

    def wrong(x):
        return mistaken(x)

    def look(function, case, _expected):
        outcome = perform(function, *case)
        yield raised(outcome, "a number")
        yield Seen("the result", outcome.value)

    def fail(rehearsal):
        monkeypatch.setattr(judging, "_looked_at", {})  # as in a process of its own
        looked_at.clear()
        with rehearsal.playing(), pytest.raises(CheckFailed) as failed:
            judge(wrong, right, [call(1), call(2)], look)
        return failed.value.hint, len(looked_at)

    looked_at, first, second = [], Rehearsal(), Rehearsal()
    register(right, [("It returns too much.", mistaken)])
    hint, calls = fail(first)
    assert hint == "It returns too much."
    second.known.update(map(decode, _encoded(first.news)))
    assert fail(second) == (hint, calls - 2)
    assert not second.news


def test_what_cannot_cross_is_found_out_again():
    assert [decode(each) for each in _encoded({("a",): [object()], ("b",): [("part", 1.5)]})] == [
        (("b",), [("part", 1.5)])
    ]
    assert not list(_encoded({("a",): np.zeros(2**18)}))
    assert len(list(_encoded({(name,): np.zeros(2**16) for name in "abcd"}))) == 1  # of half a megabyte each
