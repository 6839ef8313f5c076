"""Print the book, built by Sphinx as a single page, into one PDF: ``make pdf``.

Scripts are off, so that each interactive figure is its still picture and its words. Answers that are folded on the
screen are open on paper.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BUILT = Path("_build/singlehtml")
TARGET = Path("_build/pdf/book.pdf")
STYLE = """
.headerlink, details.hide { display: none !important }
pre { white-space: pre-wrap !important }
.cell_input, .highlight, pre, img, .convnets-figure, .admonition { break-inside: avoid }
h2, h3, h4 { break-after: avoid }
span[id^="document-"] + section { break-before: page }
"""


def main(built=BUILT, target=TARGET):
    """Print the page.

    Parameters
    ----------
    built : path-like
        Folder with what the builder ``singlehtml`` has written.
    target : path-like
        The PDF to write.

    Raises
    ------
    SystemExit
        When there is no Chromium, or a picture is missing.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("A PDF needs Chromium or Chrome, and neither is on the search path. Install one.")
    # The page stands in a folder, and is written with addresses as seen from above it.
    page_above = Path(built, "book.html")
    text = Path(built, "book/index.html").read_text(encoding="utf-8")
    for old, new in (
        ("</head>", f"<style>{STYLE}</style></head>"),
        ('href="book/index.html#', 'href="#'),
        ('<details class="sd-', '<details open class="sd-'),
        ('<details class="answers"', '<details open class="answers"'),
    ):
        text = text.replace(old, new)
    page_above.write_text(text, encoding="utf-8")
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(page_above.resolve().as_uri(), wait_until="networkidle")
        missing = page.locator("img").evaluate_all(
            "all => all.filter(each => !each.naturalWidth).map(each => each.getAttribute('src'))"
        )
        if missing:
            sys.exit(f"These pictures are missing in {page_above}: {', '.join(missing)}. Build the book anew.")
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "14mm")
        page.pdf(path=target, format="A4", scale=0.72, margin=margin, print_background=True, tagged=True, outline=True)
        browser.close()
    print(f"The book is in {target}.")


if __name__ == "__main__":
    main()
