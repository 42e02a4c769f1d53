import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.llm_tokens import estimated_tokens, most_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Hello", 1),
        ("understanding", 3),
        ("1234567", 3),
        ("a, b", 3),
        ("-----", 2),
        ("请确认", 3),
        ("Привет", 3),
        ("one\n\n\ntwo", 3),
        ('{"a":1}', 5),
    ],
)
def test_pieces(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


@given(st.text(), st.text())
def test_texts_put_together_have_no_more_tokens_than_apart(one: str, other: str) -> None:
    apart = estimated_tokens(one) + estimated_tokens(other)
    assert estimated_tokens(one + other) <= apart + 1
    assert most_tokens(one) > estimated_tokens(one)
    assert estimated_tokens(one) <= len(one)
