"""What must not be seen of an exchange?

Every secret that the run knows is taken out by value, when the exchange is made.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from pytest_confluent_contracts.model.traffic import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_confluent_contracts.http.guard import Key

MADE_UP = re.compile(r"cs[0-9a-f]{16}")  # as cases make secrets up
SHORT = 12  # characters; a shorter secret counts only as a word of its own
SHORT_TEXT, MOST_REMEMBERED = 1024, 4096  # characters, and texts
NOISE = 4  # characters; a shorter text stands everywhere, and is not looked for
# What may stand uncoded in a URL, as one encoder or another has it.
SAFE_IN_URLS = ("", "/", "/+", "!'()*-._~/+:@")
NOTHING_AT_ALL = "(?!)"  # a pattern that no text has
ESCAPES = "\\"  # begins each escape of a JSON string (RFC 8259 7)
ESCAPED_BYTE = re.compile(r"%[0-9A-F]{2}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be seen.

    ``leaks`` says whether a service that sends it back gives it away; ``operation`` is the key of
    the one that it belongs to, None where it belongs to all.
    """

    name: str
    value: str = field(repr=False)
    leaks: bool = True
    operation: Key | None = None


@lru_cache
def forms(value: str) -> tuple[str, ...]:
    """Return the ways in which *value* travels: each answer to a secret asks for them.

    It may be raw, JSON-escaped, URL-encoded, base64 (padded or not).
    """
    as_json = [json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    quoted = [quote(value, safe=safe, errors="replace") for safe in SAFE_IN_URLS]
    lowered = [ESCAPED_BYTE.sub(_lower_case, url) for url in quoted]
    urls = [*quoted, quote_plus(value, errors="replace"), *lowered]
    base64_text = base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
    coded = [base64_text, base64_text.translate(str.maketrans("+/", "-_"))]
    unpadded = [text.rstrip("=") for text in coded]
    return tuple(dict.fromkeys([value, *as_json, *urls, *coded, *unpadded]))


def _lower_case(found: re.Match[str]) -> str:
    return found.group().lower()


class Redactor:
    """Takes every secret that the run knows out of whatever is kept of it.

    It also says where an answer gave one away. *near_misses* are taken out as well: they tell
    nearly as much as the secret, but are no leak of it. All of them are given when it is made, so
    that one redactor serves several operations.
    """

    def __init__(self, secrets: Iterable[Secret], near_misses: Iterable[str] = ()) -> None:
        self._secrets_by_form: dict[str, list[Secret]] = {}
        for secret in secrets:
            if len(secret.value) >= NOISE:
                for form in forms(secret.value):
                    self._secrets_by_form.setdefault(form, []).append(secret)
        self._secret = _any_of(self._secrets_by_form, MADE_UP.pattern)
        nearly: set[str] = set()
        for value in near_misses:
            if len(value) >= SHORT - NOISE:
                nearly.update(forms(value))
        self._nearly = _ManyTexts(nearly)
        # Names and values of headers and members come again and again, and so do refusals.
        self._clean_short_text = lru_cache(MOST_REMEMBERED)(self._clean_text)

    def widened(self, more: Iterable[Secret]) -> Redactor:
        """Return one that takes out *more*, too."""
        return _Widened(self, more)

    def text(self, text: str) -> str:
        """Return *text* without any secret, nor what is nearly one."""
        if len(text) > SHORT_TEXT:
            return self._clean_text(text)
        return self._clean_short_text(text)

    def _clean_text(self, text: str) -> str:
        # Whole secrets first: a near miss would leave a piece of one.
        clean = self._secret.sub(REDACTED, text)
        return self._nearly.redacted(clean)

    def value(self, value: Any) -> Any:
        """Return a JSON value without any secret in its strings."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(member) for key, member in value.items()}
        return value

    def value_read(self, value: Any, text: str, clean: str) -> Any:
        """Return the JSON *value* that was read from *text* without any secret in its strings.

        *clean* is *text* without any. Without an escape each string stands in *text* as it is, in
        quotes, and so has no secret where *text* has none: few answers are gone through.
        """
        if clean == text and ESCAPES not in text:
            return value
        return self.value(value)

    def leaks(self, text: str, sent: Mapping[str, str], operation: Key | None = None) -> list[str]:
        """Return the names of the secrets in *text*.

        Those are the run's own, and those *sent* in the request, by member. *operation* is the one
        that answered: what is a secret of another one may be its own to show. A credential of the
        first document, for one, may be a name in the second.
        """
        found: dict[str, None] = {}  # in their order, each once
        for name, value in sent.items():
            if _is_shown(text, value):
                found[f"{name} of the request"] = None
        for match in self._secret.finditer(text):
            found[self._leaked_secret(match.group(), operation)] = None
        found.pop("", None)
        return list(found)

    def _leaked_secret(self, form: str, operation: Key | None) -> str:
        """Return the name of the secret that *form* gives away, empty where it gives none away."""
        if form not in self._secrets_by_form:
            return "a secret that an earlier request sent"
        known = self._secrets_by_form[form]
        own = [secret for secret in known if secret.operation == operation]
        secret = (own or known)[-1]
        if len(secret.value) < SHORT - NOISE:  # so short a text may stand there by chance
            return ""
        return secret.name if secret.leaks else ""


class _Widened(Redactor):
    """A redactor that takes out more than another, which stays as it is."""

    def __init__(self, narrower: Redactor, more: Iterable[Secret]) -> None:
        super().__init__(more)
        self._narrower = narrower

    def text(self, text: str) -> str:
        """Return *text* without what either takes out."""
        return self._narrower.text(super().text(text))

    def leaks(self, text: str, sent: Mapping[str, str], operation: Key | None = None) -> list[str]:
        """Return the names of what either finds in *text*."""
        found = self._narrower.leaks(text, sent, operation)
        return list(dict.fromkeys([*found, *super().leaks(text, {}, operation)]))


class _ManyTexts:
    """Takes out many texts, hardly any of which will ever stand in what is looked through.

    A pattern is made only of those whose beginnings do: one of them all takes longer to make than
    a short run, and longer to try than their beginnings.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._branches = _branches_of(texts)
        self._any_beginning = _any_beginning({beginning for beginning, _ in self._branches})
        self._pattern_of = lru_cache(MOST_REMEMBERED)(_any_branch)

    def redacted(self, text: str) -> str:
        """Return *text* without the longest of the texts at each place."""
        if self._any_beginning.search(text) is None:
            return text
        begun = [branch for branch in self._branches if branch[0] in text]
        return self._pattern_of(tuple(begun)).sub(REDACTED, text)


def _any_beginning(beginnings: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of any of *beginnings*, grouped by their first letters: re tries fewer."""
    rests: dict[str, list[str]] = {}
    for beginning in sorted(beginnings):
        rests.setdefault(beginning[0], []).append(re.escape(beginning[1:]))
    groups = [f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in rests.items()]
    return re.compile("|".join(groups) or NOTHING_AT_ALL)


Branch = tuple[str, str]  # a beginning, and the pattern of what begins with it


def _any_of(texts: Iterable[str], *more: str) -> re.Pattern[str]:
    """Return the pattern that finds the longest of *texts*, or a pattern of *more*."""
    return _any_branch((*_branches_of(texts), *(("", pattern) for pattern in more)))


def _any_branch(branches: tuple[Branch, ...]) -> re.Pattern[str]:
    return re.compile("|".join(pattern for _, pattern in branches))


def _branches_of(texts: Iterable[str]) -> list[Branch]:
    """Return the branches of a pattern that finds the longest of *texts*.

    Those that begin alike share a branch, so that few are tried.
    """
    ordered = sorted(set(texts), key=lambda text: (-len(text), text))
    endings: dict[str, list[str]] = {}
    for form in ordered:
        if len(form) >= SHORT:
            endings.setdefault(form[:NOISE], []).append(re.escape(form[NOISE:]))
    branches: list[Branch] = []
    for head, rest in endings.items():
        branches.append((head, f"{re.escape(head)}(?:{'|'.join(rest)})"))
    short = [form for form in ordered if len(form) < SHORT]
    return [*branches, *((form, _word_pattern(form)) for form in short)]


def _word_pattern(form: str) -> str:
    """Return the pattern of a short form: it counts only as a word of its own."""
    first, rest = re.escape(form[0]), re.escape(form[1:])
    # A letter first: re skips whatever no branch begins with.
    return rf"{first}(?<![\w-]{first}){rest}(?![\w-])"


def _is_shown(text: str, value: str) -> bool:
    return len(value) >= SHORT and any(form in text for form in forms(value))
