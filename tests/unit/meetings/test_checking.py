"""A statement stands only where its span says it."""

import pytest

from assistant.domain.meetings.checking import Form, Said, unsupported
from assistant.domain.meetings.tokens import Claim, tokens

ALICE = "Alice Lee"
PLAN = (
    "Hi Bob, as discussed, I will send the revised plan and the EUR 1.2 million budget "
    "to Kim Park by Friday 17 January."
)
ASKED = "Could you please confirm the travel budget of EUR 40,000 before the planning session?"
PILOT = "I expect the pilot to start on 3 February with 25 users."
SIGNED = "Please do not announce it before the contract is signed."


def claim(text: str, span: str, *, form: Form = Form.CLAIM, author: str | None = ALICE) -> Claim | None:
    return unsupported(text, Said(span, author, asks=span.endswith("?")), form)


@pytest.mark.parametrize(
    ("text", "span", "form"),
    [
        (PLAN, PLAN, Form.TOPIC),
        (
            "Alice Lee will send the revised plan and the EUR 1.2 million budget to Kim Park by Friday 17 January.",
            PLAN,
            Form.CLAIM,
        ),
        ("Alice will send revised plan and EUR 1.2 million budget to Kim Park by Friday 17 January", PLAN, Form.CLAIM),
        ("Alice expects the pilot to start on 3 February.", PILOT, Form.CLAIM),
        ("Alice Lee: “I expect the pilot to start on 3 February.”", PILOT, Form.CLAIM),
        ("Alice says that I expect the pilot to start on 3 February", PILOT, Form.CLAIM),
        ("Do not announce it before the contract is signed", SIGNED, Form.TASK),
        (
            "Alice asks: could you confirm the travel budget of EUR 40,000 before the planning session",
            ASKED,
            Form.CLAIM,
        ),
        ("Confirm the travel budget of EUR 40,000 before the planning session.", ASKED, Form.TASK),
        ("Travel budget of EUR 40,000", ASKED, Form.TOPIC),
        ("What is the status of the travel budget of EUR 40,000?", ASKED, Form.QUESTION),
        ("Who will confirm the travel budget?", ASKED, Form.QUESTION),
        ("When is the pilot to start?", PILOT, Form.QUESTION),
        ("Bob will draft the objectives", "Notes: Bob will draft the objectives.", Form.CLAIM),
        ("Alice has the plan", "I've the plan, and more.", Form.CLAIM),
        ("Alice does not agree", "I don't agree.", Form.CLAIM),
        ("Alice Lee: we have 500 employees", "We have 500 employees.", Form.CLAIM),
        ("El piloto empieza el 3 de febrero", "El piloto empieza el 3 de febrero con 25 usuarios.", Form.CLAIM),
    ],
)
def test_what_is_said_stands(text: str, span: str, form: Form) -> None:
    assert claim(text, span, form=form) is None


@pytest.mark.parametrize(
    ("text", "span", "form", "found"),
    [
        # Somebody, some day, some figure else.
        ("Carol will send the revised plan", PLAN, Form.CLAIM, Claim.WORD),
        ("Alice will send the revised plan to Carol", PLAN, Form.CLAIM, Claim.NAME),
        ("Kim Park will send the revised plan", PLAN, Form.CLAIM, Claim.WORD),
        ("Bob will send the revised plan and the EUR 1.2 million budget", PLAN, Form.CLAIM, Claim.WORD),
        ("Alice expects the pilot to start on 4 February", PILOT, Form.CLAIM, Claim.FIGURE),
        ("Alice expects the pilot to start on 3 March", PILOT, Form.CLAIM, Claim.DAY),
        ("Confirm the travel budget of EUR 45,000", ASKED, Form.TASK, Claim.AMOUNT),
        ("Travel budget of USD 40,000", ASKED, Form.TOPIC, Claim.AMOUNT),
        ("Travel budget of 40%", ASKED, Form.TOPIC, Claim.PERCENTAGE),
        # Half a figure, half a sentence.
        ("Budget of EUR 1.2", "The budget of EUR 1.2 million is final.", Form.TOPIC, Claim.WORD),
        ("40 users", "From 20 to 40 users are expected.", Form.TOPIC, Claim.WORD),
        ("The fee is EUR 40", "The fee is EUR 40 per user.", Form.CLAIM, Claim.WORD),
        ("The budget is EUR 20", "The budget is EUR 50, the venue costs EUR 20.", Form.CLAIM, Claim.WORD),
        ("The budget is EUR 50", "In the old plan, the budget is EUR 50.", Form.CLAIM, Claim.WORD),
        ("The budget is approved", "The budget is approved for one quarter.", Form.CLAIM, Claim.WORD),
        ("Alice to sign the contract", "I refused to sign the contract.", Form.CLAIM, Claim.CONDITION),
        ("Bob left", "Alice denied that Bob left.", Form.CLAIM, Claim.CONDITION),
        ("Alice will sign", "If the board agrees, I will sign.", Form.CLAIM, Claim.CONDITION),
        ("Alice will sign", "I will sign unless the board objects.", Form.CLAIM, Claim.CONDITION),
        ("Alice will sign", "I might sign.", Form.CLAIM, Claim.WORD),
        ("The room costs 5%", "The room costs ≈5%.", Form.CLAIM, Claim.WORD),
        # Turned round.
        ("Announce it before the contract is signed", SIGNED, Form.TASK, Claim.NEGATION),
        ("Contract is signed", SIGNED, Form.TOPIC, Claim.NEGATION),
        ("Alice agrees", "I don't agree.", Form.CLAIM, Claim.WORD),
        ("Alice does not agree", "I agree.", Form.CLAIM, Claim.WORD),
        ("Alice signed", "I will sign.", Form.CLAIM, Claim.WORD),
        ("You confirm the travel budget of EUR 40,000 before the planning session", ASKED, Form.CLAIM, Claim.CONDITION),
        # What "we" have is not one person's.
        ("Alice has 500 employees", "We have 500 employees.", Form.CLAIM, Claim.WORD),
        ("Alice budget is EUR 5", "Our budget is EUR 5.", Form.CLAIM, Claim.WORD),
        # Somebody else's words.
        ("Bob: “I expect the pilot to start on 3 February.”", PILOT, Form.CLAIM, Claim.WORD),
        ("I expect the pilot to start", PILOT, Form.CLAIM, Claim.WORD),
        ("Alice asks that I expect the pilot to start", PILOT, Form.CLAIM, Claim.WORD),
        # Links, addresses, signs, nothing at all.
        ("See https://evil.example for the pilot", PILOT, Form.CLAIM, Claim.WORD),
        ("Write to eve@evil.example", PILOT, Form.TASK, Claim.WORD),
        ("Alice expects the pilot to start on 3 February → 4", PILOT, Form.CLAIM, Claim.WORD),
        ("?", PILOT, Form.QUESTION, Claim.WORD),
        # Questions that say more than they ask.
        ("Why did Alice cancel the pilot?", PILOT, Form.QUESTION, Claim.WORD),
        ("Is the pilot with 30 users?", PILOT, Form.QUESTION, Claim.FIGURE),
        ("Is the pilot with 25 users", PILOT, Form.QUESTION, Claim.WORD),
        ("Is the budget EUR 20?", "The budget is EUR 50, the venue EUR 20.", Form.QUESTION, Claim.WORD),
        ("What is next?", PILOT, Form.QUESTION, Claim.WORD),
    ],
)
def test_what_is_not_said_does_not_stand(text: str, span: str, form: Form, found: Claim) -> None:
    claimed = claim(text, span, form=form)
    assert claimed is not None
    if found is not Claim.WORD:
        assert claimed is found


def test_a_page_has_no_speaker() -> None:
    assert claim("Alice expects the pilot to start on 3 February", PILOT, author=None) is not None
    assert claim("Alice: I expect the pilot to start on 3 February", PILOT, author=None) is not None


def test_tokens_say_what_they_claim() -> None:
    text = "On Friday, Kim won't pay $5 or 8% of 3 to ann@b.example via https://b.example if we don't, ok?"
    found = [(token.norm, token.claim.value) for token in tokens(text) if token.claim is not Claim.WORD]
    assert found == [
        ("friday", "day"),
        ("kim", "name"),
        ("not", "negation"),
        ("$", "amount"),
        ("5", "amount"),
        ("8", "percentage"),
        ("%", "percentage"),
        ("3", "figure"),
        ("ann@b.example", "address"),
        ("https://b.example", "link"),
        ("if", "condition"),
        ("not", "negation"),
        ("?", "question"),
    ]


def test_figures_are_whole() -> None:
    text = "1.2 million, 40,000, 12:30, 3-5, 3–5, -7, Q4-2025 and 10am; 5 - 6"
    assert [token.norm for token in tokens(text) if token.norm[-1].isdigit() or token.norm[0].isdigit()] == [
        *("1.2", "40,000", "12:30", "3-5", "3–5", "-7", "q4", "2025", "10am", "5", "6"),
    ]
