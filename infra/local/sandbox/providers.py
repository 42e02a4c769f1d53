"""The providers of a sandbox: where they listen, how they are started, and the demo user's accounts at them."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from infra.local import emulators
from infra.local.api_client import ApiClient
from infra.local.console import LocalFailure, step
from infra.local.daemon import Daemon
from infra.local.emulators import Emulated
from infra.local.layout import LOCAL, Layout, SandboxPorts, usual_port
from infra.local.sandbox.accounts import Mailbox
from infra.local.sandbox.arrival import Arrival
from infra.local.sandbox.consent import consent, follow
from infra.local.sandbox.pubsub import SENDER, TOPIC, Push
from infra.local.sandbox.seeds import ADDRESS, CLIENT, SIGNING_SECRET, ZONE, arrival, google_seed, slack_seed
from infra.local.users import DEMO_USER

OAUTH_CLIENTS: Final = json.dumps({"google": CLIENT, "slack": {**CLIENT, "signing_secret": SIGNING_SECRET}})
EMULATED: Final[tuple[Emulated, ...]] = ("google", "slack")
# States of sandboxes are named after it.
SANDBOX: Final = "sandbox-"
_PORTS: Final = (8096, 8097, 8098, 8099)
_READ_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.2
# A mail of arrivals.toml that is told of at once.
_FIRST: Final = "keys"
_FIRST_SECONDS: Final = 60.0
# Urgent mail is told of at once, at night and in meetings too, and important mail in Slack as well.
_PREFERENCES: Final[Mapping[str, Any]] = {
    "working_hours": {"timezone": ZONE.key},
    "quiet_hours": {"urgent_interrupts": True},
    "notification_channels": {"important": "slack"},
}


def in_sandbox(layout: Layout) -> Layout:
    """Return the layout with providers on this machine and a state of its own, which begins anew each time."""
    ports = SandboxPorts(*(usual_port(port, front_door=layout.port) for port in _PORTS))
    settings = {
        "GMAIL_BASE_URL": ports.google_url,
        "GOOGLE_ACCOUNTS_URL": ports.google_url,
        "GOOGLE_OAUTH_URL": f"{ports.google_url}/oauth2",
        "GOOGLE_KEYS_URL": ports.keys_url,
        "GOOGLE_CALENDAR_BASE_URL": ports.calendar_url,
        "GMAIL_TOPIC": TOPIC,
        "GMAIL_PUSH_AUDIENCE": push_endpoint(layout),
        "GMAIL_PUSH_SENDER": SENDER,
        "SLACK_URL": ports.slack_url,
    }
    state = LOCAL / f"{SANDBOX}{layout.profile}"
    return replace(layout, state=state, settings={**layout.settings, **settings}, sandbox=ports)


def push_endpoint(layout: Layout) -> str:
    """Return the address that notifications of Gmail are pushed to."""
    return f"{layout.address}/api/v1/webhooks/gmail"


def start_emulator(emulated: Emulated, layout: Layout, ports: SandboxPorts) -> Daemon:
    """Start Google's or Slack's emulator with what it begins with.

    Raises:
        LocalFailure: it cannot be installed, ended or did not become ready.

    """
    google = emulated == "google"
    seed = google_seed(layout.address, datetime.now(UTC)) if google else slack_seed(layout.address)
    port = ports.google if google else ports.slack
    return emulators.start(emulated, seed, port=port, state=layout.state, logs=layout.logs)


def push_of(layout: Layout, ports: SandboxPorts) -> Push:
    """Return what pushes the notifications of the demo user's mailbox."""
    return Push(ports.google_url, push_endpoint(layout), ADDRESS)


def connect_demo_user(layout: Layout, ports: SandboxPorts, token: Callable[[], str]) -> None:
    """Set preferences, open the accounts with consents in a browser's way, and see the assistant at work in them.

    Its mails are labelled, and a first one arrives, which starts the functions that later ones find running.

    Raises:
        LocalFailure: the assistant or a provider refuses, or takes too long.

    """
    api = ApiClient(layout.port, token)
    mailbox = Mailbox(ports.google_url)
    mails = len(mailbox.all())
    api.call("PATCH", f"/api/v1/users/{DEMO_USER}/preferences", dict(_PREFERENCES))
    for provider in EMULATED:
        with step(f"connecting {DEMO_USER} to {provider.title()}"):
            asked = api.post(f"/api/v1/users/{DEMO_USER}/connections/{provider}", {})
            code = follow(consent(asked["authorization_url"], ADDRESS))
            api.post(asked["confirmation"], {"code": code})
    with step(f"waiting until the {mails} mails of {ADDRESS} are labelled"):
        _wait_for_labels(mailbox, mails, layout)
    with step("letting a first mail arrive, through functions that start with it"):
        for _ in Arrival(arrival(_FIRST, datetime.now(UTC)), api, ports).follow(_FIRST_SECONDS):
            pass


def _wait_for_labels(mailbox: Mailbox, mails: int, layout: Layout) -> None:
    deadline = time.monotonic() + _READ_SECONDS
    while (labelled := sum(map(len, mailbox.labelled().values()))) < mails:
        if time.monotonic() > deadline:
            seen = f"{labelled} of {mails} mails are labelled after {_READ_SECONDS:.0f} s"
            raise LocalFailure(f"{seen}: the machine is slow, or {layout.logs} says what failed")
        time.sleep(_POLL_SECONDS)
