"""What triage says about a mail, in the mail's language: suggested action, minutes, reasoning."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.triage.cues import Cue
from assistant.domain.triage.decision import Evidence
from assistant.domain.triage.language import Language


class Ground(StrEnum):
    """Why a mail got its category; each has its own wording."""

    URGENT = "urgent"
    PRIORITY_SENDER = "priority_sender"
    REQUEST = "request"
    INFORMS = "informs"
    UNSURE = "unsure"
    UNSURE_PERSON = "unsure_person"
    DISCUSSION = "discussion"
    BULK = "bulk"
    SPAM = "spam"
    DELEGATED = "delegated"
    CORRECTED = "corrected"
    TOPIC = "topic"
    PRIORITY_TOPIC = "priority_topic"
    MUTED_TOPIC = "muted_topic"


TASKS: Final = (Cue.MEETING, Cue.APPROVE, Cue.FIX, Cue.REVIEW, Cue.PAY, Cue.CALL, Cue.SEND, Cue.ANSWER)
_MINUTES: Final[Mapping[Cue, int]] = {
    Cue.MEETING: 30,
    Cue.FIX: 30,
    Cue.REVIEW: 20,
    Cue.SEND: 15,
    Cue.CALL: 15,
    Cue.APPROVE: 10,
    Cue.PAY: 10,
    Cue.ANSWER: 5,
}
_WORDS_A_MINUTE: Final = 220
_READING_LIMIT: Final = 30
_QUOTES_SHOWN: Final = 2

_LANGUAGES: Final = (Language.ENGLISH, Language.SPANISH, Language.FRENCH, Language.GERMAN, Language.CHINESE)


def _row(*texts: str) -> Mapping[Language, str]:
    return dict(zip(_LANGUAGES, texts, strict=True))


_ACTIONS: Final[Mapping[Cue, Mapping[Language, str]]] = {
    Cue.MEETING: _row(
        "Schedule meeting", "Agendar una reunión", "Planifier une réunion", "Termin vereinbaren", "安排会议"
    ),
    Cue.FIX: _row(
        "Get the problem fixed",
        "Resolver el problema",
        "Faire résoudre le problème",
        "Problem beheben lassen",
        "解决问题",
    ),
    Cue.REVIEW: _row(
        "Review and comment", "Revisar y comentar", "Relire et commenter", "Prüfen und kommentieren", "审阅并反馈"
    ),
    Cue.SEND: _row(
        "Send what is asked for",
        "Enviar lo solicitado",
        "Envoyer ce qui est demandé",
        "Gewünschtes senden",
        "发送所需内容",
    ),
    Cue.CALL: _row("Call back", "Devolver la llamada", "Rappeler", "Zurückrufen", "回电"),
    Cue.APPROVE: _row(
        "Decide and answer", "Decidir y responder", "Décider et répondre", "Entscheiden und antworten", "决定并答复"
    ),
    Cue.PAY: _row("Check the payment", "Comprobar el pago", "Vérifier le paiement", "Zahlung prüfen", "核对付款"),
    Cue.ANSWER: _row("Reply", "Responder", "Répondre", "Antworten", "回复"),
}
_READ: Final = _row("Read", "Leer", "Lire", "Lesen", "阅读")
_LATER: Final = _row(
    "Read when convenient", "Leer cuando convenga", "Lire quand cela convient", "Bei Gelegenheit lesen", "有空时阅读"
)
_ARCHIVE: Final = _row("Archive", "Archivar", "Archiver", "Archivieren", "归档")
_SUSPECT: Final = _row(
    "Archive; do not open its links", "Archivar; no abrir sus enlaces", "Archiver ; ne pas ouvrir ses liens",
    "Archivieren; Links nicht öffnen", "归档，不要打开其中的链接",
)  # fmt: skip
_WITHIN_A_DAY: Final = _row(
    "{} within 24 hours", "{} en menos de 24 horas", "{} sous 24 heures", "{} innerhalb von 24 Stunden", "24小时内{}"
)
_UNTIL: Final = _row("{} by {}", "{} antes del {}", "{} avant le {}", "{} bis {}", "{}（{} 之前）")
_DELEGATE: Final = _row(
    "Delegate to {}: {}", "Delegar en {}: {}", "Déléguer à {} : {}", "An {} delegieren: {}", "委派给 {}：{}"
)
_HAND_OVER: Final = _row("Delegate: {}", "Delegar: {}", "Déléguer : {}", "Delegieren: {}", "委派：{}")
_REASONS: Final[Mapping[Ground, Mapping[Language, str]]] = {
    Ground.URGENT: _row("Cannot wait", "No puede esperar", "Ne peut pas attendre", "Kann nicht warten", "不能等待"),
    Ground.PRIORITY_SENDER: _row(
        "From one of your priority senders",
        "De uno de tus remitentes prioritarios",
        "D'un de vos expéditeurs prioritaires",
        "Von einem Ihrer wichtigen Absender",
        "来自您的重要发件人",
    ),
    Ground.REQUEST: _row(
        "Asks something of you", "Te pide algo", "Vous demande quelque chose", "Bittet Sie um etwas", "对您有所请求"
    ),
    Ground.INFORMS: _row("Tells you something", "Te informa de algo", "Vous informe", "Informiert Sie", "供您了解"),
    Ground.UNSURE: _row(
        "Not sure about this one; better seen by you",
        "No es seguro; mejor que lo veas",
        "Pas certain ; mieux vaut que vous le voyiez",
        "Nicht sicher; besser, Sie sehen es selbst",
        "不太确定，建议您亲自查看",
    ),
    Ground.UNSURE_PERSON: _row(
        "Written by a person; better seen by you",
        "Escrito por una persona; mejor que lo veas",
        "Écrit par une personne ; mieux vaut que vous le voyiez",
        "Von einer Person geschrieben; besser, Sie sehen es selbst",
        "由个人撰写，建议您亲自查看",
    ),
    Ground.DISCUSSION: _row(
        "Discussion on a mailing list",
        "Conversación de una lista de correo",
        "Discussion sur une liste de diffusion",
        "Diskussion auf einer Mailingliste",
        "邮件列表中的讨论",
    ),
    Ground.BULK: _row("Sent in bulk", "Envío masivo", "Envoi en nombre", "Massenversand", "群发邮件"),
    Ground.SPAM: _row(
        "Looks like spam or a lure",
        "Parece spam o un engaño",
        "Ressemble à du spam ou à un leurre",
        "Sieht nach Spam oder einem Köder aus",
        "疑似垃圾或诱骗邮件",
    ),
    Ground.DELEGATED: _row(
        "Can be delegated", "Se puede delegar", "Peut être délégué", "Kann delegiert werden", "可以委派"
    ),
    Ground.CORRECTED: _row(
        "As you corrected this sender before",
        "Como corregiste antes con este remitente",
        "Comme vous l'avez corrigé pour cet expéditeur",
        "Wie Sie es für diesen Absender korrigiert haben",
        "依据您此前对该发件人的更正",
    ),
    Ground.TOPIC: _row(
        "As you treated this topic before",
        "Como trataste antes este tema",
        "Comme vous avez traité ce sujet auparavant",
        "Wie Sie dieses Thema bisher behandelt haben",
        "依据您此前对该主题的处理",
    ),
    Ground.PRIORITY_TOPIC: _row(
        "About one of your priority topics",
        "Sobre uno de tus temas prioritarios",
        "Sur l'un de vos sujets prioritaires",
        "Über eines Ihrer wichtigen Themen",
        "涉及您的重要主题",
    ),
    Ground.MUTED_TOPIC: _row(
        "About a topic you muted",
        "Sobre un tema que silenciaste",
        "Sur un sujet que vous avez mis en sourdine",
        "Über ein Thema, das Sie stumm geschaltet haben",
        "涉及您已静音的主题",
    ),
}


def action_for_task(task: Cue, language: Language, *, urgent: bool, due: datetime | None, zone: ZoneInfo) -> str:
    """Return the action a request suggests, with its deadline in the user's zone."""
    action = _ACTIONS[task][language]
    if due is not None:
        return _UNTIL[language].format(action, due.astimezone(zone).strftime("%Y-%m-%d %H:%M"))
    return _WITHIN_A_DAY[language].format(action) if urgent else action


def reading_action(language: Language, *, later: bool) -> str:
    """Return the action for mail that only informs."""
    return (_LATER if later else _READ)[language]


def archive_action(language: Language, *, suspect: bool) -> str:
    """Return the action for mail to put away; a lure gets a warning."""
    return (_SUSPECT if suspect else _ARCHIVE)[language]


def delegate_action(language: Language, delegate_to: str | None, action: str) -> str:
    """Return the action for mail to hand over; ``delegate_to`` comes from the preferences only."""
    return _DELEGATE[language].format(delegate_to, action) if delegate_to else _HAND_OVER[language].format(action)


def task_minutes(task: Cue) -> int:
    """Return the minutes a task usually takes."""
    return _MINUTES[task]


def reading_minutes(words: int) -> int:
    """Return the minutes to read a mail of so many words, 1 to 30."""
    return min(max(1, round(words / _WORDS_A_MINUTE)), _READING_LIMIT)


def reasoning(grounds: Sequence[Ground], evidence: Sequence[Evidence], language: Language) -> str:
    """Return one short sentence: the grounds and up to two quotes."""
    said = "; ".join(_REASONS[ground][language] for ground in grounds)
    quotes = ", ".join(f"“{item.quote}”" for item in evidence[:_QUOTES_SHOWN])
    stop = "。" if language is Language.CHINESE else "."
    colon = "：" if language is Language.CHINESE else ": "
    return f"{said}{colon}{quotes}{stop}" if quotes else f"{said}{stop}"
