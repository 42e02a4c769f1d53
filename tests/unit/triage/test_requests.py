"""What the sender asks of the reader: the shape of a sentence, open questions, five languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.triage.cues import find_cues, words
from assistant.domain.triage.reading import read
from assistant.domain.triage.requests import (
    REQUEST_FEATURES,
    SENTENCE_FEATURES,
    find_request,
    request_features,
    sentence_features,
)
from assistant.domain.triage.weights import shipped_weights
from tests.unit.triage.mails import mail


def shape(text: str) -> dict[str, float]:
    return sentence_features(text, list(find_cues(text)), [word for word, _, _ in words(text)])


def asks(body: str) -> float:
    return find_request(read(mail("Tuesday", body)), shipped_weights(), deadline=False).probability


def asked(body: str) -> float:
    return request_features(read(mail("Tuesday", body)), shipped_weights().sentence, deadline=False)["asked"]


@pytest.mark.parametrize(
    "text",
    [
        "Which of the two rooms suits you?",
        "The second table is for you, Ines.",
        "¿Y usted?",
        "Qu'en pensez-vous ?",
        "Passt das für Sie?",
        "这份报告是给您的。",
    ],
)
def test_the_reader_is_addressed_whatever_mark_follows(text: str) -> None:
    assert shape(text)["you"] == 1


@pytest.mark.parametrize("text", ["Youth tickets are sold out.", "Das Haus steht leer.", "火车晚点了。"])
def test_a_word_that_merely_looks_like_the_reader_addresses_nobody(text: str) -> None:
    assert shape(text)["you"] == 0


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("Check the second page.", True),
        ("And send the slides to Ines.", True),
        ("Llame al almacén.", True),
        ("Regarde la deuxième page.", True),
        ("Schau auf die zweite Seite.", True),
        ("The check is on the second page.", False),
    ],
)
def test_a_command_starts_its_sentence(text: str, starts: bool) -> None:
    assert shape(text)["imperative"] == float(starts)


@pytest.mark.parametrize(
    "body",
    [
        "Why did the build break? Because the disk was full.",
        "Did we win the tender? Yes, by a wide margin.",
        "¿Por qué falló la copia? Porque el disco estaba lleno.",
        "Pourquoi la copie a-t-elle échoué ? Parce que le disque était plein.",
        "Warum ist die Sicherung gescheitert? Weil die Platte voll war.",
        "备份为什么失败了？因为磁盘满了。",
    ],
)
def test_a_question_its_sender_answers_is_not_open(body: str) -> None:
    assert asked(body) == 0


@pytest.mark.parametrize(
    "body",
    [
        "Why did the build break? The log ends at midnight.",
        "Could you look at the log? No hurry.",
        "Did we win the tender? Yes, by a wide margin. Who tells the team?",
        "Is the room free?",
    ],
)
def test_any_other_question_is_open(body: str) -> None:
    assert asked(body) == 1


@pytest.mark.parametrize(
    ("requests", "news"),
    [
        (
            ["Could you send me the signed offer?", "Look at the draft, please.", "Which room do we use?"],
            ["The offer was signed yesterday.", "Thanks, that suits me.", "We had a good time in Rome."],
        ),
        (
            ["¿Puedes enviarme la oferta firmada?", "Revisa el borrador.", "Dime si te va bien el martes."],
            ["La oferta se firmó ayer.", "Gracias, me va bien.", "Lo pasamos muy bien en Roma."],
        ),
        (
            ["Pouvez-vous m'envoyer l'offre signée ?", "Dites-moi si mardi convient.", "As-tu reçu les clés ?"],
            ["L'offre a été signée hier.", "Merci, ça me convient.", "Nous avons passé un bon moment à Rome."],
        ),
        (
            ["Können Sie mir das Angebot schicken?", "Sag mir, ob Dienstag passt.", "Hast du die Schlüssel?"],
            ["Das Angebot wurde gestern unterschrieben.", "Danke, das passt mir.", "Wir waren gern in Rom."],
        ),
        (
            ["您能把签好的报价单发给我吗？", "请看一下草稿。", "你收到钥匙了吗？"],
            ["报价单昨天签了。", "谢谢，我可以。", "我们在罗马过得很愉快。"],
        ),
    ],
    ids=["en", "es", "fr", "de", "zh"],
)
def test_requests_stand_out_from_news_in_every_language(requests: list[str], news: list[str]) -> None:
    assert min(asks(body) for body in requests) > 0.5
    assert max(asks(body) for body in news) < 0.3


def test_the_strongest_sentence_is_shown() -> None:
    found = find_request(
        read(mail("Tuesday", "The hall is booked. Could you send me the guest list? See the plan below.")),
        shipped_weights(),
        deadline=False,
    )
    assert found.sentence is not None
    assert found.sentence.text == "Could you send me the guest list?"


def test_an_empty_mail_asks_nothing() -> None:
    found = find_request(read(mail("", "")), shipped_weights(), deadline=False)
    assert found.sentence is None
    assert found.probability < 0.3


@given(st.text(max_size=200))
def test_features_are_the_trained_ones_and_lie_between_0_and_1(text: str) -> None:
    values = request_features(read(mail("s", text)), shipped_weights().sentence, deadline=True)
    assert set(values) == set(REQUEST_FEATURES)
    assert set(shape(text)) == set(SENTENCE_FEATURES)
    assert all(0 <= value <= 1 for value in (*values.values(), *shape(text).values()))
