"""How did the rate limit run? Limit, Remaining, Reset and each 429 over time, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_confluent_contracts.model.quota import Quota, QuotaHeaders, read_quota
from pytest_confluent_contracts.report.markup import Html, html, tag

WIDTH, LEFT, RIGHT = 1000, 56, 16
UPPER, LOWER, TOP, GAP = 150, 64, 26, 34
HEIGHT = TOP + UPPER + GAP + LOWER + 28
BUCKETS = 450  # columns of the plot: more points than two pixels apart are only bytes
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400)

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """What one answer told of the quota, and when (seconds since the start)."""

    at: float
    limit: int | None
    remaining: int | None
    reset: int | None
    throttled: bool

    @property
    def tells_number(self) -> bool:
        """Return whether the answer told anything but that it is a 429."""
        return (self.limit, self.remaining, self.reset) != (None, None, None)


def quota_points(exchanges: Iterable[Data], operation: Data) -> list[Point]:
    """Return what the answers to *operation* told, in the order in which they came.

    Those that told nothing are left out.
    """
    names = QuotaHeaders(**operation["limits"], retry_after="")
    found: list[Point] = []
    for exchange in exchanges:
        told = read_quota(partial(_header, exchange["headers"]), names)
        is_throttled = exchange["status"] == 429
        if is_throttled or told != Quota():
            at = exchange["came_at"]
            found.append(Point(at, told.limit, told.remaining, told.reset, is_throttled))
    return sorted(found, key=lambda point: point.at)


def _header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def is_plottable(found: Iterable[Point]) -> bool:
    """Return whether there is more to draw than the moments at which 429 was answered.

    That is a number that goes up and down.
    """
    return any(point.tells_number for point in found)


def timeline_sentence(found: Sequence[Point]) -> str:
    """Return the plot in a sentence, for those who do not see it.

    Where there is none to be drawn, the sentence says so.
    """
    if not is_plottable(found):
        return f"No answer told a rate limit; {len(found) or 'none'} answered 429."
    limits = sorted(set(_known(point.limit for point in found)))
    left = _known(point.remaining for point in found)
    waits = _known(point.reset for point in found)
    parts = [f"{len(found)} answers over {found[-1].at - found[0].at:.0f} s"]
    if limits:
        parts.append(f"Limit {' or '.join(map(str, limits[:4]))}")
    if left:
        parts.append(f"Remaining between {min(left)} and {max(left)}")
    if waits:
        parts.append(f"Reset between {min(waits)} and {max(waits)} s")
    parts.append(f"{sum(point.throttled for point in found)} answered 429")
    return ", ".join(parts) + "."


def _known(values: Iterable[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def draw_timeline(found: Sequence[Point], name: str) -> Html:
    """Return the plot, on one axis of time.

    Requests that are left are drawn above, seconds to the reset below.
    """
    first, last = found[0].at, max(found[-1].at, found[0].at + 1.0)
    scale = _Scale(first, last)
    most = max([1, *_known(point.limit for point in found)])
    most = max([most, *_known(point.remaining for point in found)])
    longest = max([1, *_known(point.reset for point in found)])
    upper, lower = _Lane(TOP, UPPER, most), _Lane(TOP + UPPER + GAP, LOWER, longest)
    parts = [
        *_time(scale, first, last),
        *_frame(upper, f"requests left, of {most}"),
        *_frame(lower, "seconds to the reset"),
        _line([(point.at, point.limit) for point in found], scale, upper, "limit"),
        _area([(point.at, point.remaining) for point in found], scale, upper),
        _line([(point.at, point.remaining) for point in found], scale, upper, "left"),
        _line([(point.at, point.reset) for point in found], scale, lower, "reset"),
        *_marks(found, scale),
    ]
    label = f"Rate limit of {name}: {timeline_sentence(found)}"
    return tag(
        "svg", parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label, class_="plot"
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    last: float

    def x(self, at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - self.first) / (self.last - self.first)


@dataclass(frozen=True, slots=True)
class _Lane:
    top: int
    height: int
    most: int

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - value / self.most)


def _text(content: str, x: float, y: float, anchor: str = "end", class_: str = "") -> Html:
    return tag(
        "text", content, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=class_ or None
    )


def _rule(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    return tag(
        "line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=class_
    )


def _frame(lane: _Lane, title: str) -> Iterator[Html]:
    yield _text(title, LEFT, lane.top - 9, "start", "lane")
    for value in sorted({0, lane.most // 2, lane.most}):
        yield _rule(LEFT, lane.y(value), WIDTH - RIGHT, lane.y(value), "grid")
        yield _text(str(value), LEFT - 8, lane.y(value) + 4)


def _time(scale: _Scale, first: float, last: float) -> Iterator[Html]:
    step = next((step for step in STEPS if (last - first) / step <= 10), (last - first) / 10)
    bottom = TOP + UPPER + GAP + LOWER
    for number in range(math.ceil(first / step), math.floor(last / step) + 1):
        yield _rule(scale.x(number * step), TOP, scale.x(number * step), bottom, "grid")
        yield _text(_clock(number * step), scale.x(number * step), bottom + 18, "middle")


def _clock(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.3g} min"


# --- lines -------------------------------------------------------------------------------------


def _thinned(values: Sequence[tuple[float, int | None]], scale: _Scale) -> list[tuple[float, int]]:
    """Return the points that can be seen.

    They are of each column the first, the lowest, the highest and the last.
    """
    columns: dict[int, list[tuple[float, int]]] = {}
    for at, value in values:
        if value is not None:
            columns.setdefault(int(scale.x(at) * BUCKETS / WIDTH), []).append((at, value))
    kept: list[tuple[float, int]] = []
    for column in columns.values():
        by_value = sorted(column, key=lambda point: point[1])
        kept += sorted({column[0], by_value[0], by_value[-1], column[-1]})
    return kept


def _steps(values: Sequence[tuple[float, int | None]], scale: _Scale, lane: _Lane) -> str:
    """Return a path that keeps each value until the next one came."""
    parts: list[str] = []
    for at, value in _thinned(values, scale):
        x, y = f"{scale.x(at):.1f}".removesuffix(".0"), f"{lane.y(value):.1f}".removesuffix(".0")
        parts.append(f"H{x}V{y}" if parts else f"M{x} {y}")
    return "".join(parts)


def _line(
    values: Sequence[tuple[float, int | None]], scale: _Scale, lane: _Lane, class_: str
) -> Html:
    path = _steps(values, scale, lane)
    return tag("path", d=path, class_=class_) if path else Html("")


def _area(values: Sequence[tuple[float, int | None]], scale: _Scale, lane: _Lane) -> Html:
    path = _steps(values, scale, lane)
    if not path:
        return Html("")
    floor, begun = lane.y(0), path[1:].partition(" ")[0]
    return tag("path", d=f"{path}V{floor:g}H{begun}Z", class_="area")


def _marks(found: Sequence[Point], scale: _Scale) -> Iterator[Html]:
    """Yield a mark at each 429, one for those that fall on the same place."""
    columns: dict[int, list[Point]] = {}
    for point in found:
        if point.throttled:
            columns.setdefault(round(scale.x(point.at) / 4), []).append(point)
    for together in columns.values():
        x = scale.x(together[0].at)
        title = f"{len(together)} × 429 at {_clock(round(together[0].at, 1))}"
        shape = f"M{x:.1f} {TOP + UPPER - 13}l5 9h-10z"
        yield tag("g", tag("title", title), tag("path", d=shape), class_="throttled")


def timeline_legend() -> Html:
    """Return what the lines are called."""
    names = (("limit", "Limit"), ("left", "Remaining"), ("reset", "Reset"), ("throttled", "429"))
    return tag(
        "p",
        html([tag("span", told, class_=f"key {name}") for name, told in names]),
        class_="legend",
        aria_hidden="true",
    )
