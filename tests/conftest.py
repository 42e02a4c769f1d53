"""How thoroughly the suite tests, how it is spread over workers, and what it shows at the end."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# How fast a machine is says nothing about the rule under test.
settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What `make check` takes by --hypothesis-profile; tests/fakes/examples.py scales the tests that ask for another number.
settings.register_profile("quick", settings.get_profile("full"), max_examples=25)
settings.load_profile("full")

_TESTS = Path(__file__).parent
_CONTAINMENT_REPORT = _TESTS.parent / "reports" / "containment.md"


class _BySuite(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps the tests of one embedded AWS, and those of one synthesis, on one worker each."""

    def _split_scope(self, nodeid: str) -> str:
        # The groups of xdist 3.8 go by an attribute that pytest 9.2 no longer reads.
        suite = nodeid.split("/")[1]
        return suite if suite in ("integration", "infra") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _BySuite:
    """Return what spreads the tests over workers."""
    return _BySuite(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the containment test found, and write it down."""
    passed = (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed"))
    tables = [str(value) for report in passed for name, value in report.user_properties if name == "containment"]
    if tables:
        text = "\n".join(tables)
        terminalreporter.section("containment: attacked mails, by encoding and by attack")
        terminalreporter.write_line(text)
        _CONTAINMENT_REPORT.parent.mkdir(exist_ok=True)
        _CONTAINMENT_REPORT.write_text(f"# Containment\n\n{text}", encoding="utf-8")
