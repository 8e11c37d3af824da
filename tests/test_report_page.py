"""Can a person use the page? Opened in headless Chromium: filter, keyboard, themes, no JavaScript, axe-core."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_report_runs import FIVE, finished, sent, sources
from test_report_schemas import node_modules as node_modules

from pytest_confluent_contracts.report import files

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = os.environ.get("CONTRACT_CHROMIUM") or shutil.which("chromium") or ""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCHEMES = ("light", "dark")
OPERATION = "details.operation"
KEPT_SHOWN = 5  # of each document, where a few show as much as all
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no chromium: install Debian's, or name it in CONTRACT_CHROMIUM"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return where the page of the run with five faults lies."""
    folder = tmp_path_factory.mktemp("page")
    files.write_reports(folder, finished(FIVE), sources(), sent(FIVE))
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
    files.write_reports(folder, {**run, "clauses": few}, sources(), sent(FIVE))
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium."""
    from playwright import sync_api  # takes half a second, of one worker

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
    """A word leaves the findings and operations that have it; an empty search shows all of them again."""
    everything = shown(opened, OPERATION)
    opened.fill("#q", "Retry-After")
    assert shown(opened, "article") == 1
    opened.fill("#q", "429/header/Retry-After")
    few = shown(opened, OPERATION)
    assert 0 < few < everything
    assert shown(opened, "tr[data-of]") == few
    assert opened.inner_text("#shown") == f"1 findings, {few} operations"
    opened.fill("#q", "")
    assert shown(opened, OPERATION) == shown(opened, "tr[data-of]") == everything


def test_a_verdict_can_be_left_out(opened: Any) -> None:
    """Without *broken*, no broken finding is there; with it alone, only operations that have one."""
    broken = shown(opened, f"{OPERATION}[data-v~=broken]")
    opened.uncheck("input[value=broken]")
    assert shown(opened, "article.broken") == 0
    opened.check("input[value=broken]")
    for verdict in ("kept", "warned", "unseen"):
        opened.uncheck(f"input[value={verdict}]")
    assert shown(opened, OPERATION) == broken > 0


def test_an_operation_is_told_when_it_is_asked_for(opened: Any) -> None:
    """Its row of the table leads to it, and opens it; until then it is a line."""
    assert shown(opened, f"{OPERATION} .matrix") == 0
    opened.click("tr[data-of] a >> nth=0")
    opened.wait_for_selector(f"{OPERATION} .matrix", state="visible")
    assert shown(opened, f"{OPERATION}[open]") == 1


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


def test_a_link_to_a_hidden_operation_shows_it(opened: Any) -> None:
    """Whoever follows a link to an operation that the filter hides sees it, and the line of a folded document too."""
    opened.fill("#q", "nothing has this in it")
    hidden = opened.query_selector(OPERATION).get_attribute("id")
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
    """Findings, operations and documents can be read; what would not work is not shown."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert shown(page, "article") == len(finished(FIVE)["causes"])
    held = {(one["document"], one["operation"]) for one in finished(FIVE)["clauses"]}
    assert shown(page, OPERATION) == shown(page, "tr[data-of]") == len(held)
    page.click(f"{OPERATION} summary >> nth=0")
    assert shown(page, f"{OPERATION} .matrix") == 1
    assert shown(page, "form") == shown(page, "button") == 0
    context.close()


def test_it_fits_a_small_screen(browser: Any, url: str) -> None:
    """On a phone the page does not scroll sideways, whatever is open."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
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
