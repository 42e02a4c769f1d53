"""What the user answers to an invitation; apart from the calendar's models, which cost time to import."""

from enum import StrEnum


class Answer(StrEnum):
    """An answer to an invitation."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
