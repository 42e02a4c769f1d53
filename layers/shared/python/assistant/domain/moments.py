"""Moments that others name: near enough to reckon with, whatever is added to them or taken away."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2199


def near(value: datetime) -> datetime:
    """Return the moment; ValueError where it is too far away for anything that is planned, kept or done."""
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"must be between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(near)]
