"""What the tests of several figures do on their pages."""

RUNS = [
    {"name": "all", "random": True, "free": ["stem", "block1", "block2", "block3", "block4"], "classes": 12},
    {"name": "none", "random": False, "free": [], "classes": 12},
    {"name": "last", "random": False, "free": ["block4"], "classes": 12},
]
"""Measured runs for the freeze board that no page has computed."""


def tab_to(page, name, role=None, begin=None):
    """Press Tab until the control of this name has the focus; if asked, from the end of the figure on, in a circle."""
    if begin:
        tab_to(page, begin, role)
    for _ in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const one = document.activeElement;
              const table = one.localName === "td" ? one.closest("table") : null;
              const named = table ?? one;
              const label = named.closest("label");
              const words = label?.querySelector("span")?.textContent ?? (label ?? named).textContent;
              const outline = getComputedStyle(one).outlineStyle;
              return [named.getAttribute("aria-label") ?? words, table ? "grid" : null, outline];
            }"""
        )
        if found[0].strip() == name and (role is None or role == found[1]):
            assert found[2] != "none", f"nobody sees where the focus is: {name}"
            return
    raise AssertionError(f"Tab does not reach {name}")


def displayed(number):
    """The number as a reader sees it, for a check of what stands on the page; None for fractions."""
    return None if "/" in number or "e" in number else float(number.replace("−", "-").replace("∞", "inf"))
