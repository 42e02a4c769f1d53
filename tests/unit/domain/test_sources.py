from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.sources import LONGEST_QUOTE, Document, Source, SourceKind


@given(st.text(max_size=1200), st.integers(0, 1200), st.integers(0, 1200))
def test_a_span_of_a_document_stands_in_it(text: str, start: int, length: int) -> None:
    document = Document(kind=SourceKind.MAIL, id="m1", text=text)
    start = min(start, len(text))
    span = document.source(start, min(len(text), start + length))
    assert span.stands_in(document) == bool(span.quote)
    assert len(span.quote) <= LONGEST_QUOTE


def test_a_quote_of_another_document_or_place_does_not() -> None:
    document = Document(kind=SourceKind.MAIL, id="m1", text="The budget is 40,000.")
    span = document.source(4, 10)
    assert span.quote == "budget"
    assert not span.model_copy(update={"id": "m2"}).stands_in(document)
    assert not span.model_copy(update={"kind": SourceKind.EVENT}).stands_in(document)
    assert not span.model_copy(update={"start": 5, "end": 11}).stands_in(document)
    assert not Source.whole(SourceKind.MAIL, "m1").stands_in(document)


def test_only_what_the_user_wrote_is_trusted() -> None:
    trusted = {kind for kind in SourceKind if not kind.untrusted}
    assert trusted == {SourceKind.TASK, SourceKind.MEMORY, SourceKind.REQUEST}
