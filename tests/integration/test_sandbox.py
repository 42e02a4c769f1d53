"""The sandbox as a newcomer meets it: make run SANDBOX=1, make arrive, Ctrl-C."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra.local.layout import SandboxPorts, is_listening
from infra.local.sandbox.accounts import Mailbox, Workspace
from infra.local.sandbox.asking import ask
from infra.local.sandbox.seeds import ADDRESS, SIGNING_SECRET, SLACK_TOKEN, ZONE, events, mime
from infra.local.users import demo_token
from tests.fakes.slack_requests import signed, written
from tests.integration.assistant_process import Assistant, eventually

logger = logging.getLogger(__name__)

# Far beyond what it takes: how long it takes is printed, not judged.
WITHIN = "60"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    started = Assistant("small", tmp_path_factory.mktemp("sandbox"), settings={"SANDBOX": "1"})
    try:
        started.start()
        yield started
    finally:
        if started.process and started.process.poll() is None:
            started.stop()


@pytest.fixture(scope="module")
def ports(sandbox: Assistant) -> SandboxPorts:
    return SandboxPorts(**sandbox.running["sandbox"])


def arrive(sandbox: Assistant, mail: str, **words: str) -> list[str]:
    """Return what became of a mail, step by step, without the seconds."""
    done = sandbox.command("sandbox.arrive", mail, WITHIN=WITHIN, **words)
    assert done.returncode == 0, done.stderr
    logger.info("seconds from the arrival of %s:\n%s", mail, done.stdout)
    return [re.sub(r"^ *\d+\.\d\d s +", "", line) for line in done.stdout.splitlines()]


def asked(sandbox: Assistant, path: str) -> Any:
    token = demo_token(sandbox.aws, Path(sandbox.running["state"]))
    answer = sandbox.request("GET", f"/api/v1/users/user123/{path}", token=token)
    assert answer.status == 200, answer.body
    return answer.json()


def test_accounts_are_connected_and_the_mailbox_is_labelled(sandbox: Assistant, ports: SandboxPorts) -> None:
    connected = asked(sandbox, "connections")["connections"]
    assert [(one["provider"], one["status"]) for one in connected] == [("google", "active"), ("slack", "active")]
    mailbox = Mailbox(ports.google_url)
    labelled = mailbox.labelled()
    assert min(len(labelled[label]) for label in ("EA/Urgent", "EA/Important", "EA/Routine", "EA/Archive")) >= 1
    each = [one for some in labelled.values() for one in some]
    assert len(each) >= 36
    assert sorted(each) == sorted(mailbox.all())
    # The others were there before the account was.
    told = asked(sandbox, "notifications")["notifications"]
    assert [one["title"] for one in told] == ["Urgent: who has the keys to the Lyon warehouse?"]


def test_an_urgent_mail_ends_as_a_decision_a_label_and_a_message(sandbox: Assistant, ports: SandboxPorts) -> None:
    seen = dict(line.split(maxsplit=1) for line in arrive(sandbox, "urgent"))
    assert seen["decision"].startswith("urgent_action")
    assert seen["label"] == "EA/Urgent"
    assert seen["message"].startswith("in Slack: Urgent: the bank needs your signature by 16:00 today")
    message = Workspace(ports.slack_url).messages()[0]
    assert message["blocks"][0]["text"]["text"] == "Urgent: the bank needs your signature by 16:00 today"


def test_words_of_ones_own_arrive_as_they_are_written(sandbox: Assistant, ports: SandboxPorts) -> None:
    subject = "Urgent: <!channel> please sign by 5 pm today & call *me*"
    before = len(Workspace(ports.slack_url).messages())
    seen = arrive(sandbox, "urgent", SUBJECT=subject, BODY="Please sign the contract by 5 pm today.")
    assert any(line.startswith("message") and subject in line for line in seen), seen
    messages = Workspace(ports.slack_url).messages()
    assert len(messages) == before + 1
    # Nothing in it is a mention: Slack reads <!channel> in neither.
    assert messages[0]["blocks"][0]["text"] == {"type": "plain_text", "text": subject, "emoji": False}
    assert "<!channel>" not in messages[0]["text"]


def test_a_later_mail_of_a_thread_changes_the_message_in_its_place(ports: SandboxPorts) -> None:
    mailbox, workspace = Mailbox(ports.google_url), Workspace(ports.slack_url)
    mail = {"from": "Kwame Boateng <kwame@northwind.example>", "body": "Please answer by 5 pm today. It cannot wait."}

    def is_last(subject: str) -> bool:
        return bool(workspace.messages()[0]["blocks"][0]["text"]["text"] == subject)

    for number, subject in enumerate(("Urgent: the lift is stuck", "Re: Urgent: the lift is stuck, two people in it")):
        at = datetime.now(UTC)
        mailbox.receive(mime(mail | {"subject": subject}, f"lift{number}", at, thread="lift0"))
        eventually(partial(is_last, subject))
    assert sum("the lift is stuck" in one["text"] for one in workspace.messages()) == 1


def test_what_ada_says_in_slack_is_answered_there(sandbox: Assistant, ports: SandboxPorts) -> None:
    workspace, now = Workspace(ports.slack_url), datetime.now(UTC)
    ada = ask("POST", f"{ports.slack_url}/api/auth.test", token=SLACK_TOKEN, form={}).json()
    said = json.loads(written("waiting", event_id="Ev-ada", user=ada["user_id"], ts=f"{now.timestamp():.6f}"))
    sent = signed(json.dumps(said | {"team_id": ada["team_id"]}).encode(), now, SIGNING_SECRET)
    headers = {"X-Slack-Request-Timestamp": sent.timestamp, "X-Slack-Signature": sent.signature}
    before = len(workspace.messages())
    assert sandbox.request("POST", "/api/v1/webhooks/slack/events", headers=headers, body=sent.body).status == 200
    eventually(lambda: len(workspace.messages()) > before)


def test_a_lure_is_labelled_and_nobody_is_told(sandbox: Assistant, ports: SandboxPorts) -> None:
    before = len(Workspace(ports.slack_url).messages())
    seen = arrive(sandbox, "phishing")
    assert sorted(seen)[1:] == ["label     EA/Archive", "message   none: it is only to be archived"]
    assert len(Workspace(ports.slack_url).messages()) == before


def test_a_mail_there_is_none_of_is_said_in_one_line(sandbox: Assistant) -> None:
    done = sandbox.command("sandbox.arrive", "parcel")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("MAIL is 'parcel': it is one of board, calendar,")


def test_a_push_that_is_not_signed_is_refused(sandbox: Assistant) -> None:
    answer = sandbox.request("POST", "/api/v1/webhooks/gmail", {"message": {}})
    assert answer.status == 401


def test_the_calendar_is_that_of_this_week_and_the_next(ports: SandboxPorts) -> None:
    span = "timeMin=2020-01-01T00:00:00Z&timeMax=2100-01-01T00:00:00Z"
    url = f"{ports.calendar_url}/calendar/v3/calendars/primary/events?singleEvents=true&maxResults=250&{span}"
    listed = json.loads(ask("GET", url, token="any").data)["items"]
    assert len(listed) >= 36
    days = {datetime.fromisoformat(one["start"].get("dateTime") or one["start"]["date"]).date() for one in listed}
    assert (max(days) - min(days)).days <= 13


def meetings(sandbox: Assistant) -> dict[str, datetime]:
    """Return when kept meetings begin, by title; the last of several with the same."""
    token = demo_token(sandbox.aws, Path(sandbox.running["state"]))
    listed = sandbox.request("GET", "/api/v1/meetings?limit=100", token=token).json()["meetings"]
    return {one["meeting_title"]: datetime.fromisoformat(one["begins_at"]) for one in listed}


def test_a_meeting_of_the_calendar_is_kept_and_moves_with_it(sandbox: Assistant, ports: SandboxPorts) -> None:
    eventually(lambda: "Board meeting" in meetings(sandbox))
    (event_id,) = (one for one, event in events(datetime.now(ZONE).date()) if event["summary"] == "Board meeting")
    moved = meetings(sandbox)["Board meeting"] + timedelta(hours=1)
    patch = {
        "start": {"dateTime": moved.isoformat(), "timeZone": ZONE.key},
        "end": {"dateTime": (moved + timedelta(hours=3)).isoformat(), "timeZone": ZONE.key},
    }
    url = f"{ports.calendar_url}/calendar/v3/calendars/primary/events/{event_id}?sendUpdates=all"
    assert ask("PATCH", url, token="any", json=patch).status == 200
    # Google calls back, and the calendar is read.
    eventually(lambda: meetings(sandbox)["Board meeting"] == moved)


def test_the_connected_calendar_is_planned(sandbox: Assistant) -> None:
    today = datetime.now(ZONE).date()
    days = {"start_date": f"{today - timedelta(days=6)}", "end_date": f"{today + timedelta(days=13)}"}
    wanted = {"user_id": "user123", "date_range": days}
    token = demo_token(sandbox.aws, Path(sandbox.running["state"]))
    (read,) = sandbox.request("POST", "/api/v1/calendar/optimize", wanted, token=token).json()["calendars"]
    assert (read["account"], read["complete"]) == (ADDRESS, True)
    assert read["events"] >= 36


def test_it_stops_with_all_that_it_started(sandbox: Assistant, ports: SandboxPorts) -> None:
    assert sandbox.stop() == 0
    assert not any(is_listening(port) for port in asdict(ports).values())
    done = sandbox.command("sandbox.arrive", "urgent")
    assert (done.returncode, done.stderr) == (1, "the assistant is not running: start it with make run\n")
