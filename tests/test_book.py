"""The built book in a browser: every page, with the network cut off, wide and narrow."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from autograder.course.pages import repository
from autograder.course.paths import PROJECT
from convnets.notebook.exercises import assignments
from convnets.notebook.practice import practice

NARROW, WIDE = 360, 1280
ASSIGNMENTS = "notebooks/assignments/"


def files(entry):
    """Every page that a part of _toc.yml names."""
    found = [entry[key] for key in ("root", "file") if key in entry]
    for key in ("parts", "chapters", "sections"):
        for inner in entry.get(key, []):
            found += files(inner)
    return found


PAGES = files(yaml.safe_load((PROJECT / "_toc.yml").read_text()))
NOTEBOOKS = [page for page in PAGES if page.startswith(ASSIGNMENTS) or PurePosixPath(page).name[:2].isdigit()]


@pytest.fixture(scope="module")
def site(book, serve):
    return serve(book)


class Visit:
    """A page opened at some width, and what went wrong on the way."""

    def __init__(self, browser, address, width, scheme="light"):
        self.troubles = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.note("console", message.text, message.type == "error"))
        self.page.on("pageerror", lambda error: self.note("script", error))
        self.page.on("requestfailed", lambda request: self.note("failed", request.url))
        self.page.on("response", lambda answer: self.note("status", answer.url, answer.status >= 400))
        self.context.route("**/*", self.only_here)
        self.here = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        self.page.goto(address, wait_until="load")
        self.page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        self.page.wait_for_load_state("networkidle")

    def note(self, kind, what, bad=True):
        if bad:
            self.troubles.append(f"{kind}: {what}")

    def only_here(self, route):
        if route.request.url.startswith((self.here, "data:", "blob:")):
            route.continue_()
        else:
            self.note("leaves localhost", route.request.url)
            route.abort()


@pytest.fixture(scope="module")
def visit(browser, site):
    """A function that opens a page of the book, once for each width."""
    open_pages = {}

    def go(page, width=WIDE, scheme="light"):
        key = page, width, scheme
        if key not in open_pages:
            open_pages[key] = Visit(browser, f"{site}/{page}.html", width, scheme)
        return open_pages[key]

    yield go
    for opened in open_pages.values():
        opened.context.close()


def test_book_builds_without_a_warning(book):
    assert [page for page in PAGES if not (book / f"{page}.html").is_file()] == []


def test_every_warm_up_whose_right_orders_are_known_stands_on_the_page_of_its_assignment(book):
    given = {name: made["warm_up"] for name, made in practice()["exercises"].items()}
    missing = [
        exercise.name
        for name, group in assignments().items()
        for exercise in group
        if given[exercise.name]
        and given[exercise.name]["orders"]
        and f'id="arrange-{exercise.name}"' not in (book / f"{ASSIGNMENTS}{name}/{name}.html").read_text("utf-8")
    ]
    assert missing == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_without_trouble_and_without_the_network(visit, page, scheme):
    assert visit(page, scheme=scheme).troubles == []


@pytest.mark.parametrize("page", PAGES)
def test_images_are_there_and_described(visit, page):
    images = visit(page).page.eval_on_selector_all(
        "img",
        "images => images.map(i => ({src: i.src.slice(0, 200), alt: i.alt.trim(), width: i.naturalWidth}))",
    )
    assert [image for image in images if not image["width"]] == [], "missing images"
    assert [image for image in images if not image["alt"]] == [], "images without alternative text"


@pytest.mark.parametrize("page", PAGES)
def test_pictures_that_code_makes_are_numbered_and_captioned(book, page):
    soup = BeautifulSoup((book / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    figures = [image.find_parent("figure") for image in soup.select(".cell_output img")]
    assert all(figure and figure.select_one("figcaption .caption-number") for figure in figures)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_described_and_loads_no_more_than_it_shows(book, page):
    soup = BeautifulSoup((book / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    assert len(soup.find("meta", {"name": "description"})["content"]) > 20
    assert [image["src"][:80] for image in soup.select(".bd-article img") if image.get("loading") != "lazy"] == []
    assert soup.find("script", src=lambda source: source and "fontawesome" in source) is None


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_a_phone(visit, page):
    opened = visit(page, NARROW)
    assert opened.troubles == []
    width = opened.page.evaluate("document.documentElement.scrollWidth")
    culprits = opened.page.evaluate(
        """() => [...document.querySelectorAll('main *')]
            .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .map(e => e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 60)).slice(0, 5)"""
    )
    assert width <= NARROW, culprits


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(visit, book, site, page):
    published = repository().book
    broken = []
    links = visit(page).page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    assert links
    for link in links:
        address = urljoin(f"{site}/{page}.html", link)
        if address.startswith(published):
            address = site + address.removeprefix(published)
        if not address.startswith(site):
            continue
        parts = urlsplit(address)
        target = book / unquote(parts.path).lstrip("/")
        if target.is_dir():
            target = target / "index.html"
        if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors(target)):
            broken.append(link)
    assert broken == []


_ANCHORS = {}


def anchors(path):
    """The places on a page that a link can lead to."""
    if path not in _ANCHORS:
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        _ANCHORS[path] = {"", "top"} | {tag["id"] for tag in soup.find_all(id=True)}
    return _ANCHORS[path]


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_colab_button_opens_the_notebook_that_was_released(visit, page):
    name = PurePosixPath(page).name
    notebook = (
        f"{ASSIGNMENTS}{name}/{name}.ipynb" if page.startswith(ASSIGNMENTS) else f"notebooks/chapters/{name}.ipynb"
    )
    assert (PROJECT / notebook).is_file()
    buttons = visit(page).page.eval_on_selector_all(
        "a[href^='https://colab.research.google.com/']", "links => links.map(link => link.href)"
    )
    assert buttons
    assert set(buttons) == {repository().colab(notebook)}


@pytest.mark.parametrize("page", [page for page in PAGES if page not in NOTEBOOKS])
def test_other_pages_send_nobody_to_a_notebook_that_is_not_there(visit, page):
    buttons = visit(page).page.eval_on_selector_all(
        "a[href*='colab.research.google.com/github/']", "links => links.map(link => link.href)"
    )
    there = {repository().colab(path.relative_to(PROJECT).as_posix()) for path in PROJECT.glob("notebooks/**/*.ipynb")}
    assert set(buttons) <= there


def test_setup_cell_is_not_on_the_assignment_page(visit):
    """Readers of the book need no set-up, and the badge would be a request to another site."""
    for page in NOTEBOOKS:
        if page.startswith(ASSIGNMENTS):
            assert "pip" not in visit(page).page.inner_text("main")


CHAPTERS = [path.stem for path in PROJECT.glob("solutions/[0-9][0-9]-*.md")]


def test_front_page_has_a_living_figure_and_a_map_that_leads_to_every_chapter(visit):
    page = visit("book/index").page
    assert page.locator("conv-explorer .fig-grid").count() > 2
    assert page.locator(".course-map a").evaluate_all("links => links.map(link => link.href.split('/').pop())") == [
        f"{path.stem}.html" for path in sorted(PROJECT.glob("book/[0-9][0-9]-*.md")) if path.stem in CHAPTERS
    ]


def test_headings_weigh_the_more_the_higher_they_stand(visit):
    page = visit("book/index").page
    look = "e => [parseFloat(getComputedStyle(e).fontSize), Number(getComputedStyle(e).fontWeight)]"
    (size_1, weight_1), (size_2, weight_2), (size_3, weight_3) = (
        page.locator(f".bd-article {level}").first.evaluate(look) for level in ("h1", "h2", "h3")
    )
    assert size_1 > 1.2 * size_2 > 1.2 * 1.2 * size_3
    assert weight_1 > weight_2 > weight_3


def test_overfitting_is_found_in_either_spelling(visit):
    for word in ("overfitting", "over-fitting"):
        page = visit("search").page
        page.goto(f"{page.url.partition('?')[0]}?q={word}")
        page.locator("#search-results li a", has_text="Glossary").first.wait_for(timeout=20_000)


def test_every_chapter_is_in_the_table_of_contents_with_its_assignment():
    chapters = {path.stem for path in PROJECT.glob("book/[0-9][0-9]-*.md")}
    assignments = chapters & {path.stem for path in PROJECT.glob("solutions/[0-9][0-9]-*.md")}
    wanted = {f"book/{name}" for name in chapters} | {f"{ASSIGNMENTS}{name}/{name}" for name in assignments}
    assert wanted <= set(NOTEBOOKS)
