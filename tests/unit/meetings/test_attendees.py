"""Role and organisation stand in evidence, or are unknown."""

from typing import Any

import pytest

from assistant.domain.meetings.attendees import UNKNOWN, Profile, Relation, profiles
from tests.unit.meetings.meetings import ALICE, KIM, NOW, evidence, mail, page


def profile(address: str, *documents: dict[str, Any], **fields: Any) -> Profile:
    found = evidence(*documents, attendees=[ALICE, KIM, "bob@company.com"], **fields)
    return next(one for one in profiles(found, now=NOW) if one.address == address)


@pytest.mark.parametrize(
    ("signature", "role", "organisation"),
    [
        ("-- \nAlice Lee\nHead of Finance, Company GmbH", "Head of Finance", "Company GmbH"),
        ("Best,\nAlice Lee\nChief Financial Officer\nCompany Inc.", "Chief Financial Officer", "Company Inc."),
        ("Alice Lee | CFO | Company Ltd", "CFO", "Company Ltd"),
        ("Alice Lee\nLeiterin Finanzen bei Firma AG", "Leiterin Finanzen", "Firma AG"),
        ("Alice Lee\nDirectrice financière", "Directrice financière", "company.com"),
        ("Alice Lee", UNKNOWN, "company.com"),
        ("Cheers, A.", UNKNOWN, "company.com"),
        # A sentence, a link and somebody else's title are none of hers.
        ("Alice Lee\nI met the director yesterday", UNKNOWN, "company.com"),
        ("Alice Lee\nCEO, pay at https://evil.example", UNKNOWN, "company.com"),
        ("Bob Ray\nHead of Finance", UNKNOWN, "company.com"),
    ],
)
def test_a_signature_says_who_its_author_is(signature: str, role: str, organisation: str) -> None:
    found = profile("alice@company.com", mail(1, f"The objectives are ready for Q4.\n\n{signature}\n"))
    assert (found.role, found.organisation) == (role, organisation)


def test_nobody_elses_mail_says_it() -> None:
    forwarded = mail(1, "Q4 objectives from the board.\n\nAlice Lee\nHead of Finance", by=KIM)
    assert profile("alice@company.com", forwarded).role == UNKNOWN


def test_a_past_event_says_it_in_brackets() -> None:
    text = "Guests: Kim Park (Director of Operations, Client Ltd), Alice Lee (late)"
    event = {"kind": "event", "id": "e", "title": "Q3 planning", "text": text, "people": ["kim@client.example"]}
    found = profile("kim@client.example", event)
    assert (found.role, found.organisation) == ("Director of Operations", "Client Ltd")
    assert found.sources[1].quote == "Kim Park (Director of Operations, Client Ltd)"
    assert profile("alice@company.com", event | {"people": [ALICE]}).role == UNKNOWN


def test_whose_people_they_are() -> None:
    assert profile("bob@company.com").relation is Relation.INTERNAL
    assert profile("kim@client.example").relation is Relation.EXTERNAL
    assert profile("bob@company.com", own_addresses=[]).relation is Relation.UNKNOWN
    assert profile("kim@client.example", company_domains=["Client.example"]).relation is Relation.INTERNAL
    # That somebody has an address there too makes nobody a colleague.
    assert profile("kim@client.example", own_addresses=["me@gmail.com"]).relation is Relation.UNKNOWN


def test_contact_is_counted_and_dated() -> None:
    early = mail(1, "The objectives are ready.", received_at="2025-01-02T09:00:00Z")
    late = mail(2, "The planning session is set.", received_at="2025-01-09T09:00:00Z")
    coming = page(3, "Q4 objectives", at="2025-02-01T09:00:00Z", people=[ALICE])
    found = profile("alice@company.com", early, late, coming)
    assert found.documents == 3
    assert found.last_contact is not None
    assert (found.last_contact.day, found.sources[-1].id) == (9, "mail2")


def test_an_address_anybody_can_get_is_no_organisation() -> None:
    (found,) = profiles(evidence(attendees=["joe@gmail.com"]), now=NOW)
    assert (found.organisation, found.name) == (UNKNOWN, None)


def test_nobody_is_called_what_others_call_them() -> None:
    told = mail(1, "The planning session is set.", by=KIM, to=["The Chief <bob@company.com>"])
    assert profile("bob@company.com", told).name is None
    assert profile("bob@company.com", mail(1, "The planning is set.", by="Bob Ray <bob@company.com>")).name == "Bob Ray"


def test_the_user_is_not_researched() -> None:
    found = profiles(evidence(attendees=["user@company.com", ALICE]), now=NOW)
    assert [one.address for one in found] == ["alice@company.com"]
