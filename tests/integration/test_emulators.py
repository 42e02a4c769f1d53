"""The emulators start from the lock, listen on loopback only and keep what their seed says."""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from infra.local.emulators import Emulated, emulating

USERS = {"users": [{"email": "user123@example.com", "name": "Ada Example"}]}
SEEDS: dict[Emulated, dict[str, Any]] = {
    "google": USERS,
    "slack": {"team": {"name": "Example", "domain": "example"}},
    "entra": USERS,
    "graph": USERS,
}


@pytest.mark.parametrize("emulated", SEEDS)
def test_an_emulator_answers_on_loopback_only(emulated: Emulated, tmp_path: Path) -> None:
    with emulating(emulated, SEEDS[emulated], tmp_path) as address:
        port = urlsplit(address).port
        assert port
        listening = Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
        found = [line.split()[1] for line in listening if line.split()[1].endswith(f":{port:04X}")]
        assert {address.partition(":")[0] for address in found} == {socket.inet_aton("127.0.0.1")[::-1].hex().upper()}


def test_the_seed_is_what_an_emulator_begins_with(tmp_path: Path) -> None:
    seed = USERS | {
        "messages": [
            {"id": "mail1", "user_email": "user123@example.com", "subject": "Budget", "body_text": "See you at 10."}
        ]
    }
    with emulating("google", seed, tmp_path) as address:
        request = Request(f"{address}/gmail/v1/users/me/messages", headers={"Authorization": "Bearer any"})
        assert [one["id"] for one in json.load(urlopen(request))["messages"]] == ["mail1"]
