"""How does the verdict fit on a badge? A small SVG, the number of promises that are kept."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.report.causes import standing
from pytest_confluent_contracts.report.record import of_target

if TYPE_CHECKING:
    from collections.abc import Mapping

LABEL = "contracts"
MARGIN = 12  # pixels, both sides together
WIDE, NARROW = frozenset("mwMW%"), frozenset("iIl.,:; j")
# White on each is at least 4.5:1 (WCAG 2.1 AA).
GREEN, RED, AMBER, GREY = "#2f6f44", "#b3261e", "#8a5a00", "#5a6270"


def draw_badge(run: Mapping[str, Any]) -> str:
    """Return the badge of *run*."""
    told, colour = badge_message(run)
    left, right = _width(LABEL), _width(told)
    whole, text = left + right, escape(told)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f'aria-label="{LABEL}: {text}"><title>{LABEL}: {text}</title>'
        f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>'
        '<g clip-path="url(#r)">'
        f'<rect width="{left}" height="20" fill="#353b45"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '</g><g fill="#fff" text-anchor="middle" '
        'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2:g}" y="14" textLength="{left - 12}">{LABEL}</text>'
        f'<text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{text}</text></g></svg>\n'
    )


def badge_message(run: Mapping[str, Any]) -> tuple[str, str]:
    """Return the words and the colour.

    What fails is told first, then what warns, else how many promises are kept.
    """
    counts = Counter(map(standing, of_target(run["clauses"])))
    for verdict, colour in (("broken", RED), ("withheld", RED), ("warned", AMBER)):
        if counts[verdict]:
            return f"{counts[verdict]} {verdict}, {counts['kept']} kept", colour
    if counts["kept"]:
        return f"{counts['kept']} kept", GREEN
    return "nothing exercised", GREY


def _width(text: str) -> int:
    """Return the pixels that *text* takes at 11 px, with a margin.

    Viewers set the text to it, whatever their font.
    """
    return MARGIN + sum(map(_width_of, text))


def _width_of(mark: str) -> int:
    if mark in WIDE:
        return 10
    return 4 if mark in NARROW else 7
