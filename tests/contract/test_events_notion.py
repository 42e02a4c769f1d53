"""Tasks and pages in Notion, from its notifications and the schedule to the queue and back."""

import json
from http import HTTPStatus

from assistant.domain.notes.merging import kept_id
from tests.contract.recorded import NOTION_SECRET, body_of, deliver, execute_everything, http, invoke, recorded, run
from tests.fakes.accounts import NOTION
from tests.fakes.notes import Row
from tests.fakes.wired import Wired


def test_a_task_in_notion_is_kept_ranked_and_done_there(wired: Wired) -> None:
    wired.connections.replace(NOTION, expected_version=0)
    page_id = wired.notes.add_task(Row("Send the report", due="2025-01-17"))
    assert http("manage_task_sources.choose")["statusCode"] == HTTPStatus.OK
    assert run("schedule/reconcile_notion") == {"queued": 1}
    assert len(wired.work.jobs) == 2
    deliver("sync_notion", wired.work.jobs)
    assert run("sqs/sync_notion") == {"batchItemFailures": []}
    ranked = body_of("prioritize_tasks.kept")["prioritized_tasks"]
    assert kept_id(page_id) in [task["task_id"] for task in ranked]
    event = recorded("http/manage_tasks.complete")
    event["rawPath"] = f"/api/v1/tasks/{kept_id(page_id)}"
    event["headers"].pop("if-match", None)
    changed = invoke("manage_tasks", event)
    assert json.loads(changed["body"])["status"] == "done"
    deliver("sync_notion", wired.work.jobs[:1])
    execute_everything(wired)
    assert wired.notes.row(page_id).status == "Done"


def test_a_webhook_of_notion_is_set_up_and_its_notifications_are_worked_on(wired: Wired) -> None:
    wired.connections.replace(NOTION, expected_version=0)
    wired.notes.add_page("Q4 plan", "Ship in March.")
    assert invoke("receive_notion_event", {})["pending_until"]
    event = recorded("http/receive_notion_event.unasked_secret")
    asked = event | {"body": json.dumps({"verification_token": NOTION_SECRET})}
    assert invoke("receive_notion_event", asked)["statusCode"] == HTTPStatus.OK
    assert invoke("receive_notion_event", {})["verification_token"] == NOTION_SECRET
    assert http("receive_notion_event")["statusCode"] == HTTPStatus.OK
    assert len(wired.work.jobs) == 1
    deliver("sync_notion", wired.work.jobs)
    assert [page.text for page in wired.pages.of_user("user123", limit=10)] == ["Ship in March."]


def test_work_on_notion_returns_to_the_queue_while_it_is_down(wired: Wired) -> None:
    wired.connections.replace(NOTION, expected_version=0)
    wired.notes.outage.down = True
    (failure,) = run("sqs/sync_notion")["batchItemFailures"]
    assert failure["itemIdentifier"]
