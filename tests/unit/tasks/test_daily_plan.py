"""Blocks in free working time: what fits is placed rightly, what does not is named with the reason."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.problem import Interval
from assistant.domain.calendar.wall_clock import minute_of
from assistant.domain.tasks.daily_plan import Left
from assistant.domain.tasks.task import Task
from tests.fakes.examples import examples
from tests.unit.tasks.tasks import BERLIN, blocks, meeting, meetings, minute, planned, task, task_lists

MORNING = tuple(
    Interval(minute(f"2025-01-{day}T09:00"), minute(f"2025-01-{day}T11:00")) for day in (15, 16, 17, 20, 21)
)


def left(tasks: list[Task], *events: dict[str, object], **rules: object) -> dict[str, Left]:
    plan, _ = planned(tasks, *events, **rules)  # type: ignore[arg-type]
    return {one.task_id: one.reason for one in plan.left_out}


def test_long_work_is_broken_into_pieces_with_pauses_around_meetings_and_their_buffers() -> None:
    plan, _ = planned(
        [task("memo", "Write the budget memo", estimated_time="5 h", due_date="2025-01-16")],
        meeting("m", "2025-01-15T12:00", "2025-01-15T13:00"),
        buffer=15,
    )
    assert blocks(plan) == [
        ("memo", "15 09:00-11:00"),
        ("memo", "15 11:15-11:45"),
        ("memo", "15 13:15-15:15"),
        ("memo", "15 15:30-16:00"),
    ]
    assert [(block.part, block.parts) for block in plan.blocks] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_deadlines_come_first_even_before_what_matters_more() -> None:
    plan, _ = planned(
        [
            task("strategy", "Write the strategy", due_date="2025-01-21", estimated_time="4 h"),
            task("lunch", "Order lunch", due_date="2025-01-15T11:00", estimated_time="30m"),
        ]
    )
    assert blocks(plan)[0] == ("lunch", "15 09:00-09:30")


def test_what_matters_more_is_kept_where_not_all_fits() -> None:
    tasks = [
        task("contract", "Sign the contract", due_date="2025-01-15T13:00", estimated_time="3 h"),
        task("lunch", "Order lunch", due_date="2025-01-15T12:00", estimated_time="2 h"),
    ]
    plan, _ = planned(tasks)
    assert [name for name, _ in blocks(plan)] == ["contract", "contract"]
    (out,) = plan.left_out
    assert (out.task_id, out.reason) == ("lunch", Left.NO_TIME_BEFORE_DUE)
    assert out.detail == "Needs 2 h by Wed 15 Jan 2025, 12:00; more pressing tasks leave 1 h until then."


def test_dependents_wait_and_go_with_their_blocker() -> None:
    first = task("numbers", "Collect the numbers", estimated_time="1 h")
    board = task("board", "Board report", due_date="2025-01-16", estimated_time="1 h", depends_on=["numbers"])
    plan, _ = planned([board, first])
    assert blocks(plan) == [("numbers", "15 09:00-10:00"), ("board", "15 10:00-11:00")]
    huge = task("numbers", "Collect the numbers", estimated_time="200 h")
    assert left([board, huge]) == {"numbers": Left.NO_TIME, "board": Left.BLOCKED}


def test_important_work_goes_to_the_peak_hours_and_other_work_stays_out() -> None:
    plan, _ = planned(
        [
            task("contract", "Read the contract", due_date="2025-01-16", estimated_time="2 h"),
            task("lunch", "Order lunch", due_date="2025-01-15T17:00", estimated_time="1 h"),
        ],
        peak=MORNING,
    )
    assert blocks(plan) == [("contract", "15 09:00-11:00"), ("lunch", "15 11:00-12:00")]
    assert [block.peak for block in plan.blocks] == [True, False]


def test_what_is_late_is_placed_first_and_says_so() -> None:
    plan, _ = planned([task("old", "Answer the client", due_date="2025-01-14", estimated_time="1 h")])
    assert blocks(plan) == [("old", "15 09:00-10:00")]
    assert plan.blocks[0].late


def test_each_reason_to_be_left_out() -> None:
    assert left([task("desk", "Tidy the desk")]) == {"desk": Left.ELIMINATED}
    lunch = task("lunch", "Order lunch", due_date="2025-01-15")
    assert left([lunch], delegate_to="assistant@company.com") == {"lunch": Left.DELEGATED}
    later = task("later", "Board report", importance=9, start_after="2025-03-01T09:00")
    assert left([later]) == {"later": Left.STARTS_LATER}
    assert left([task("huge", "Board report", estimated_time="100 h")]) == {"huge": Left.NO_TIME}
    whole = task("whole", "Board report", estimated_time="7 h", splittable=False)
    lunches = [meeting(f"m{day}", f"2025-01-{day}T12:00", f"2025-01-{day}T12:30") for day in (15, 16, 17, 20, 21)]
    assert left([whole], *lunches) == {"whole": Left.NO_STRETCH}


def test_a_full_calendar_leaves_everything_out() -> None:
    busy = meeting("m", "2025-01-15T00:00", "2025-02-28T00:00")
    assert left([task("board", "Board report")], busy) == {"board": Left.NO_TIME}


@examples(300)
@given(task_lists(), meetings(), st.booleans(), st.sampled_from([0, 15, 30]))
def test_every_plan_keeps_every_rule(
    tasks: list[Task], events: list[dict[str, object]], peak: bool, buffer: int
) -> None:
    plan, time_left = planned(tasks, *events, buffer=buffer, peak=MORNING if peak else ())
    by_id = {one.id: one for one in tasks}
    done: dict[str, list[Interval]] = {}
    for before, block in zip([None, *plan.blocks], plan.blocks, strict=False):
        assert before is None or before.at.end <= block.at.start
        assert any(gap.start <= block.at.start and block.at.end <= gap.end for gap in time_left.gaps)
        done.setdefault(block.task_id, []).append(block.at)
    out = {one.task_id for one in plan.left_out}
    assert out | done.keys() == by_id.keys()
    assert not out & done.keys()
    for name, pieces in done.items():
        one = by_id[name]
        needs = -(-one.effort.minutes // 15) * 15
        assert sum(piece.minutes for piece in pieces) == needs
        assert len(pieces) == 1 or (one.splittable and all(30 <= piece.minutes <= 120 for piece in pieces))
        for needed in one.depends_on:
            assert needed in done
            assert done[needed][-1].end <= pieces[0].start
        due = minute_of(one.due.at, BERLIN) if one.due else None
        late = [block.late for block in plan.blocks if block.task_id == name]
        assert late == [due is not None and piece.end > due for piece in pieces]


@examples(100)
@given(task_lists(most=6))
def test_with_room_for_all_nothing_is_late_that_need_not_be(tasks: list[Task]) -> None:
    plan, time_left = planned(tasks, days=14)
    work = sum(-(-one.effort.minutes // 15) * 15 for one in tasks)
    for block in plan.blocks:
        one = next(one for one in tasks if one.id == block.task_id)
        assert not block.late or one.due is None or time_left.until(minute_of(one.due.at, BERLIN)) < work
