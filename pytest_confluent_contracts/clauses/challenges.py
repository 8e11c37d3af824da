"""Is a value of WWW-Authenticate a list of challenges, as RFC 9110 11.6.1 writes them?"""

from __future__ import annotations

import re

from pytest_confluent_contracts.model.traffic import REDACTED

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
SCHEME = re.compile(TOKEN)
PARAMETER = re.compile(rf"{TOKEN}[ \t]*=[ \t]*(?:{TOKEN}|{QUOTED})", re.DOTALL)
TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*")
INSUFFICIENT_SCOPE = re.compile(r'(?:^|\s)error\s*=\s*"?insufficient_scope"?$', re.IGNORECASE)
ELEMENT = re.compile(rf'(?:{QUOTED}|[^",])*', re.DOTALL)


def are_challenges(field: str) -> bool:
    """Return whether *field* is at least one challenge; several lines are one list (RFC 9110 5.3).

    A challenge is a scheme alone, with a token, or with parameters; commas part both the challenges
    and the parameters of one: ``Negotiate, Basic realm="api", charset="UTF-8"`` are two challenges.
    ``realm="api"`` is none, for no scheme stands before it.
    """
    elements = _elements_of(field)
    if elements is None:
        return False
    takes_parameters = False
    has_scheme = False
    for element in elements:
        if PARAMETER.fullmatch(element):
            if not takes_parameters:
                return False
            continue
        scheme, _, rest = element.partition(" ")
        rest = rest.strip()
        takes_parameters = bool(PARAMETER.fullmatch(rest))
        if not SCHEME.fullmatch(scheme):
            return False
        if rest and not takes_parameters and not TOKEN68.fullmatch(rest):
            return False
        has_scheme = True
    return has_scheme


def tells_lack_of_scope(field: str) -> bool:
    """Return whether *field* says that a token is good, and not for this (RFC 6750 3.1).

    For example ``Bearer error="insufficient_scope", scope="things:read"``.
    """
    elements = _elements_of(field) or []
    return any(INSUFFICIENT_SCOPE.search(element) for element in elements)


def _elements_of(field: str) -> list[str] | None:
    """Return what stands between the commas of *field*, but for those within quotes.

    Empty elements are left out (RFC 9110 5.6.1.2). None where a quoted text has no end.
    """
    text = field.replace(REDACTED, "redacted")
    elements: list[str] = []
    start = 0
    while start <= len(text):
        found = ELEMENT.match(text, start)
        end = found.end() if found else start
        if end < len(text) and text[end] != ",":
            return None
        elements.append(text[start:end].strip(" \t"))
        start = end + 1
    return [element for element in elements if element]
