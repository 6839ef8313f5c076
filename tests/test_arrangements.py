"""Warm-ups on the assignments' pages: they say of an order what the visible tests say of it; by keyboard too."""

import random
from functools import cache
from types import SimpleNamespace

import pytest
from docutils import nodes as doc

from autograder.course.orders import count_right, end_of, read
from autograder.course.reference import reference
from autograder.course.source import hint_of, read_assignment
from convnets.notebook.arrange import assembled, letters
from convnets.notebook.exercises import PASSED, assignments, try_tests
from convnets.notebook.practice import practice
from convnets.quiet import quietly
from tests.test_predict import extension, opener

EXERCISES = {exercise.name: exercise for group in assignments().values() for exercise in group}
GIVEN = {
    name: each["warm_up"]
    for name, each in practice()["exercises"].items()
    if each["warm_up"] and each["warm_up"]["orders"]
}
BY_DAY = ("pad", "sobel")  # the others wait for the night
NAMES = [*BY_DAY, *sorted(set(GIVEN) - set(BY_DAY))]


def test_there_are_many_and_most_have_an_order_that_is_a_known_mistake():
    assert len(GIVEN) >= 25
    assert sum(bool(given["hints"]) for given in GIVEN.values()) >= 15
    for given in GIVEN.values():
        assert count_right(read(given["orders"])) == given["right"]
        assert end_of(read(given["orders"]), given["answer"]) == 0


@cache
def ends(name):
    """By node: the ends that it leads to."""
    graph = read(GIVEN[name]["orders"])
    leads = {-number: {-number} for number in range(len(GIVEN[name]["hints"]) + 1)}
    for number, node in enumerate(graph[1:], start=1):
        leads[number] = set().union(*(leads[to] for to in node.values()))
    return leads


@cache
def walks(name):
    """Orders to each end of the graph, drawn at random, and as many beside them with one line changed."""
    given, chance = GIVEN[name], random.Random(name)
    graph, found, leads = read(given["orders"]), {}, ends(name)
    for end in [0] * 12 + [-number for number in range(1, len(given["hints"]) + 1)] * 2:
        order, at = [], len(graph) - 1
        while at > 0:
            line = chance.choice([line for line, to in graph[at].items() if end in leads[to]])
            order.append(line)
            at = graph[at][line]
        found[tuple(order)] = end
        changed, (one, other) = list(order), chance.sample(range(len(order)), 2)
        changed[one], changed[other] = changed[other], changed[one]
        found[tuple(changed)] = end_of(graph, changed)
        changed = list(order)
        changed[one] = chance.choice([line for line in range(len(given["lines"])) if line not in order])
        found[tuple(changed)] = end_of(graph, changed)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_graph_says_what_the_tests_say(name):
    exercise, given = EXERCISES[name], GIVEN[name]
    with quietly():
        names = vars(reference(exercise.assignment))
    for order, end in walks(name).items():
        space = dict(names)
        try:
            exec(compile(assembled(given["head"], given["lines"], order), "<order>", "exec"), space)
        except SyntaxError:
            assert end is None
            continue
        passes = try_tests(exercise, {**names, name: space[name]}).state == PASSED
        assert (end == 0) == passes, order


@pytest.mark.parametrize("name", ["pad", "sobel"])
def test_hints_are_of_mistakes_with_a_line_that_is_there(name):
    written = read_assignment(EXERCISES[name].assignment).exercise(name)
    assert set(GIVEN[name]["hints"]) <= {hint_of(cell) for cell in written.misconceptions}


def test_arrangement_stands_above_the_answer_of_its_exercise():
    title = doc.title("", "", doc.Text("Exercise 1: "), doc.literal("", "pad"))
    section = doc.section("", title, doc.paragraph("", "What is asked."), doc.container(classes=["cell"]))
    tree = doc.container("", section)
    page = "notebooks/assignments/02-conv-layer/02-conv-layer"
    env = SimpleNamespace(docname=page, metadata={page: {}})
    extension().with_arrangements(SimpleNamespace(env=env), tree)
    assert [type(each).__name__ for each in section] == ["title", "paragraph", "raw", "container"]
    assert 'id="arrange-pad"' in section[2].astext()
    assert env.metadata[page]["asks"]


# ---------------------------------------------------------------- in the browser


@pytest.fixture(scope="module")
def opened(browser, serve):
    """A function that opens a page with the warm-ups of the day."""
    with opener(browser, serve, page_of(BY_DAY)) as go:
        yield go


def page_of(names):
    return "".join(extension().arrangement(name, GIVEN[name]) for name in names)


@pytest.fixture
def alone(browser, serve, name):
    """A page with a single one."""
    with opener(browser, serve, page_of([name])) as go:
        yield go()


def tab_to(page, label, key="Tab"):
    for _ in range(60):
        if page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent") == label:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{label} is not reached by {key}")


def use(page, form, name, order):
    """Put an order together with the keyboard alone, from an empty one."""
    called = letters(GIVEN[name])
    while form.locator(".chosen li").count():
        form.locator(".head").focus()
        tab_to(page, f"Take line {form.locator('.chosen li b').first.inner_text()} out")
        page.keyboard.press("Enter")
    for line in order:
        form.locator(".head").focus()
        tab_to(page, f"Use line {called[line]}")
        page.keyboard.press("Space")
    assert form.locator("[role=status]").inner_text() == (
        f"Line {called[order[-1]]} is number {len(order)} of {len(order)}."
    )
    tab_to(page, "Check the order")
    page.keyboard.press("Enter")
    return form.locator("[role=status]").inner_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_arrangement_is_made_by_keyboard_and_judged_as_the_graph_says(alone, name):
    form, given = alone.locator(f"form[data-name='{name}']"), GIVEN[name]
    of_each = {}
    for order, end in walks(name).items():
        of_each.setdefault(end, order)
    called = letters(given)
    for end, order in of_each.items():
        said = use(alone, form, name, order)
        if end == 0:
            assert said == "Right: the visible tests pass with this order."
        elif end is not None:
            hint = given["hints"][-end - 1].replace("`", "")
            assert " ".join(said.split()) == "Not quite: " + " ".join(hint.split())
        else:
            good = max(number for number in range(len(order)) if begins_right(name, order[:number]))
            assert f"with line {called[order[good]]}." in said
            assert ("can stay" in said) == (good > 0)
    said = use(alone, form, name, order[:-1])
    assert said == f"Not quite: the order has {given['count']} lines, and here are {given['count'] - 1}."
    assert alone.troubles == []


def begins_right(name, lines):
    graph = read(GIVEN[name]["orders"])
    at = len(graph) - 1
    for line in lines:
        at = graph[at].get(line) if at is not None and at > 0 else None
    return at is not None and 0 in ends(name)[at]


def test_line_is_moved_and_the_place_is_said_and_the_focus_stays(opened):
    page = opened()
    form = page.locator("form[data-name='pad']")
    for letter in "ABC":
        form.get_by_label(f"Use line {letter}").press("Enter")
    up = form.get_by_label("Move line C up")
    up.focus()
    page.keyboard.press("Enter")
    assert form.locator("[role=status]").inner_text() == "Line C is number 2 of 3."
    assert page.evaluate("document.activeElement.ariaLabel") == "Move line C up"
    page.keyboard.press("Enter")  # now it is the first, and cannot go further
    assert page.evaluate("document.activeElement.ariaLabel") == "Move line C down"
    assert form.locator(".chosen b").all_inner_texts() == ["C", "A", "B"]
    form.get_by_label("Take line A out").press("Enter")
    assert form.locator("[role=status]").inner_text() == "Line A is out."
    page.reload()
    assert page.locator("form[data-name='pad'] .chosen b").all_inner_texts() == ["C", "B"]


def test_without_scripts_and_on_paper_an_order_stands_below_the_lines(opened):
    page = opened(java_script_enabled=False)
    form = page.locator("form[data-name='pad']")
    assert form.locator(".lines li").count() == len(GIVEN["pad"]["lines"])
    form.locator("summary").click()
    answer = " ".join(letters(GIVEN["pad"])[place] for place in GIVEN["pad"]["answer"])
    assert f"{answer} passes the visible tests." in form.locator("details p").inner_text()
    assert form.locator("button").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("names", [BY_DAY, NAMES], ids=["some", "all"])
def test_axe_finds_nothing_and_a_phone_is_wide_enough(browser, serve, scheme, names):
    from axe_playwright_python.sync_playwright import Axe

    with opener(browser, serve, page_of(names)) as go:
        page = go(scheme, 390)
        for form in page.locator("form.arrange").all():
            form.locator("button.use").first.click()
            form.locator("button.check").click()
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
