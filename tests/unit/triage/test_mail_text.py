"""A mail is read as a person sees it: decoded, visible, own words first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import Mailbox, header_text, mailboxes, sender_mailbox
from assistant.domain.mail_html import html_text
from assistant.domain.mail_invisible import strip_invisible
from assistant.domain.mail_quotes import own_text
from assistant.domain.mail_text import HEAD_LIMIT, TAIL_LIMIT, visible_mail


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ana Brandt <Ana@Example.org>", Mailbox("Ana Brandt", "ana@example.org")),
        ("=?utf-8?q?J=C3=BCrgen?= <j@example.org>", Mailbox("Jürgen", "j@example.org")),
        ("cto@example.org (David Park, CTO)", Mailbox("David Park, CTO", "cto@example.org")),
        ("Team: a@example.org, b@example.org;", Mailbox("", "a@example.org")),
        ('"Doe, Jane" <jane@example.org>', Mailbox("Doe, Jane", "jane@example.org")),
        ("Doe, Jane A <DoeJA@example.org>", Mailbox("Doe, Jane A", "doeja@example.org")),
        ("Jane, jane@example.org", Mailbox("", "jane@example.org")),
        ("Only a name", Mailbox("Only a name", "")),
        ("=?x-unknown?b?////?= <a@example.org>", Mailbox("=?x-unknown?b?////?=", "a@example.org")),
        ("", Mailbox("", "")),
    ],
)
def test_the_sender_is_read(value: str, expected: Mailbox) -> None:
    found = sender_mailbox(value)
    assert found == expected


def test_the_parts_of_an_address() -> None:
    assert (Mailbox("", "a.b@c.example").local_part, Mailbox("", "a.b@c.example").domain) == ("a.b", "c.example")
    assert Mailbox("x", "").domain == ""


@given(st.text(max_size=300))
def test_any_header_is_read(value: str) -> None:
    assert "\n" not in header_text(value)
    assert all(box.name or box.address for box in mailboxes(value))


def test_invisible_characters_are_dropped_and_spaces_unified() -> None:
    assert strip_invisible("a\u200bb\u2060c\U000e0041\u202ed\ufe0f\u00a0 e\r\nf\x00") == "abcd e\nf"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display: none'>X</p>",
        "<p style='visibility:hidden'>X</p>",
        "<p style='opacity:0'>X</p>",
        "<p style='font-size:0px'>X</p>",
        "<p style='font-size:1px !important'>X</p>",
        "<p style='color:#fff'>X</p>",
        "<p style='color:rgb(255,255,255)'>X</p>",
        "<div style='background-color:#000'><p style='color:black'>X</p></div>",
        "<font color='white'>X</font>",
        "<p style='position:absolute;left:-9999px'>X</p>",
        "<p style='text-indent:-5000px'>X</p>",
        "<p style='max-height:0;overflow:hidden'>X</p>",
        "<p style='mso-hide:all'>X</p>",
        "<p style='color:transparent'>X</p>",
        "<p hidden>X</p>",
        "<p aria-hidden='true'>X</p>",
        "<style>X</style><script>X</script><!-- X -->",
    ],
)
def test_hidden_html_is_not_read(hidden: str) -> None:
    assert html_text(f"<html><body><p>Hello <b>Bob</b></p>{hidden}</body></html>") == "Hello Bob"


def test_visible_html_is_read_line_by_line() -> None:
    page = "<p style='font-size:12px;color:#333'>One</p><div style='background:#000;color:#fff'>Two<br>Three</div>"
    assert html_text(page).split() == ["One", "Two", "Three"]
    assert html_text("<p>Yes</p><blockquote>Old</blockquote>") == "Yes\n\n> Old"
    assert html_text("") == ""


def test_the_html_part_is_what_counts() -> None:
    item = Mail.model_validate({"id": "1", "body": "hidden from people", "html": "<p>shown to people</p>"})
    assert visible_mail(item).text == "shown to people"


def test_markup_in_the_text_field_is_read_as_html() -> None:
    assert visible_mail(Mail(id="1", body="<html><body><p>Hi</p></body></html>")).text == "Hi"


def test_a_long_body_keeps_its_start_and_its_end() -> None:
    shown = visible_mail(Mail(id="1", body="start " + "x" * 300_000 + " end")).text
    assert len(shown) <= HEAD_LIMIT + TAIL_LIMIT + 2
    assert shown.startswith("start")
    assert shown.endswith("end")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes, do it.\n\nOn Monday Bob wrote:\n> Shall I?", "Yes, do it."),
        ("> Shall I?\n\nYes, do it.", "Yes, do it."),
        ("Am Montag schrieb Bob:\n> Soll ich?\n\nJa, bitte.", "Ja, bitte."),
        ("Agreed.\n\n-----Original Message-----\nFrom: Bob\nSent: Monday\n\nShall I?", "Agreed."),
        ("D'accord.\n\nDe : Bob\nEnvoyé : lundi\n\nPuis-je ?", "D'accord."),
        ("See you.\n\n-- \nAna Brandt\nDirector", "See you."),
        ("-----Original Message-----\nFrom: Bob\nTo: Ana\n\nPlease pay.", "From: Bob\nTo: Ana\n\nPlease pay."),
        ("> Please pay.", "Please pay."),
        ("", ""),
    ],
)
def test_own_words_are_told_from_quoted_ones(text: str, expected: str) -> None:
    assert own_text(text).split() == expected.split() or own_text(text).endswith("Please pay.")


def test_a_list_of_points_is_no_signature() -> None:
    text = "Please check:\n- the budget\n- the dates"
    assert own_text(text) == text


@given(st.text(alphabet="On wrote:\n> -_From Sent a", max_size=400))
def test_any_text_has_own_words_from_its_lines(text: str) -> None:
    for line in own_text(text).split("\n"):
        assert line.strip() in text


def test_absurd_nesting_is_cut_before_the_parser_sees_it() -> None:
    page = "<div>shown</div>" * 2_000 + "<div>" * 100_000 + "too deep"
    text = html_text(page)
    assert text.startswith("shown")
    assert "too deep" not in text
    assert html_text("<p>one<br>" * 300).count("one") == 300
