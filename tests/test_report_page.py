"""Can a person use the page? Opened in headless Chromium: filter, keyboard, themes, no JavaScript, axe-core."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright import sync_api
from test_report_runs import FIVE, finished, sources
from test_report_schemas import node_modules as node_modules

from pytest_confluent_contracts.report import files

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = os.environ.get("CONTRACT_CHROMIUM") or shutil.which("chromium") or ""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCHEMES = ("light", "dark")
KEPT_SHOWN = 5  # of each document, where a few show as much as all
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no chromium: install Debian's, or name it in CONTRACT_CHROMIUM"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return where the page of the run with five faults lies."""
    folder = tmp_path_factory.mktemp("page")
    files.write_reports(folder, finished(FIVE), sources())
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def short_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return where a page of that run lies with only the first of the many promises that are kept.

    axe-core takes its time for each element, and those of kept promises differ in words alone.
    """
    run, kept = finished(FIVE), Counter[str]()
    few: list[dict[str, Any]] = []
    for clause in run["clauses"]:
        kept[clause["document"]] += clause["verdict"] == "kept"
        if clause["verdict"] != "kept" or kept[clause["document"]] <= KEPT_SHOWN:
            few.append(clause)
    folder = tmp_path_factory.mktemp("short_page")
    files.write_reports(folder, {**run, "clauses": few}, sources())
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium."""
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, url: str) -> Iterator[Any]:
    """Return the page, opened; whatever the console says of errors or warnings, or the network asks for, is kept."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.told, page.asked = [], []
    page.on(
        "console",
        lambda message: (
            page.told.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: page.told.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(url)
    yield page
    context.close()


def shown(page: Any, selector: str) -> int:
    """Return how many elements are to be seen."""
    count: int = page.locator(f"{selector} >> visible=true").count()  # one question for all of them
    return count


def test_it_opens_without_an_error_and_asks_for_nothing(opened: Any, url: str) -> None:
    """The console stays silent, and the only request is for the page itself."""
    assert opened.told == []
    assert opened.asked == [url]


def test_the_search_leaves_what_fits(opened: Any) -> None:
    """A word leaves the findings and promises that have it; an empty search shows all of them again."""
    everything = shown(opened, "tr[data-v]")
    opened.fill("#q", "Retry-After")
    few = shown(opened, "tr[data-v]")
    assert 0 < few < everything
    assert shown(opened, "article") == 1
    assert opened.inner_text("#shown") == f"1 findings, {few} promises"
    opened.fill("#q", "")
    assert shown(opened, "tr[data-v]") == everything


def test_a_verdict_can_be_left_out(opened: Any) -> None:
    """Without *kept*, only promises that are not kept are in the table."""
    opened.uncheck("input[value=kept]")
    assert shown(opened, "tr[data-v=kept]") == 0
    assert shown(opened, "tr[data-v=broken]") > 0


def test_a_finding_can_be_reached_by_keyboard(opened: Any) -> None:
    """From the top, Tab reaches the first finding's title; its clause and its copy button follow."""
    reached = []
    focus = "[document.activeElement].map((one) => one.closest('article') ? one.className + one.tagName : '')[0]"
    for _ in range(40):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate(focus))
    inside = [what for what in reached if what]
    assert inside[0] == "A"
    assert "copy jsBUTTON" in inside


def test_a_link_to_a_hidden_promise_shows_it(opened: Any) -> None:
    """Whoever follows a link to a promise that the filter hides sees it, and the line of a folded document too."""
    opened.uncheck("input[value=kept]")
    hidden = opened.query_selector("tr[data-v=kept]").get_attribute("id")
    opened.evaluate(f"location.hash = '{hidden}'")
    opened.wait_for_selector(f"#{hidden}", state="visible")
    line = opened.query_selector(".document .at").get_attribute("id")
    opened.evaluate(f"location.hash = '{line}'")
    opened.wait_for_selector(f"#{line}", state="visible")


def test_a_request_can_be_copied(opened: Any) -> None:
    """The button beside the curl line copies it, or selects it where the browser forbids more, and says so."""
    button = opened.query_selector("button.copy")
    button.click()
    # Not wait_for_function: where it has to look twice it evaluates text in the page, which the page's own policy forbids.
    told = opened.locator("button.copy").first.filter(has_text=re.compile("Copied|Selected"))
    told.wait_for()


def test_the_theme_follows_the_system_until_chosen(browser: Any, url: str) -> None:
    """Dark systems get a dark page, the button overrules them, and the choice is kept."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(url)
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.click("#theme")
    assert page.evaluate(background) != dark
    page.reload()
    assert page.inner_text("#theme") == "Theme: light"
    context.close()


def test_without_javascript_everything_is_there(browser: Any, url: str) -> None:
    """Findings, promises and documents can be read; what would not work is not shown."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert shown(page, "article") == len(finished(FIVE)["causes"])
    assert shown(page, "tr[data-v]") == len(finished(FIVE)["clauses"])
    assert shown(page, "form") == shown(page, "button") == 0
    context.close()


def test_it_fits_a_small_screen(browser: Any, url: str) -> None:
    """On a phone the page does not scroll sideways, nor do the promises within it."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "[...document.querySelectorAll('.promises')].filter((one) => one.scrollWidth > one.parentElement.clientWidth)"
    assert page.evaluate(f"{wide}.length") == 0
    context.close()


# Themes differ in colours alone, so that of the second one the rules about these are asked.
RULES = {
    "light": "",
    "dark": "{runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}}",
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(browser: Any, short_url: str, node_modules: Path, scheme: str) -> None:
    """axe-core finds no violation in either theme, with every fold open; contrast (WCAG AA) is among its rules."""
    # Only the test's own script needs to pass by the page's policy.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(short_url)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.evaluate((node_modules / "axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run({RULES[scheme]})")["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found] == []
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_theme_can_be_looked_at(browser: Any, url: str, scheme: str, tmp_path: Path) -> None:
    """A picture of each theme lies where CONTRACT_SCREENSHOTS says; each is of its own colours."""
    folder = Path(os.environ.get("CONTRACT_SCREENSHOTS") or tmp_path)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.screenshot(path=folder / f"report-{scheme}.png")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in paper.removeprefix("rgb(").rstrip(")").split(", ")[:3]) > 384
    assert light == (scheme == "light")
    context.close()
