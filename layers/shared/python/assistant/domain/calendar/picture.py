"""Draws a week before and after a plan as SVG: no scripts, no links, titles as text only.

Times stand where the user's clock shows them. Days without work and without events are left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby, pairwise
from typing import Final, NamedTuple
from unicodedata import east_asian_width

from assistant.domain.calendar.objective import overlapping_pairs
from assistant.domain.calendar.picture_style import PATTERNS, STYLE
from assistant.domain.calendar.plan import EMPTY_PLAN, Plan, placed
from assistant.domain.calendar.problem import Day, Interval, Minute, Problem
from assistant.domain.mail_invisible import strip_invisible

_COLUMN: Final = 98
# Headings and legend want the width of three days.
_LEAST_COLUMNS: Final = 3
_HOUR: Final = 48
_AXIS: Final = 40
_HEADER: Final = 58
_MARGIN: Final = 18
_BETWEEN: Final = 24
_LEGEND: Final = 22
_CHARACTER: Final = 6.0
_LINE: Final = 12
_TWO_LINES: Final = 27
_TIMES: Final = 70
_LOWEST: Final = 11
# Minutes that one line of text takes, and the two of a label.
_TITLE: Final = 18
_LABEL: Final = 33
_INSET: Final = 2
_DAY: Final = 24 * 60
_LONGEST_TITLE: Final = 120
_MOST_DESCRIBED: Final = 20
_KEYS: Final = {
    "meeting": "Meeting",
    "own": "Own time",
    "meeting changed": "Changed",
    "ghost": "Was here",
    "focus": "Focus",
    "task": "Task",
    "conflict": "Conflict",
    "blocked": "No meetings",
}
# XML 1.0 has no way to write these.
_NOT_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE: Final = re.compile(r"\s+")


class Box(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Block:
    """Something that takes time: its look as CSS classes, and its title."""

    at: Interval
    look: str
    title: str
    title_look: str = ""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where in a panel a time of day stands; ``first`` and ``last`` are whole hours."""

    top: float
    first: int
    last: int

    @property
    def height(self) -> float:
        return (self.last - self.first) * _HOUR

    def y(self, minute: int) -> float:
        inside = min(max(minute, self.first * 60), self.last * 60)
        return self.top + (inside / 60 - self.first) * _HOUR


def week_svg(problem: Problem, *, before: Plan = EMPTY_PLAN, after: Plan) -> str:
    """Return the picture of two plans for the same calendar side by side; several weeks below each other."""
    weeks = [list(days) for _, days in groupby(problem.days, key=lambda day: day.date.isocalendar()[:2])]
    panels = [_Panel(problem, "Before", before), _Panel(problem, "After", after)]
    busy = {day.date for panel in panels for day in problem.days if panel.on(day)}
    shown = [[day for day in week if day.working or day.date in busy] for week in weeks]
    shown = [days for days in shown if days] or weeks[:1]
    hours = _hours(problem, [panel.blocks for panel in panels], [day for days in shown for day in days])
    columns = max(_LEAST_COLUMNS, *map(len, shown))
    width = 2 * (_MARGIN + _AXIS) + 2 * _COLUMN * columns + _BETWEEN
    row = _HEADER + (hours[1] - hours[0]) * _HOUR + _BETWEEN
    height = _MARGIN + len(shown) * row + _LEGEND
    drawn = [
        element
        for index, days in enumerate(shown)
        for panel, left in zip(panels, (_MARGIN, width / 2 + _BETWEEN / 2), strict=True)
        for element in panel.drawn(
            days, left + _AXIS, _Scale(_MARGIN + index * row + _HEADER, *hours), with_figures=index == 0
        )
    ]
    title = f"Calendar from {problem.days[0].date:%-d %B %Y} to {problem.days[-1].date:%-d %B %Y}, before and after"
    return "".join(
        (
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="week-title week-description"',
            f' width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">',
            f'<title id="week-title">{escape(title)}</title>',
            f'<desc id="week-description">{escape(_description(problem, after, panels))}</desc>',
            f"<style>{STYLE}</style>{PATTERNS}",
            f'<rect class="paper" width="{width:g}" height="{height:g}"/>',
            *drawn,
            *_legend(_MARGIN + _AXIS, height - _LEGEND),
            "</svg>",
        )
    )


class _Panel:
    """One of the two calendars."""

    def __init__(self, problem: Problem, name: str, plan: Plan) -> None:
        self._problem = problem
        self._calendar = placed(problem, plan)
        self._plan = plan
        self._name = name
        self.blocks = list(_blocks(problem, plan))
        self._ghosts = list(_ghosts(problem, plan))
        tasks = {task.id: task.title for task in problem.tasks}
        self._tasks = [Block(at, "task", tasks[name]) for name, pieces in plan.tasks.items() for at in pieces]

    @property
    def figures(self) -> str:
        """The panel's name with conflicts and protected focus time."""
        conflicts = overlapping_pairs(self._calendar)
        focus = sum(block.minutes for block in self._plan.focus) / 60
        return f"{conflicts} {'conflict' if conflicts == 1 else 'conflicts'}, {focus:.4g} h of focus time"

    @property
    def description(self) -> str:
        """What the panel shows, in words."""
        return f"{self._name}: {self.figures}."

    def on(self, day: Day) -> bool:
        """Whether anything stands on the day."""
        blocks = (*self.blocks, *self._ghosts, *self._tasks)
        return any(block.at.overlaps(day.whole) for block in blocks)

    def drawn(self, days: Sequence[Day], left: float, scale: _Scale, *, with_figures: bool) -> Iterator[str]:
        """Yield the elements of one week; the figures are those of all weeks."""
        top = scale.top - _HEADER + 16
        figures = f'<tspan class="figures" dx="10">{self.figures}</tspan>' if with_figures else ""
        yield f'<text class="heading" x="{left:g}" y="{top:g}">{self._name}{figures}</text>'
        for hour in range(scale.first, scale.last + 1):
            yield f'<text class="hour" x="{left - 6:g}" y="{scale.y(hour * 60) + 3:g}">{hour:02}:00</text>'
        for index, day in enumerate(days):
            yield from self._column(day, left + index * _COLUMN, scale)

    def _column(self, day: Day, left: float, scale: _Scale) -> Iterator[str]:
        yield (f'<text class="weekday" x="{left + _COLUMN / 2:g}" y="{scale.top - 8:g}">{day.date:%a %-d %b}</text>')
        yield from self._background(day, left, scale)
        for at in self._plan.focus:
            if at.overlaps(day.whole):
                yield from _labelled(
                    Block(at, "focus", "Focus", "on-focus"), self._box(at, day, left, scale), self._hint(at)
                )
        yield from self._gone(day, left, scale)
        for block in self._tasks:
            if block.at.overlaps(day.whole):
                yield from _labelled(block, self._box(block.at, day, left, scale), self._hint(block.at))
        events = [block for block in self.blocks if block.at.overlaps(day.whole)]
        for block, lane, lanes in _lanes(events):
            box = self._box(block.at, day, left, scale)
            part = Box(box.x + lane * box.width / lanes, box.y, box.width / lanes - (lane < lanes - 1), box.height)
            yield from _labelled(block, part, self._hint(block.at))
        for at in _overlaps(events):
            yield _rectangle(self._box(at, day, left, scale), "conflict")

    def _gone(self, day: Day, left: float, scale: _Scale) -> Iterator[str]:
        """Yield the ghosts, which what stands there now covers; the title of one that would be cut is hidden."""
        written = [block.at for block in (*self.blocks, *self._tasks)]
        written += [Interval(at.start, at.start + _LABEL) for at in self._plan.focus]
        for ghost in self._ghosts:
            if ghost.at.overlaps(day.whole):
                title = Interval(ghost.at.start, ghost.at.start + _TITLE)
                readable = not any(at.overlaps(title) for at in written)
                written.append(title)
                visible = ghost if readable else replace(ghost, title_look="covered")
                yield from _labelled(visible, self._box(ghost.at, day, left, scale), self._hint(ghost.at))

    def _background(self, day: Day, left: float, scale: _Scale) -> Iterator[str]:
        whole = Box(left, scale.top, _COLUMN, scale.height)
        if day.open:
            work = self._box(day.work, day, left, scale)
            yield _rectangle(Box(left, scale.top, _COLUMN, work.y - scale.top), "off")
            below = work.y + work.height
            yield _rectangle(Box(left, below, _COLUMN, scale.top + scale.height - below), "off")
            for blocked in day.blocked:
                box = self._box(blocked, day, left, scale)
                yield _rectangle(Box(left, box.y, _COLUMN, box.height), "blocked")
        else:
            yield _rectangle(whole, "off")
        if day.out_of_office:
            yield _rectangle(whole, "away")
        for hour in range(scale.first + 1, scale.last):
            y = scale.y(hour * 60)
            yield f'<line class="line" x1="{left:g}" x2="{left + _COLUMN:g}" y1="{y:g}" y2="{y:g}"/>'
        yield _rectangle(whole, "column")
        if not day.open:
            words = "Out of office" if day.out_of_office else "Day off"
            yield f'<text class="part" x="{left + _COLUMN / 2:g}" y="{scale.top + 14:g}">{words}</text>'

    def _box(self, at: Interval, day: Day, left: float, scale: _Scale) -> Box:
        top, bottom = (scale.y(_wall_minute(self._problem, day, minute)) for minute in at)
        return Box(left + _INSET, top, _COLUMN - 2 * _INSET, max(bottom - top, _LOWEST))

    def _hint(self, at: Interval) -> str:
        return f"{self._problem.local(at.start):%H:%M}–{self._problem.local(at.end):%H:%M}"


def _blocks(problem: Problem, plan: Plan) -> Iterator[Block]:
    merged = {merge.first for merge in plan.merged}
    for one in placed(problem, plan):
        event = one.event
        changed = event.id in plan.moved or event.id in plan.shortened or event.id in merged
        look = "meeting" if event.is_meeting else "own"
        yield Block(one.at, f"{look} changed" if changed else look, event.title)


def _ghosts(problem: Problem, plan: Plan) -> Iterator[Block]:
    """Yield the places that the plan leaves empty."""
    elsewhere = {*plan.moved, *(name for merge in plan.merged for name in (merge.first, merge.second))}
    for event in problem.events:
        if event.id in elsewhere:
            yield Block(event.at, "ghost", event.title, "gone")
        elif event.id in plan.declined:
            yield Block(event.at, "ghost", event.title, "gone declined")
        elif event.id in plan.shortened and event.shortened is not None:
            yield Block(Interval(event.start + event.shortened, event.end), "ghost", "", "gone")


def _lanes(events: Sequence[Block]) -> Iterator[tuple[Block, int, int]]:
    """Yield each block with its lane and the number of lanes of its group, so that none covers another."""
    for group in _groups(events):
        ends: list[Minute] = []
        lanes = []
        for block in group:
            lane = next((index for index, end in enumerate(ends) if end <= block.at.start), len(ends))
            ends[lane : lane + 1] = [block.at.end]
            lanes.append(lane)
        yield from ((block, lane, len(ends)) for block, lane in zip(group, lanes, strict=True))


def _groups(events: Iterable[Block]) -> Iterator[list[Block]]:
    group: list[Block] = []
    for block in events:
        if group and block.at.start >= max(one.at.end for one in group):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _overlaps(events: Sequence[Block]) -> Iterator[Interval]:
    """Yield the times at which two or more events stand."""
    edges = sorted({minute for block in events for minute in block.at})
    for start, end in pairwise(edges):
        at = Interval(start, end)
        if sum(block.at.overlaps(at) for block in events) > 1:
            yield at


def _hours(problem: Problem, blocks: Iterable[Iterable[Block]], days: Sequence[Day]) -> tuple[int, int]:
    """Return the first and the last hour to show: the working hours and whatever stands outside of them."""
    times = [at for some in blocks for at in (block.at for block in some)]
    minutes = [_wall_minute(problem, day, minute) for day in days for minute in day.work]
    for day in days:
        for at in times:
            if at.overlaps(day.whole):
                minutes += [_wall_minute(problem, day, at.start), _wall_minute(problem, day, at.end)]
    return min(minutes) // 60, -(-max(minutes) // 60)


def _wall_minute(problem: Problem, day: Day, minute: Minute) -> int:
    """Return what the clock shows, in minutes since midnight, cut to the day."""
    if minute <= day.whole.start:
        return 0
    if minute >= day.whole.end:
        return _DAY
    local = problem.local(minute)
    return local.hour * 60 + local.minute


def _labelled(block: Block, box: Box, times: str) -> Iterator[str]:
    """Yield a rectangle with its title, and its times where there is room; a nested svg clips them."""
    title = _plain(block.title)
    yield f"<g><title>{escape(f'{title} {times}'.strip())}</title>"
    yield _rectangle(box, block.look, round_by=3)
    yield f'<svg x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}">'
    look = f' class="{block.title_look}"' if block.title_look else ""
    yield f'<text{look} x="4" y="{min(_LINE, box.height - 2):g}">{escape(_shortened(title, box.width - 6))}</text>'
    if block.look != "ghost" and box.height >= _TWO_LINES and box.width >= _TIMES:
        yield f'<text{look} x="4" y="{2 * _LINE:g}">{escape(_shortened(times, box.width - 6))}</text>'
    yield "</svg></g>"


def _rectangle(box: Box, look: str, *, round_by: int = 0) -> str:
    corner = f' rx="{round_by}"' if round_by else ""
    place = f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{max(box.height, 0):g}"'
    return f'<rect class="{look}" {place}{corner}/>'


def _plain(title: str) -> str:
    text = _SPACE.sub(" ", _NOT_XML.sub("", strip_invisible(title[: 2 * _LONGEST_TITLE])))
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def _shortened(text: str, width: float) -> str:
    """Return as much of the text as is likely to fit; wide characters count twice."""
    room = int(width / _CHARACTER)
    used = 0
    for index, character in enumerate(text):
        used += 2 if east_asian_width(character) in "WF" else 1
        if used > room:
            return f"{text[: max(index - 1, 0)]}…"
    return text


def _description(problem: Problem, plan: Plan, panels: Iterable[_Panel]) -> str:
    """Return what the picture shows in words: figures, and where each change leads."""
    said = [panel.description for panel in panels]
    events = {event.id: event for event in problem.events}
    moved = sorted((problem.local(at.start), _plain(events[name].title)) for name, at in plan.moved.items())
    said += [f"Moved: {title} to {at:%A %-d %B %H:%M}." for at, title in moved[:_MOST_DESCRIBED]]
    for word, names in (
        ("Declined", plan.declined),
        ("Shortened", plan.shortened),
        ("Merged", [name for merge in plan.merged for name in (merge.first, merge.second)]),
    ):
        titles = sorted(_plain(events[name].title) for name in names)[:_MOST_DESCRIBED]
        said += [f"{word}: {', '.join(titles)}."] if titles else []
    return " ".join(said)


def _legend(left: float, top: float) -> Iterator[str]:
    for look, words in _KEYS.items():
        yield _rectangle(Box(left, top, 14, 10), look, round_by=2)
        yield f'<text class="legend" x="{left + 19:g}" y="{top + 9:g}">{words}</text>'
        left += 19 + len(words) * _CHARACTER + 16
