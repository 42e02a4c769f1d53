"""What bears on a meeting comes first: its words, its people, its age."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.meetings.ranking import HALF_LIFE, LEAST_SHARE, Ranked, rank, recency
from assistant.domain.meetings.reading import candidate, known_candidate
from assistant.domain.meetings.request import SentDocument
from assistant.domain.sources import Document, SourceKind
from tests.unit.meetings.meetings import NOW, mail, page

AGES = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3_000))


def ranked(*documents: dict[str, object], most: int = 24) -> list[Ranked]:
    candidates = [candidate(SentDocument.model_validate(one)) for one in documents]
    return list(
        rank(
            candidates,
            subject="Q4 planning objectives",
            people={"alice@company.com", "bob@company.com"},
            meeting_at=NOW,
            most=most,
        )
    )


def ids(found: list[Ranked]) -> list[str]:
    return [one.candidate.sent.id for one in found]


def test_words_people_and_age_decide() -> None:
    stranger = "x@shop.example"
    about = mail(1, "The objectives for planning Q4 are ready.", by=stranger)
    aged = mail(2, "The objectives for planning Q4 are ready.", by=stranger, received_at="2022-01-13T09:00:00Z")
    known = mail(3, "Lunch?", by="bob@company.com", subject="Lunch")
    unrelated = mail(4, "Everything must go.", by=stranger, subject="Sale")
    assert ids(ranked(unrelated, aged, known, about)) == ["mail1", "mail3", "mail2"]


def test_what_means_the_same_in_other_words_is_found_after_what_says_it() -> None:
    said = page(1, "The planning objectives.", title="")
    meant, far = page(2, "What the team wants to reach.", title=""), page(3, "Lunch is at noon.", title="")
    candidates = [candidate(SentDocument.model_validate(one)) for one in (far, meant, said)]
    found = rank(candidates, subject="Q4 planning objectives", people=(), meeting_at=NOW, most=24, near=(0.34, 0.6, 0))
    assert ids(list(found)) == ["page1", "page2"]


@given(st.lists(st.floats(-1, 1.01), min_size=2, max_size=2), st.floats(0, 2))
def test_the_nearer_never_weighs_less(near: list[float], nearer: float) -> None:
    candidates = [candidate(SentDocument.model_validate(page(n, "Lunch is at noon.", title=""))) for n in range(2)]

    def weight(*cosines: float) -> float:
        found = rank(candidates, subject="Q4 planning", people=(), meeting_at=NOW, most=2, near=cosines)
        return next((one.score for one in found if one.candidate.sent.id == "page0"), 0.0)

    assert weight(near[0] + nearer, near[1]) >= weight(*near)
    assert weight(near[0] + nearer, near[1]) <= 2


def test_rare_words_weigh_more() -> None:
    common = [page(n, "planning planning notes", title="") for n in range(9)]
    rare = page(9, "objectives notes and more", title="")
    assert ids(ranked(*common, rare))[0] == "page9"


def test_plurals_and_accents_are_one_word() -> None:
    (found,) = ranked(page(1, "Der Plan: ein Objective", title=""))
    assert found.score > 0


def test_html_alone_is_ranked_too() -> None:
    assert ids(ranked(mail(1, "", by="x@shop.example", subject="", html="<p>Q4 <b>planning</b></p>"))) == ["mail1"]


def test_no_document_is_no_ranking() -> None:
    assert ranked() == []


def test_what_is_known_needs_no_reading() -> None:
    document = Document(kind=SourceKind.MEMORY, id="m", text="Q4 planning", at=NOW, people=("bob@company.com",))
    assert known_candidate(document).people == {"bob@company.com"}


@given(AGES, AGES)
def test_the_newer_never_weighs_less(one: timedelta, other: timedelta) -> None:
    newer, older = sorted((one, other))
    assert recency(NOW - newer, NOW) >= recency(NOW - older, NOW) >= LEAST_SHARE
    assert recency(NOW - newer, NOW) == recency(NOW + newer, NOW)


def test_a_half_life_halves_what_ages() -> None:
    def ages(at: datetime) -> float:
        return (recency(at, NOW) - LEAST_SHARE) / (1 - LEAST_SHARE)

    assert ages(NOW) == 1
    assert abs(ages(NOW - HALF_LIFE) - 0.5) < 1e-9
