"""How thoroughly the suite tests, how it is spread over workers, and what it shows at the end."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about the rule under test.
settings.register_profile("full", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What `make check` takes by --hypothesis-profile; tests/fakes/examples.py scales the tests that ask for another number.
settings.register_profile("quick", settings.get_profile("full"), max_examples=25)
settings.load_profile("full")

_TESTS = Path(__file__).parent
_CONTAINMENT_REPORT = _TESTS.parent / "reports" / "containment.md"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one embedded AWS, and those of one synthesis, on one worker each (``--dist loadgroup``).

    Before xdist's own hook, which reads the marks.
    """
    for item in items:
        suite = item.path.relative_to(_TESTS).parts[0]
        if suite in ("integration", "infra"):
            item.add_marker(pytest.mark.xdist_group(suite))


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
