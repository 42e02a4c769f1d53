"""What Lambda unzips for each function: itself and its layers, as they are built for arm64."""

from collections.abc import Iterator

from bench.report import Figure
from infra.build import MAX_UNZIPPED_BYTES, build, unzipped_bytes

_BYTES_A_MEGABYTE = 1_000_000
_TARGETS = {"optimize_calendar": 125.0}


def measure_sizes() -> Iterator[Figure]:
    """Yield the megabytes of each function; Lambda's limit is the target where there is none of ours.

    Raises:
        infra.build.BuildFailed: a layer cannot be built.

    """
    for name, size in unzipped_bytes(build()).items():
        megabytes = size / _BYTES_A_MEGABYTE
        target = _TARGETS.get(name, MAX_UNZIPPED_BYTES / _BYTES_A_MEGABYTE)
        yield Figure(f"{name}: unzipped", "MB", megabytes, megabytes, 1, target)
