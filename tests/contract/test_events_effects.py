"""Effects through their handlers: asked about, done, undone, handed over again."""

import json

from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder
from assistant.domain.notifications import DueKind
from tests.contract.recorded import (
    body_of,
    connected,
    deliver,
    execute_everything,
    http,
    propose,
    recorded,
    run,
)
from tests.fakes.connections import google_connection
from tests.fakes.wired import Wired


def test_an_effect_is_asked_about_approved_and_called_off(wired: Wired) -> None:
    effect_id = propose(wired)
    (listed,) = body_of("manage_effects")["effects"]
    assert (listed["id"], listed["state"], listed["ruling"]) == (
        effect_id,
        "waiting",
        "Sure to 90%; done without asking from 95% on.",
    )
    (told,) = body_of("manage_notifications")["notifications"]
    assert (told["kind"], told["link"]) == ("approval_asked", f"/api/v1/users/user123/effects/{effect_id}")
    assert body_of("manage_effects.approve")["state"] == "queued"
    assert [job.effect_ids for job in wired.effect_queue.jobs] == [(effect_id,)]
    undone = body_of("manage_effects.undo")
    assert (undone["called_off"], undone["undoing"], undone["next_cursor"]) == ([effect_id], [], None)
    assert body_of("manage_effects.show")["state"] == "rejected"
    verified = body_of("manage_effects.verify")
    assert (verified["intact"], verified["last"]) == (True, 3)


def test_a_draft_that_was_asked_for_is_kept_once(wired: Wired) -> None:
    connection = google_connection()
    wired.connections.replace(connection, expected_version=0)
    answers = [http("manage_effects.propose") for _ in range(2)]
    made = json.loads(answers[0]["body"])
    assert {answer["headers"]["Location"] for answer in answers} == {f"/api/v1/users/user123/effects/{made['id']}"}
    execute_everything(wired)
    (draft,) = wired.mailboxes.open(connection).drafts()
    assert (draft.subject, draft.to) == ("Offer", ("ann@company.com",))


def test_an_effect_that_never_reached_its_worker_is_handed_over_again(wired: Wired) -> None:
    propose(wired)
    http("manage_effects.approve")
    deliver("deliver_notifications", wired.due_queue.jobs)
    wired.due_queue.jobs.clear()
    wired.effect_queue.jobs.clear()
    wired.clock.advance(600)
    run("schedule/release_notifications")
    (due,) = (one for one in wired.due_queue.jobs if one.kind is DueKind.EFFECTS)
    deliver("deliver_notifications", [due])
    assert [job.effect_ids for job in wired.effect_queue.jobs] == [due.effect_ids]


def test_an_approved_effect_is_done_once_and_undone(wired: Wired) -> None:
    box = connected(wired)
    message = box.receive(Mail(id="", sender="news@shop.example", subject="Weekly offers"))
    effect_id = propose(wired)
    assert message == "m1"
    http("manage_effects.approve")
    for _ in range(2):
        assert run("sqs/execute_effects") == {"batchItemFailures": []}
    assert box.state(message).folder is Folder.ARCHIVE
    undone = body_of("manage_effects.undo")
    assert undone["undoing"] == [effect_id]
    assert run("sqs/execute_effects.undo") == {"batchItemFailures": []}
    assert box.state(message).folder is Folder.INBOX
    assert body_of("manage_effects.show")["state"] == "undone"
    assert body_of("manage_effects.verify")["intact"]


def test_an_effect_returns_to_the_queue_while_its_provider_is_down(wired: Wired) -> None:
    connected(wired).receive(Mail(id="", sender="news@shop.example"))
    propose(wired)
    http("manage_effects.approve")
    wired.mailbox_outage.down = True
    batch = "sqs/execute_effects.one_malformed"
    ids = [record["messageId"] for record in recorded(batch)["Records"]]
    assert run(batch) == {"batchItemFailures": [{"itemIdentifier": name} for name in ids]}
    wired.mailbox_outage.down = False
    assert run(batch) == {"batchItemFailures": [{"itemIdentifier": ids[1]}]}
    assert body_of("manage_effects.show")["state"] == "done"


def test_every_job_sent_is_one_the_worker_takes(wired: Wired) -> None:
    connected(wired).receive(Mail(id="", sender="news@shop.example"))
    propose(wired)
    http("manage_effects.approve")
    deliver("execute_effects", wired.effect_queue.jobs)
    assert body_of("manage_effects.show")["state"] == "done"
