"""How does text become HTML and stay text? What is not `Html` is escaped: nobody can forget it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "hr", "input", "meta"})
# What a reader cannot see, or what turns the text around it: controls, bidirectional marks, lone
# surrogates.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | Html | Iterable["Child"]


def visible(text: str) -> str:
    """Return *text* with what cannot be seen written out, as ``⟨U+202E⟩``."""
    return UNSEEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


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
