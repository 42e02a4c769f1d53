"""Bounds that hold before the inside of a value is looked at."""

from collections.abc import Callable, Sized


def at_most(limit: int) -> Callable[[object], object]:
    """Return a validator that refuses longer lists and objects, so that nobody pays for what they hold."""

    def validate(value: object) -> object:
        if isinstance(value, Sized) and not isinstance(value, str) and len(value) > limit:
            raise ValueError(f"has more than {limit} items")
        return value

    return validate
