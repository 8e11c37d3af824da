"""Which text matches a pattern of a document? A short one, made from the pattern piece by piece."""

from __future__ import annotations

import string
from dataclasses import dataclass

WORD = f"{string.ascii_lowercase}{string.digits}_{string.ascii_uppercase}"
PRINTABLE = f"{string.ascii_letters}{string.digits} -_.~!#$%&'()*+,/:;<=>?@[]^`{{|}}\\\""
CLASSES = {
    "d": string.digits,
    "w": WORD,
    "s": " \t\n",
    "D": "".join(one for one in PRINTABLE if one not in string.digits),
    "W": "".join(one for one in PRINTABLE if one not in WORD),
    "S": PRINTABLE.replace(" ", ""),
}
CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
LOOKS = ("?=", "?!", "?<=", "?<!")
ENDLESS = 10_000


class UnreadablePattern(ValueError):
    """The pattern has something that is not made here: a look around, a reference, a property."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a pattern: the characters that may stand there, or the alternatives of a group.

    It stands there from ``least`` to ``most`` times.
    """

    characters: str = ""
    alternatives: tuple[tuple[Piece, ...], ...] = ()
    least: int = 1
    most: int = 1


def matching_text(pattern: str, least: int = 0, turn: int = 0) -> str:
    """Return a text of at least *least* characters, as far as it may, that matches *pattern*.

    *turn* chooses other characters: texts of different turns differ where the pattern lets them.
    Raise `UnreadablePattern` where no text can be made.

    >>> matching_text("^[a-z]{3}-[0-9]+$")
    'aaa-0'
    """
    reader = _PatternReader(pattern)
    alternatives = reader.alternatives()
    if reader.at < len(pattern):
        raise UnreadablePattern(pattern)
    pieces = alternatives[turn % len(alternatives)]
    text = _written(pieces, 0, turn)
    more = least - len(text)
    if more > 0:
        return _written(pieces, more, turn)
    return text


def _written(pieces: tuple[Piece, ...], more: int, turn: int) -> str:
    """Return the text of *pieces*, the first that may be repeated written *more* times more."""
    text = ""
    for piece in pieces:
        times = piece.least
        if more > 0 and piece.most > piece.least:
            times = min(piece.most, piece.least + more)
            more -= times - piece.least
        for _ in range(times):
            text += _written_once(piece, turn)
    return text


def _written_once(piece: Piece, turn: int) -> str:
    if piece.alternatives:
        return _written(piece.alternatives[turn % len(piece.alternatives)], 0, turn)
    return piece.characters[turn % len(piece.characters)]


class _PatternReader:
    """Reads the pieces of an ECMA-262 pattern; anchors at its ends are taken for granted."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def alternatives(self) -> tuple[tuple[Piece, ...], ...]:
        """Return what stands between bars, up to the end of the group or the pattern."""
        found: list[tuple[Piece, ...]] = []
        pieces: list[Piece] = []
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            mark = self._take()
            if mark == "|":
                found.append(tuple(pieces))
                pieces = []
            elif mark not in "^$":
                pieces.append(self._repeated(self._piece(mark)))
        found.append(tuple(pieces))
        return tuple(found)

    def _take(self) -> str:
        if self.at >= len(self.pattern):
            raise UnreadablePattern(self.pattern)
        self.at += 1
        return self.pattern[self.at - 1]

    def _piece(self, mark: str) -> Piece:
        if mark == "(":
            return self._group()
        if mark == "[":
            return Piece(self._character_class())
        if mark == ".":
            return Piece(PRINTABLE)
        if mark == "\\":
            return Piece(self._escaped())
        return Piece(mark)

    def _group(self) -> Piece:
        if self.pattern.startswith(LOOKS, self.at):
            raise UnreadablePattern(self.pattern)
        if self.pattern.startswith("?:", self.at):
            self.at += 2
        elif self.pattern.startswith("?<", self.at):
            self.at = self.pattern.index(">", self.at) + 1
        found = self.alternatives()
        self._take()
        return Piece(alternatives=found)

    def _escaped(self) -> str:
        mark = self._take()
        if mark in CLASSES:
            return CLASSES[mark]
        if mark in CONTROLS:
            return CONTROLS[mark]
        if mark in ("x", "u"):
            size = 2 if mark == "x" else 4
            code = self.pattern[self.at : self.at + size]
            self.at += size
            return chr(int(code, 16))
        if mark.isalnum():
            raise UnreadablePattern(self.pattern)
        return mark

    def _character_class(self) -> str:
        is_negated = self.pattern.startswith("^", self.at)
        self.at += is_negated
        members = ""
        while (mark := self._take()) != "]":
            first = self._escaped() if mark == "\\" else mark
            if len(first) == 1 and self._begins_range():
                self._take()
                last = self._take()
                last = self._escaped() if last == "\\" else last
                members += "".join(map(chr, range(ord(first), ord(last) + 1)))
            else:
                members += first
        if is_negated:
            members = "".join(one for one in PRINTABLE if one not in members)
        if not members:
            raise UnreadablePattern(self.pattern)
        return members

    def _begins_range(self) -> bool:
        is_dash = self.pattern.startswith("-", self.at)
        return is_dash and not self.pattern.startswith("]", self.at + 1)

    def _repeated(self, piece: Piece) -> Piece:
        """Return *piece* with what a quantifier behind it says, and pass over the latter."""
        bounds = {"?": (0, 1), "*": (0, ENDLESS), "+": (1, ENDLESS)}
        mark = self.pattern[self.at : self.at + 1]
        if mark in bounds and mark:
            self.at += 1
            least, most = bounds[mark]
        elif mark == "{":
            end = self.pattern.index("}", self.at)
            low, comma, high = self.pattern[self.at + 1 : end].partition(",")
            self.at = end + 1
            least = int(low)
            most = least if not comma else int(high or ENDLESS)
        else:
            return piece
        if self.pattern.startswith("?", self.at):  # as few as possible
            self.at += 1
        return Piece(piece.characters, piece.alternatives, least, most)
