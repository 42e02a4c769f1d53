"""The picture of a week is safe to open, complete, and stands where the user's clock shows."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.defaults import completed
from assistant.domain.calendar.greedy import greedy_plan
from assistant.domain.calendar.objective import do_nothing
from assistant.domain.calendar.picture import week_svg
from assistant.domain.calendar.picture_style import CONTENT_SECURITY_POLICY
from assistant.domain.calendar.plan import EMPTY_PLAN, Merge, Plan
from assistant.domain.calendar.problem import Interval, Problem
from assistant.domain.calendar.reading import read_problem
from assistant.domain.calendar.request import CalendarEvent, Constraints, DateRange
from assistant.domain.preferences import Preferences
from tests.fakes.weeks import busy_week

SVG = "{http://www.w3.org/2000/svg}"


def drawn(problem: Problem, after: Plan, before: Plan = EMPTY_PLAN) -> ET.Element:
    return ET.fromstring(week_svg(problem, before=before, after=after))


def looks(svg: ET.Element, element: str = "rect") -> list[str]:
    return [one.get("class", "") for one in svg.iter(f"{SVG}{element}")]


def hints(svg: ET.Element) -> list[str]:
    return [title.text or "" for group in svg.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")]


def single(event: dict[str, object], day: date, zone: str) -> Problem:
    return read_problem(
        [CalendarEvent.model_validate({"event_id": "one", **event})],
        date_range=DateRange(start_date=day, end_date=day),
        zone=ZoneInfo(zone),
        constraints=completed(Constraints(), Preferences()),
    )


def test_every_event_is_on_both_sides_and_each_change_leaves_a_ghost() -> None:
    problem = busy_week()
    plan = greedy_plan(problem)
    svg = drawn(problem, plan, do_nothing(problem))
    stays = [event for event in problem.events if event.id not in plan.declined]
    said = hints(svg)
    for event in stays:
        assert sum(hint.startswith(event.title) for hint in said) >= 2
    legend = 1
    assert looks(svg).count("ghost") == len(plan.moved) + len(plan.declined) + legend
    assert looks(svg).count("meeting changed") == len(plan.moved) + legend
    assert looks(svg).count("focus") == len(plan.focus) + len(do_nothing(problem).focus) + legend
    assert looks(svg).count("task") == sum(map(len, plan.tasks.values())) + legend
    assert looks(svg).count("conflict") == 3 + legend


def test_what_is_seen_is_also_said() -> None:
    problem = busy_week()
    plan = greedy_plan(problem)
    svg = drawn(problem, plan, do_nothing(problem))
    assert svg.get("role") == "img"
    description = svg.findtext(f"{SVG}desc") or ""
    assert description.startswith("Before: 3 conflicts, 11 h of focus time. After: 0 conflicts, ")
    assert "Moved: Vendor call to Thursday 23 January" in description
    assert "Declined: Status update." in description


def test_a_shortened_and_two_merged_meetings_leave_ghosts() -> None:
    problem = busy_week()
    first, second, cut = problem.events[1], problem.events[2], problem.events[4]
    short = replace(cut, shortened=30)
    problem = replace(problem, events=tuple(short if event is cut else event for event in problem.events))
    plan = Plan(
        shortened=frozenset({cut.id}), merged=(Merge(first.id, second.id, Interval(first.start, first.start + 120)),)
    )
    svg = drawn(problem, plan)
    assert looks(svg).count("ghost") == 3 + 1
    assert "Merged: Board preparation, Vendor call." in (svg.findtext(f"{SVG}desc") or "")


@given(st.text(max_size=400))
def test_any_title_is_text_and_nothing_else(title: str) -> None:
    problem = busy_week()
    problem = replace(problem, events=tuple(replace(event, title=title) for event in problem.events))
    svg = drawn(problem, greedy_plan(problem))
    names = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert names <= {"svg", "title", "desc", "style", "defs", "pattern", "line", "circle", "rect", "text", "tspan", "g"}
    assert not any("href" in name or name.startswith("on") for element in svg.iter() for name in element.attrib)


def test_it_loads_nothing_and_its_style_is_the_one_the_policy_allows() -> None:
    text = week_svg(busy_week(), after=EMPTY_PLAN)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    style = ET.fromstring(text).findtext(f"{SVG}style") or ""
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in CONTENT_SECURITY_POLICY
    assert not re.search(r'\sstyle="', text)


def test_two_weeks_stand_below_each_other_and_empty_weekends_are_left_out() -> None:
    svg = drawn(busy_week(last=date(2025, 2, 2)), EMPTY_PLAN)
    texts = ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]
    assert sum(text.startswith("Before") for text in texts) == 2
    assert [text for text in texts if text.startswith(("Sat", "Sun"))] == []
    assert texts.count("Out of office") == 2


def test_a_weekend_with_an_event_is_shown() -> None:
    problem = single(
        {"title": "Gala", "start": "2025-01-25T19:00", "end": "2025-01-25T22:00"}, date(2025, 1, 25), "UTC"
    )
    svg = drawn(problem, EMPTY_PLAN)
    texts = ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]
    assert texts.count("Sat 25 Jan") == 2
    assert texts.count("Day off") == 2
    assert "22:00" in texts


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("Europe/Berlin", date(2025, 3, 30), "01:30", "04:30"),
        ("Europe/Berlin", date(2025, 10, 26), "01:30", "04:30"),
        ("Asia/Kathmandu", date(2025, 1, 20), "01:30", "04:30"),
    ],
)
def test_an_event_stands_where_the_clock_shows(zone: str, day: date, start: str, end: str) -> None:
    problem = single({"title": "Night", "start": f"{day}T{start}", "end": f"{day}T{end}"}, day, zone)
    svg = drawn(problem, EMPTY_PLAN)
    rectangle = next(rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "own")
    assert float(rectangle.get("height", 0)) == pytest.approx(3 * 48)
    assert f"Night {start}–{end}" in hints(svg)


def test_long_and_wide_titles_are_shortened_to_their_column() -> None:
    problem = busy_week()
    for title in ("x" * 300, "会議" * 60):
        named = replace(problem, events=tuple(replace(event, title=title) for event in problem.events))
        svg = drawn(named, EMPTY_PLAN)
        written = [text.text or "" for text in svg.iter(f"{SVG}text") if (text.text or "").startswith(title[0])]
        assert written
        assert all(text.endswith("…") and len(text) < 20 for text in written)
        assert all(len(hint) < 140 for hint in hints(svg))


@pytest.mark.parametrize(
    ("stands", "look"),
    [("10:00", "covered"), ("10:15", "covered"), ("09:30", "covered"), ("10:30", "gone"), ("12:00", "gone")],
)
def test_the_title_of_what_is_gone_never_lies_under_another(stands: str, look: str) -> None:
    day = date(2025, 1, 20)
    problem = read_problem(
        [
            CalendarEvent.model_validate(
                {"event_id": name, "title": name, "start": f"2025-01-20T{start}Z", "end": f"2025-01-20T{end}Z", **more}
            )
            for name, start, end, more in (
                ("moves", "10:00", "11:00", {"flexibility": "same_day"}),
                ("stays", stands, "12:30", {}),
            )
        ],
        date_range=DateRange(start_date=day, end_date=day),
        zone=ZoneInfo("UTC"),
        constraints=completed(Constraints(), Preferences()),
    )
    later = next(event.start for event in problem.events if event.id == "moves") + 240
    svg = drawn(problem, Plan(moved={"moves": Interval(later, later + 60)}))

    assert [one for one in looks(svg, "text") if one in {"gone", "covered"}] == [look]
    # Behind what stands there now.
    rectangles = [one for one in looks(svg) if one in {"ghost", "own", "own changed"}]
    assert rectangles.index("ghost") < rectangles.index("own changed")


def test_the_figures_of_all_weeks_are_given_once() -> None:
    svg = drawn(busy_week(last=date(2025, 2, 2)), EMPTY_PLAN)

    assert looks(svg, "tspan") == ["figures", "figures"]


def test_headings_and_legend_of_a_single_day_are_not_cut() -> None:
    svg = drawn(busy_week(last=date(2025, 1, 20)), EMPTY_PLAN)
    width = float(svg.get("width", "0"))
    *_, last = (text for text in svg.iter(f"{SVG}text") if text.get("class") == "legend")
    before, after = (text for text in svg.iter(f"{SVG}text") if text.get("class") == "heading")

    assert float(last.get("x", "")) + 6 * len(last.text or "") < width
    said = 8 * len("Before") + 6 * len("99 conflicts, 10.75 h of focus time")
    assert float(before.get("x", "")) + said < float(after.get("x", "")) < width - said
