"""How does text become HTML and stay text? What is not `Html` is escaped: nobody can forget it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pytest_confluent_contracts.report.visible import visible

VOID = frozenset({"br", "hr", "input", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | Html | Iterable["Child"]


def html(child: Child) -> Html:
    """Return *child* as HTML: `Html` as it is, text escaped, anything else part by part."""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(visible(child), quote=False))
    return Html("".join(map(html, child)))


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element.

    In an attribute's name ``_`` is ``-``, and dropped at its end; one that is None is left out.
    """
    told = "".join(
        _attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()
    )
    if name in VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{html(children)}</{name}>")


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(visible(str(value)))}"'


def scroll_region(label: str, child: Child) -> Html:
    """Return *child* where it can be scrolled, with the keyboard too."""
    return tag("div", child, class_="scroll", tabindex=0, role="region", aria_label=label)
