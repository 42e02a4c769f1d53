"""What Lambda unzips for each function: itself and its layers, as they are built for arm64."""

from collections.abc import Iterator

from bench.report import Figure
from infra.build import build, unzipped_bytes

_BYTES_A_MEGABYTE = 1_000_000
_TARGETS = {"optimize_calendar": 125.0}


def measure_sizes() -> Iterator[Figure]:
    """Yield the megabytes of each function.

    Raises:
        infra.build.BuildFailed: a layer cannot be built, or a function is larger than Lambda takes.

    """
    for name, size in unzipped_bytes(build()).items():
        megabytes = size / _BYTES_A_MEGABYTE
        yield Figure(f"{name}: unzipped", "MB", megabytes, megabytes, 1, _TARGETS.get(name))
