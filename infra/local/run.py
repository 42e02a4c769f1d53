"""Start the assistant on this machine and serve it until Ctrl-C; ``make run``."""

import asyncio
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import get_args

from botocore.exceptions import BotoCoreError, ClientError

from infra.local import claude_double, emulators, ministack, valkey
from infra.local.aws import LocalAws
from infra.local.console import LocalFailure, command, step
from infra.local.daemon import Daemon
from infra.local.deploy import deploy, physical_ids
from infra.local.embedded_metrics import MetricExtractor
from infra.local.environment import ensure_environment
from infra.local.front_door import serve
from infra.local.layout import (
    LOCAL,
    Layout,
    Profile,
    announced,
    chosen_double,
    chosen_port,
    chosen_profile,
    chosen_sandbox,
    make_layout,
    only_run,
)
from infra.local.provider_keys import store_provider_keys
from infra.local.sandbox.calendar import serving_calendar
from infra.local.sandbox.providers import (
    EMULATED,
    OAUTH_CLIENTS,
    SANDBOX,
    connect_demo_user,
    in_sandbox,
    push_of,
    start_emulator,
)
from infra.local.sandbox.pubsub import pushing
from infra.local.sandbox.seeds import ADDRESS, NAME, arrivals
from infra.local.users import DEMO_USER, demo_token, ensure_demo_user

EXTRACT_SECONDS = 2.0
WATCH_SECONDS = 1.0
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

CLAUDE_API_KEY = "CLAUDE_API_KEY"
# What a machine behind a proxy, or with certificates of its company, needs to reach Claude and providers.
_OUTBOUND = ("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE")

_GREETING = """
The assistant listens on {address} (profile {profile}). Ctrl-C stops it; {kept}.
{claude}
{sandbox}
TOKEN={token}

curl {address}/health
curl {address}/api/v1/email/triage -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{example}'
curl {address}/api/v1/users/{user}/preferences -H "Authorization: Bearer $TOKEN"

The token lasts an hour; make token prints a fresh one.
"""
_EXAMPLE = (
    '{"user_id": "user123", "emails": [{"id": "email1", "from": "ceo@company.com", '
    '"subject": "Urgent: Q4 Budget Review", "body": "We need to discuss the Q4 budget...", '
    '"received_at": "2025-01-15T10:00:00Z"}]}'
)


@contextmanager
def servers(
    layout: Layout, interpreter: Path, *, extra: Mapping[str, str] | None = None
) -> Iterator[Mapping[str, Daemon]]:
    """Run Valkey (where the profile has a cache), Claude's double (where asked for) and the embedded AWS, by name.

    ``extra`` is added to the environment of the embedded AWS.
    """
    with ExitStack() as stack:
        started: dict[str, Daemon] = {}
        if layout.profile == "standard":
            with step("starting Valkey"):
                started[valkey.NAME] = valkey.start(layout)
            stack.callback(started[valkey.NAME].stop)
        if layout.claude_port is not None:
            with step("starting Claude's double"):
                started[claude_double.NAME] = claude_double.start(layout, layout.claude_port)
            stack.callback(started[claude_double.NAME].stop)
        if layout.sandbox:
            emulators.ensure_emulators()
            for emulated in EMULATED:
                with step(f"starting {emulated.title()}'s emulator"):
                    started[emulated] = start_emulator(emulated, layout, layout.sandbox)
                stack.callback(started[emulated].stop)
            stack.enter_context(serving_calendar(layout.sandbox.calendar))
        with step("starting the embedded AWS"):
            started[ministack.NAME] = ministack.start(layout, interpreter, extra=extra)
        stack.callback(started[ministack.NAME].stop)
        yield started


def api_address(layout: Layout, aws: LocalAws) -> str:
    """Return the address of the deployed HTTP API inside the embedded AWS."""
    (api,) = physical_ids(aws, "AWS::ApiGatewayV2::Api")
    return f"{layout.aws_endpoint}/_aws/execute-api/{api}/$default"


async def serve_until_stopped(layout: Layout, aws: LocalAws, started: Mapping[str, Daemon]) -> None:
    """Run the front door and the metric extraction until SIGINT, SIGTERM or SIGHUP.

    Raises:
        LocalFailure: a server ended by itself, or the port was taken meanwhile.

    """
    stop = asyncio.Event()
    for number in _STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    extraction = asyncio.create_task(_extract_metrics(aws, layout.state))
    try:
        async with serve(api_address(layout, aws), layout.port), AsyncExitStack() as stack:
            if layout.sandbox:
                await stack.enter_async_context(pushing(push_of(layout, layout.sandbox), layout.sandbox.pubsub))
                token = partial(demo_token, aws, layout.state)
                await done_or_stopped(stop, partial(connect_demo_user, layout, layout.sandbox, token))
            if not stop.is_set():
                print(_greeting(layout, demo_token(aws, layout.state)), flush=True)
            await _until(stop, started)
    except OSError as error:
        raise LocalFailure(f"cannot listen on port {layout.port}: {error.strerror}") from error
    finally:
        extraction.cancel()


async def done_or_stopped(stop: asyncio.Event, work: Callable[[], None]) -> None:
    """Return when ``work`` is done, or as soon as ``stop`` is set: nobody waits for what is left of it then."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 it is raised where it is waited for
            failures.append(error)
        # The loop is gone where nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(done.set)

    Thread(target=run, daemon=True, name="work").start()
    await asyncio.wait([asyncio.create_task(one.wait()) for one in (stop, done)], return_when=asyncio.FIRST_COMPLETED)
    if failures and not stop.is_set():
        raise failures[0]


async def _until(stop: asyncio.Event, started: Mapping[str, Daemon]) -> None:
    ended: set[str] = set()
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
        for name, server in started.items():
            if server.process.poll() is not None and name not in ended:
                ended.add(name)
                message = f"{name} ended by itself: see {server.log}"
                if name == ministack.NAME:
                    raise LocalFailure(message)
                print(message, "- the assistant goes on without it", flush=True)


async def _extract_metrics(aws: LocalAws, state: Path) -> None:
    extractor = MetricExtractor(aws, state / "metrics-cursor.json")
    while True:
        # What could not be read now is read the next time.
        with suppress(BotoCoreError, ClientError):
            await asyncio.to_thread(extractor.extract)
        await asyncio.sleep(EXTRACT_SECONDS)


def _greeting(layout: Layout, token: str) -> str:
    return _GREETING.format(
        address=layout.address,
        profile=layout.profile,
        kept="nothing of it is kept" if layout.sandbox else f"its state stays in {layout.state}",
        token=token,
        example=_EXAMPLE,
        user=DEMO_USER,
        claude=_claude(layout),
        sandbox=_sandbox(layout),
    )


def _claude(layout: Layout) -> str:
    if layout.claude_port is not None:
        return "Claude is a double on this machine: its answers follow simple rules and cost nothing."
    if os.environ.get(CLAUDE_API_KEY):
        return "Claude decides what the core is not sure of, with your key and on your bill."
    return "The core decides alone, unless a key was stored earlier: CLAUDE_API_KEY=... or CLAUDE=double adds a Claude."


def _sandbox(layout: Layout) -> str:
    if layout.sandbox is None:
        return ""
    return f"""
{DEMO_USER} is {NAME} <{ADDRESS}>, in a sandbox: Google and Slack are emulators.
make arrive lets a mail arrive (MAIL={", ".join(arrivals())}, or SUBJECT=... BODY=...) and shows what becomes of it.
"""


def _outbound() -> Mapping[str, str]:
    """Return the user's way out, for a Claude and providers that are not on this machine."""
    names = _OUTBOUND if any(map(os.environ.get, (CLAUDE_API_KEY, "OAUTH_CLIENTS"))) else ()
    return {name: os.environ[name] for name in names if name in os.environ}


def _end_leftovers(interpreter: Path) -> None:
    states = [LOCAL / f"{kind}{name}" for name in get_args(Profile.__value__) for kind in ("", SANDBOX)]
    ended = sum(_end_leftovers_of(state, interpreter) for state in states)
    if ended:
        print("ended the servers that an earlier, killed run left behind")


def _end_leftovers_of(state: Path, interpreter: Path) -> int:
    servers_left = (
        ministack.end_leftover(state, interpreter),
        valkey.end_leftover(state),
        claude_double.end_leftover(state),
        emulators.end_leftovers(state),
    )
    return sum(servers_left)


@command
def main() -> None:
    """Start everything, serve, and stop everything so that its state survives."""
    # A closed terminal or `kill` must stop the servers too, while they start as well as later.
    for number in _STOPS:
        signal.signal(number, signal.default_int_handler)
    started_at = time.monotonic()
    profile, port, double, sandbox = chosen_profile(), chosen_port(), chosen_double(), chosen_sandbox()
    with only_run():
        interpreter = ensure_environment()
        _end_leftovers(interpreter)
        layout = make_layout(profile, port, double=double)
        if sandbox:
            layout = in_sandbox(layout)
            shutil.rmtree(layout.state, ignore_errors=True)
        with servers(layout, interpreter, extra=_outbound()) as started:
            # What the front door's HTTP server says of malformed requests is for a file, not for the terminal.
            logging.basicConfig(filename=layout.logs / "front-door.log", level=logging.WARNING)
            aws = LocalAws(layout.aws_endpoint)
            deploy(layout, aws)
            ensure_demo_user(aws, layout.state)
            store_provider_keys(aws, os.environ | ({"OAUTH_CLIENTS": OAUTH_CLIENTS} if sandbox else {}))
            print(f"ready after {time.monotonic() - started_at:.1f} s")
            with announced(layout):
                asyncio.run(serve_until_stopped(layout, aws, started))
            print("stopping: the state is being saved")
            for number in _STOPS:
                # A second Ctrl-C must not interrupt the saving.
                signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    raise SystemExit(main())
