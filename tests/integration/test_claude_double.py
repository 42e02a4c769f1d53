"""make run CLAUDE=double: what the core is not sure of is decided by a Claude, priced, and counted."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.assistant_process import Assistant, eventually
from tests.integration.test_api import TRIAGE

UNSURE = {
    "from": "Maria Lopez <maria@partner.example>",
    "to": ["user123@company.example"],
    "subject": "second option",
    "body": "Hi,\n\nI had a look at the second option over the weekend and I think it holds up. Tom is less convinced. "
    "Perhaps we should talk before Thursday.\n\nMaria",
    "received_at": "2026-11-20T10:00:00Z",
}
BATCH_SECONDS = 30


def triaged(assistant: Assistant, email_id: str, **options: object) -> dict[str, Any]:
    document = {"user_id": "user123", "emails": [{**UNSURE, "id": email_id}], **options}
    answer = assistant.request("POST", TRIAGE, document, token=assistant.token())
    assert answer.status == 200, answer.body
    return dict(answer.json())


def usage(assistant: Assistant) -> dict[str, Any]:
    answer = assistant.request("GET", "/api/v1/users/user123/usage", token=assistant.token())
    assert answer.status == 200, answer.body
    return dict(answer.json())


def run(assistant: Assistant, function: str) -> None:
    done = assistant.command("invoke", function, f"events/schedule/{function}.json")
    assert done.returncode == 0, done.stderr


def test_ranked_tasks_are_looked_over(small_assistant: Assistant) -> None:
    task = {"id": "memo", "title": "Write the board memo", "estimated_time": "1h30", "due_date": "2030-05-06"}
    document = {"user_id": "user123", "tasks": [task]}
    token = small_assistant.token()
    answer = small_assistant.request("POST", "/api/v1/tasks/prioritize", document, token=token).json()
    assert (answer["decided_by"], answer["degraded"]) == ("claude", [])
    assert answer["recommendations"] == [
        "Begin with “Write the board memo”: 1 h 30 min. It is due Mon 6 May 2030, 17:00."
    ]


def test_health_reaches_the_double(small_assistant: Assistant) -> None:
    found = small_assistant.request("GET", "/health").json()["dependencies"]["claude"]
    assert found["status"] == "healthy"


def test_a_mail_the_core_is_not_sure_of_is_decided_by_claude_and_billed(small_assistant: Assistant) -> None:
    before = usage(small_assistant)["total"]["calls"]
    answer = triaged(small_assistant, "unsure")
    (decision,) = answer["triaged_emails"]
    found = usage(small_assistant)

    assert answer["degraded"] == []
    assert (decision["decided_by"], decision["needs_review"]) == ("claude", False)
    assert all(evidence["quote"] in f"{UNSURE['subject']} {UNSURE['body']}" for evidence in decision["evidence"])
    assert found["total"]["calls"] > before
    assert "triage" in [one["task"] for one in found["days"][-1]["usage"]]
    assert found["today"]["spent_dollars"] == found["days"][-1]["dollars"] > "0.000000000"
    assert found["today"]["left_dollars"] < found["today"]["cap_dollars"] == "0.500000000"


def test_a_wish_no_rule_understands_is_put_to_claude_while_the_week_is_planned(small_assistant: Assistant) -> None:
    document = {
        "user_id": "user123",
        "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-21"},
        "wishes": ["no meetings on Tuesday", "let me breathe ten minutes after each call", "sprinkle some magic"],
    }

    def planned() -> dict[str, Any] | None:
        answer = small_assistant.request("POST", "/api/v1/calendar/optimize", document, token=small_assistant.token())
        assert answer.status == 200, answer.body
        found = dict(answer.json())
        # A function that starts cold may come too late for the first plan.
        assert found["degraded"] in ([], ["claude"])
        return None if found["degraded"] else found

    found = eventually(planned, 60)
    assert found
    assert [wish["understood_by"] for wish in found["understood"]] == ["rules", "claude"]
    assert found["constraints"]["meeting_buffer_minutes"] == 10
    assert found["not_understood"] == ["sprinkle some magic"]
    assert "calendar" in [one["task"] for one in usage(small_assistant)["days"][-1]["usage"]]


def test_a_plan_is_put_into_words_by_claude_and_kept(small_assistant: Assistant) -> None:
    token = small_assistant.token()
    document = {"user_id": "user123", "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-21"}}
    made = small_assistant.request("POST", "/api/v1/calendar/optimize", document, token=token)
    address = f"/api/v1/calendar/plans/{made.json()['plan_id']}/summary"

    first = small_assistant.request("GET", f"{address}?language=es", token=token)
    spent = usage(small_assistant)["total"]["calls"]
    again = small_assistant.request("GET", f"{address}?language=es", token=token)
    unknown = small_assistant.request("GET", "/api/v1/calendar/plans/none/summary", token=token)

    assert (first.status, again.status, unknown.status) == (200, 200, 404), first.body
    assert (first.json()["decided_by"], first.json()["language"]) == ("claude", "es")
    assert "lunes 20 de enero" in first.json()["text"]
    assert again.json() == first.json()
    assert usage(small_assistant)["total"]["calls"] == spent


def test_tokens_and_dollars_reach_the_metrics(small_assistant: Assistant) -> None:
    triaged(small_assistant, "measured")
    token = small_assistant.token()

    def counted() -> dict[str, float]:
        text = small_assistant.request("GET", "/metrics", token=token).body.decode()
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return {sample.name: sample.value for sample in samples if "claude" in sample.name}

    found = eventually(counted, 60)
    assert found["exec_assistant_claude_tokens_total"] > 0
    assert 0 < found["exec_assistant_claude_cost_dollars_total"] < 0.01


def test_a_deferred_mail_is_decided_by_a_message_batch(small_assistant: Assistant) -> None:
    answer = triaged(small_assistant, "later", deferred=True)
    token = small_assistant.token()

    def shown() -> dict[str, Any]:
        return dict(small_assistant.request("GET", "/api/v1/email/later/decision", token=token).json())

    def collected() -> dict[str, Any] | None:
        run(small_assistant, "collect_claude_batches")
        return found if (found := shown())["state"] == "final" else None

    assert answer["deferred"] == ["later"]
    assert shown()["state"] == "deferred"
    run(small_assistant, "submit_claude_batches")
    decided = eventually(collected, BATCH_SECONDS)
    assert decided
    assert decided["decided_by"] == "claude"
