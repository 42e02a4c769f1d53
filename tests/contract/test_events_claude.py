"""Where functions ask Claude: deferred mails, wishes and summaries of plans."""

import json
from datetime import timedelta

from assistant.domain.triage.decision import DecidedBy
from tests.contract.recorded import PLAN_ID, body_of, http, run
from tests.fakes.plans import greedy_record
from tests.fakes.wired import Wired


def test_a_deferred_mail_is_decided_by_a_batch(wired: Wired) -> None:
    answer = body_of("triage_email.deferred")
    assert answer["deferred"] == ["email2"]
    assert run("schedule/submit_claude_batches") == {"submitted": 1, "left": 0}
    wired.batches.finished |= set(wired.batches.submitted)
    collected = run("schedule/collect_claude_batches")
    assert collected == {"closed": 1, "decided": 1, "kept": 0, "put_back": 0, "failed": 0}
    decision = wired.decisions.find("user123", "email2")
    assert decision is not None
    assert decision.decided_by is DecidedBy.CLAUDE


BREATHE = {"understood": True, "language": "en", "meeting_buffer_minutes": 10}


def test_a_wish_no_rule_understands_reaches_claude_through_the_function_that_has_it(wired: Wired) -> None:
    wired.llm.answers = lambda _: BREATHE
    answer = body_of("optimize_calendar.odd_wish")
    assert [(one["said_back"], one["understood_by"]) for one in answer["understood"]] == [
        ("No meetings on Fridays in the afternoon.", "rules"),
        ("10 minutes between meetings.", "claude"),
    ]
    assert (answer["constraints"]["meeting_buffer_minutes"], answer["degraded"]) == (10, [])
    ((reservation, _),) = wired.spending.settled
    assert reservation.user_id == "user123"
    # The plan waits four seconds, of which the booking takes a half and the hearing a quarter.
    assert wired.llm.seconds == [3.25]


def test_the_function_that_understands_wishes_answers_a_direct_invocation(wired: Wired) -> None:
    wired.llm.answers = lambda _: BREATHE
    found = run("direct/understand_wishes")
    assert [wish["understood_by"] for wish in found["understood"]] == ["claude"]


def test_nothing_is_paid_that_nobody_waits_for(wired: Wired) -> None:
    wired.clock.advance(timedelta(days=100 * 366).total_seconds())
    found = run("direct/understand_wishes")
    assert (found["degraded"], len(found["not_understood"]), wired.llm.asked) == (["claude"], 1, [])


def test_a_summary_is_claudes_and_paid_once(wired: Wired) -> None:
    wired.plans.save(greedy_record(PLAN_ID, wired.clock.now()))
    first, again = http("summarize_plan.german"), http("summarize_plan.german")
    assert first["body"] == again["body"]
    answer = json.loads(first["body"])
    assert (answer["language"], answer["decided_by"], answer["degraded"]) == ("de", "claude", [])
    assert len(wired.llm.asked) == 1


def test_a_summary_is_the_cores_without_a_key(wired: Wired) -> None:
    wired.llm.has_key = False
    wired.plans.save(greedy_record(PLAN_ID, wired.clock.now()))
    answer = body_of("summarize_plan")
    assert (answer["language"], answer["decided_by"]) == ("en", "core")
    assert answer["text"].startswith("The plan for Monday 20 January to Friday 24 January changes 6 events.")


def test_a_colleagues_private_title_stays_private() -> None:
    body = http("optimize_team")["body"]
    assert "Roadmap" in body
    assert "Job interview" not in body
