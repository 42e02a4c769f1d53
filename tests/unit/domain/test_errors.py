import pytest
from pydantic import BaseModel, Field, ValidationError

from assistant.domain.errors import FieldError, field_errors, field_path


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (("emails", 3, "received_at"), "emails[3].received_at"),
        ((0, "id"), "[0].id"),
        (("user_id",), "user_id"),
        ((), "body"),
        (("if-match",), "if-match"),
        (("busy", "ann@company.com", 0), "busy['ann@company.com'][0]"),
        (("busy", "it's \\ hers"), r"busy['it\'s \\ hers']"),
        (("busy", "x" * 101, "[key]"), f"busy['{'x' * 100}…']"),
    ],
)
def test_locations_become_paths(location: tuple[str | int, ...], path: str) -> None:
    assert field_path(location) == path


def test_words_are_for_people() -> None:
    class Batch(BaseModel, extra="forbid"):
        name: str
        items: tuple[int, ...] = Field(min_length=1, max_length=2)

    with pytest.raises(ValidationError) as caught:
        Batch.model_validate({"items": [], "x": 1})
    assert field_errors(caught.value.errors()) == (
        FieldError("name", "is needed"),
        FieldError("items", "needs 1 or more items"),
        FieldError("x", "is not a known field"),
    )


def test_no_more_than_a_hundred_errors_are_shown() -> None:
    errors = ({"loc": (number,), "type": "missing", "msg": ""} for number in range(1_000))
    assert len(field_errors(errors)) == 100
