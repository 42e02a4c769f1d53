"""What a user types: make run, token, deploy-local, invoke, triage; and the state that survives."""

import mailbox
import socket
from email.message import EmailMessage
from pathlib import Path

import pytest

from infra.local.layout import LOOPBACK, free_port
from tests.integration.assistant_process import Assistant, eventually

PREFERENCES = "/api/v1/users/user123/preferences"


def _mbox(path: Path) -> Path:
    box = mailbox.mbox(path)
    for number, (sender, subject, body) in enumerate(
        (
            ("Boss <boss@company.example>", "URGENT: sign the contract by 5pm today", "Please sign it today."),
            ("News <news@letters.example>", "Weekly digest \x1b[31mred\x07", "Ten articles. Unsubscribe here."),
            ("王经理 <wang@company.example>", "周会纪要", "附件是会议纪要。"),
        )
    ):
        message = EmailMessage()
        message["From"], message["To"] = sender, "me@company.example"
        message["Message-ID"] = f"<mail{number}@company.example>"
        message["Date"] = "Mon, 20 Jan 2025 09:00:00 +0000"
        message.set_content(body)
        raw = message.as_bytes()
        box.add(b"Subject: " + subject.encode() + b"\n" + raw)
    box.flush()
    box.close()
    return path


def test_triage_of_a_mailbox_in_two_batches_prints_a_table(small_assistant: Assistant, tmp_path: Path) -> None:
    done = small_assistant.command("triage_mailbox", str(_mbox(tmp_path / "inbox.mbox")))

    assert done.returncode == 0, done.stderr
    head, *rows, summary = done.stdout.splitlines()
    assert head.split() == ["prio", "category", "min", "from", "subject", "why"]
    assert [int(row.split()[0]) for row in rows] == sorted((int(row.split()[0]) for row in rows), reverse=True)
    assert "urgent_action" in rows[0]
    assert "Boss <boss@" in rows[0]
    assert summary.startswith("3 mails in ")
    assert not {character for character in done.stdout if ord(character) < 32} - {"\n"}
    assert done.stderr.splitlines() == ["triaged 2 of 3 mails", "triaged 3 of 3 mails"]


def test_triage_explains_what_is_wrong_in_one_line(assistant: Assistant, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mbox"
    empty.touch()
    text = tmp_path / "notes.txt"
    text.write_text("hello")

    for path in (tmp_path / "missing.mbox", empty, text, tmp_path / "."):
        done = assistant.command("triage_mailbox", str(path))
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stdout == ""


def test_token_prints_only_a_token(assistant: Assistant) -> None:
    done = assistant.command("token")

    (token,) = done.stdout.split()
    assert token.count(".") == 2
    assert done.stderr == ""


def test_token_of_another_user_is_theirs(assistant: Assistant) -> None:
    for _ in range(2):
        token = assistant.command("token", "ann").stdout.strip()
        assert assistant.request("GET", "/api/v1/users/ann/preferences", token=token).status == 200
        assert assistant.request("GET", PREFERENCES, token=token).status == 403


def test_the_password_is_readable_by_its_owner_only(assistant: Assistant) -> None:
    assert (assistant.state / "standard/demo-user.json").stat().st_mode & 0o777 == 0o600


def test_invoke_runs_one_function(assistant: Assistant) -> None:
    done = assistant.command("invoke", "check_health", "events/http/check_health.json")
    unknown = assistant.command("invoke", "no_such_function", "events/http/check_health.json")

    assert done.returncode == 0, done.stderr
    assert '"statusCode": 200' in done.stdout
    assert unknown.returncode == 1
    assert "check_health" in unknown.stderr


def test_deploying_again_changes_nothing(assistant: Assistant) -> None:
    # The first one brings in what someone edited since the tests began.
    assistant.command("deploy")
    done = assistant.command("deploy")

    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stdout


def test_a_second_run_says_that_one_is_running(assistant: Assistant) -> None:
    done = assistant.command("run", PORT=str(free_port()))

    assert done.returncode == 1
    assert "already running" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        done = Assistant("standard", tmp_path, port).command("run")

    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "high"), ("PORT", "70000"), ("PROFILE", "large"), ("CLAUDE", "real")]
)
def test_a_variable_that_makes_no_sense_is_named(tmp_path: Path, variable: str, value: str) -> None:
    done = Assistant("standard", tmp_path).command("run", **{variable: value})

    assert done.returncode == 1
    assert done.stderr.startswith(f"{variable} is {value!r}")
    assert len(done.stderr.splitlines()) == 1


def test_commands_without_a_running_assistant_say_so(tmp_path: Path) -> None:
    done = Assistant("standard", tmp_path).command("token")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "make run" in done.stderr


def test_state_survives_a_restart_on_other_ports(assistant: Assistant) -> None:
    token = assistant.token()
    preferences = {"email_rules": {"priority_senders": ["kept@company.example"]}}
    stored = assistant.request("PUT", PREFERENCES, preferences, token=token)
    assert stored.status in (200, 201), stored.body
    mail = {"id": "kept-mail", "from": "a@company.example", "subject": "Lunch?"}
    triage = {"user_id": "user123", "emails": [mail]}
    assert assistant.request("POST", "/api/v1/email/triage", triage, token=token).status == 200
    ports = assistant.running["aws_port"], assistant.running["redis_port"]

    assert assistant.stop() == 0
    with socket.create_server((LOOPBACK, ports[0])), socket.create_server((LOOPBACK, ports[1])):
        assistant.start()

    read = assistant.request("GET", PREFERENCES, token=token)
    feedback = assistant.request("POST", "/api/v1/email/kept-mail/feedback", {"category": "routine"}, token=token)
    health = assistant.request("GET", "/health").json()
    assert read.json()["email_rules"]["priority_senders"] == ["kept@company.example"]
    assert read.headers["etag"] == stored.headers["etag"]
    assert feedback.status == 200, feedback.body
    assert health["status"] == "healthy", health
    assert "synthesizing" not in assistant.output
    # What is queued is worked off too.
    assert eventually(lambda: [one for one in assistant.audit_trail("user123") if one["action"] == "email.corrected"])


def test_a_killed_run_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    # An assistant of its own: the embedded AWS loses state when it is killed.
    assistant = Assistant("small", tmp_path / "killed")
    assistant.start()
    assert assistant.process
    assistant.process.kill()
    assistant.process.wait()
    assert "not running" in assistant.command("token").stderr

    assistant.start()
    try:
        assert "ended the servers that an earlier, killed run left behind" in assistant.output
        assert assistant.request("GET", "/health").status == 200
    finally:
        assistant.stop()
