"""How the suite is spread over workers."""

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one embedded AWS, and those of one synthesis, on one worker each (``--dist loadgroup``)."""
    for item in items:
        suite = item.path.relative_to(_TESTS).parts[0]
        if suite in ("integration", "infra"):
            item.add_marker(pytest.mark.xdist_group(suite))
