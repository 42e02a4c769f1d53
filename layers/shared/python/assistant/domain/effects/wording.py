"""An action in one line, as it is asked about and told: a table of words for each language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from assistant.domain.effects.actions import (
    ArchiveMail,
    CreateEvent,
    DeclineEvent,
    DraftMail,
    EventTime,
    LabelMail,
    MoveEvent,
    PostMessage,
    SendMail,
    SetTaskStatus,
)
from assistant.domain.effects.effect import Effect, Target
from assistant.domain.languages import WrittenLanguage, written_day
from assistant.domain.mail_invisible import one_line, quoted


@dataclass(frozen=True, slots=True)
class EffectWords:
    """What is said of an action; ``day`` is a day by its ``short`` English form, or by its ``long`` one and year."""

    label: str
    put: str
    take: str
    archive: str
    draft: str
    send: str
    post: str
    move: str
    shorten: str
    decline: str
    decline_at: str
    enter: str
    set_status: str
    in_calendar: str
    from_mailbox: str
    in_conversation: str
    no_status: str
    event_untitled: str
    task_untitled: str
    mail_untitled: str
    day: str


EFFECT_WORDS: Final[Mapping[WrittenLanguage, EffectWords]] = {
    WrittenLanguage.ENGLISH: EffectWords(
        label="Label {title}: {changes}.",
        put="put {name} on it",
        take="take {name} off it",
        archive="Archive {title}: move it out of the inbox.",
        draft="Keep a draft of {subject} to {to}.",
        send="Send {subject} to {to}.",
        post="Write to {to} in Slack.",
        move="Move {title} from {was} to {to} ({zone}), and tell its attendees.",
        shorten="Shorten {title} from {was} to {to} ({zone}), and tell its attendees.",
        decline="Decline {title}, and tell its organizer.",
        decline_at="Decline {title}, {at} ({zone}), and tell its organizer.",
        enter="Enter {title} into the calendar of {account}, {at} ({zone}): private, and busy.",
        set_status="Set {title} to {status} where it is kept.",
        in_calendar="in the calendar of {account}",
        from_mailbox="from {account}",
        in_conversation="in the conversation of an existing mail",
        no_status="no status",
        event_untitled="an event without a title",
        task_untitled="a task without a title",
        mail_untitled="a mail without a subject",
        day="{short}",
    ),
    WrittenLanguage.SPANISH: EffectWords(
        label="Etiquetar {title}: {changes}.",
        put="poner {name}",
        take="quitar {name}",
        archive="Archivar {title}: sacarlo de la bandeja de entrada.",
        draft="Guardar un borrador de {subject} para {to}.",
        send="Enviar {subject} a {to}.",
        post="Escribir a {to} en Slack.",
        move="Mover {title} de {was} a {to} ({zone}) y avisar a los asistentes.",
        shorten="Acortar {title} de {was} a {to} ({zone}) y avisar a los asistentes.",
        decline="Rechazar {title} y avisar a quien organiza.",
        decline_at="Rechazar {title}, {at} ({zone}), y avisar a quien organiza.",
        enter="Anotar {title} en el calendario de {account}, {at} ({zone}): privado y ocupado.",
        set_status="Poner {title} en {status} donde se guarda.",
        in_calendar="en el calendario de {account}",
        from_mailbox="desde {account}",
        in_conversation="en la conversación de un correo existente",
        no_status="ningún estado",
        event_untitled="un evento sin título",
        task_untitled="una tarea sin título",
        mail_untitled="un correo sin asunto",
        day="{long} de {year}",
    ),
    WrittenLanguage.FRENCH: EffectWords(
        label="Étiqueter {title} : {changes}.",
        put="mettre {name}",
        take="retirer {name}",
        archive="Archiver {title} : le sortir de la boîte de réception.",
        draft="Garder un brouillon de {subject} pour {to}.",
        send="Envoyer {subject} à {to}.",
        post="Écrire à {to} dans Slack.",
        move="Déplacer {title} de {was} à {to} ({zone}) et prévenir les participants.",
        shorten="Raccourcir {title} de {was} à {to} ({zone}) et prévenir les participants.",
        decline="Décliner {title} et prévenir l’organisateur.",
        decline_at="Décliner {title}, {at} ({zone}), et prévenir l’organisateur.",
        enter="Inscrire {title} dans l’agenda de {account}, {at} ({zone}) : privé et occupé.",
        set_status="Passer {title} à {status} là où c’est conservé.",
        in_calendar="dans l’agenda de {account}",
        from_mailbox="depuis {account}",
        in_conversation="dans la conversation d’un mail existant",
        no_status="aucun statut",
        event_untitled="un événement sans titre",
        task_untitled="une tâche sans titre",
        mail_untitled="un mail sans objet",
        day="{long} {year}",
    ),
    WrittenLanguage.GERMAN: EffectWords(
        label="{title} kennzeichnen: {changes}.",
        put="mit {name}",
        take="ohne {name}",
        archive="{title} archivieren: aus dem Posteingang nehmen.",
        draft="Entwurf von {subject} an {to} aufheben.",
        send="{subject} an {to} senden.",
        post="An {to} in Slack schreiben.",
        move="{title} von {was} auf {to} ({zone}) verschieben und den Teilnehmern Bescheid geben.",
        shorten="{title} von {was} auf {to} ({zone}) kürzen und den Teilnehmern Bescheid geben.",
        decline="{title} absagen und dem Organisator Bescheid geben.",
        decline_at="{title}, {at} ({zone}), absagen und dem Organisator Bescheid geben.",
        enter="{title} in den Kalender von {account} eintragen, {at} ({zone}): privat und belegt.",
        set_status="{title} dort, wo sie steht, auf {status} setzen.",
        in_calendar="im Kalender von {account}",
        from_mailbox="von {account}",
        in_conversation="im Verlauf einer vorhandenen Mail",
        no_status="keinen Status",
        event_untitled="ein Termin ohne Titel",
        task_untitled="eine Aufgabe ohne Titel",
        mail_untitled="eine Mail ohne Betreff",
        day="{long} {year}",
    ),
}


def summary(effect: Effect, language: WrittenLanguage = WrittenLanguage.ENGLISH) -> str:
    """Return the action in one line; what others wrote, as titles, ends neither the line nor its own quotation."""
    words, title = EFFECT_WORDS[language], _title(effect, language)
    match effect.action:
        case LabelMail(add=add, remove=remove):
            put = (words.put.format(name=one_line(name)) for name in add.value)
            take = (words.take.format(name=one_line(name)) for name in remove.value)
            return words.label.format(title=title, changes=", ".join((*put, *take)))
        case ArchiveMail():
            return words.archive.format(title=title)
        case DraftMail() | SendMail() | PostMessage():
            return _written(effect.action, effect.target, words)
        case MoveEvent() | DeclineEvent() as action:
            return _changed(action, _located(title, effect.target, words.in_calendar), language)
        case CreateEvent() as action:
            return _changed(action, title, language)
        case SetTaskStatus(status=status):
            named = quoted(status.value) if status.value else words.no_status
            return words.set_status.format(title=title, status=named)


def _changed(action: MoveEvent | DeclineEvent | CreateEvent, title: str, language: WrittenLanguage) -> str:
    """Return what happens to a calendar, in one line."""
    words = EFFECT_WORDS[language]
    match action:
        case MoveEvent(was=was, to=to, timezone=timezone):
            zone = timezone.value
            shorter = to.value.start == was.value.start and to.value.end < was.value.end
            times = {"was": _told(was.value, zone, language), "to": _told(to.value, zone, language)}
            return (words.shorten if shorter else words.move).format(title=title, zone=zone, **times)
        case DeclineEvent(was=was, timezone=timezone):
            if was.value is None:
                return words.decline.format(title=title)
            when = _told(was.value, timezone.value, language)
            return words.decline_at.format(title=title, at=when, zone=timezone.value)
        case CreateEvent(account=account, at=at, timezone=timezone):
            when = _told(at.value, timezone.value, language)
            return words.enter.format(title=title, account=one_line(account.value), at=when, zone=timezone.value)


def _written(action: DraftMail | SendMail | PostMessage, target: Target, words: EffectWords) -> str:
    """Return what is written to whom, from which account, and whether it follows a mail there, in one line."""
    match action:
        case DraftMail(to=to, subject=subject):
            return words.draft.format(subject=quoted(subject.value), to=_sent_to(to.value, target, words))
        case SendMail(to=to, subject=subject):
            return words.send.format(subject=quoted(subject.value), to=_sent_to(to.value, target, words))
        case PostMessage(to=person):
            address = f" ({one_line(person.value.address)})" if person.value.address else ""
            return words.post.format(to=f"{quoted(person.value.name)}{address}")


def _sent_to(addresses: Sequence[str], target: Target, words: EffectWords) -> str:
    way = f"{words.from_mailbox} {words.in_conversation}" if target.object_id else words.from_mailbox
    return _located(one_line(", ".join(addresses)), target, way)


def _located(said: str, target: Target, place: str) -> str:
    """Return what is said with its place; where no account is known, as it always was, for the hashes of questions."""
    return f"{said} {place.format(account=one_line(target.account))}" if target.account else said


def _title(effect: Effect, language: WrittenLanguage) -> str:
    if one_line(effect.target.title):
        return quoted(effect.target.title)
    words = EFFECT_WORDS[language]
    match effect.action:
        case MoveEvent() | DeclineEvent() | CreateEvent():
            return words.event_untitled
        case SetTaskStatus():
            return words.task_untitled
        case _:
            return words.mail_untitled


def _told(time: EventTime, zone: str, language: WrittenLanguage) -> str:
    """Return ``Mon 20 Jan 2025, 10:00–11:00``."""
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (time.start, time.end))
    until = f"{end:%H:%M}" if end.date() == start.date() else _moment(end, language)
    return f"{_moment(start, language)}–{until}"


def _moment(moment: datetime, language: WrittenLanguage) -> str:
    long = written_day(moment.date(), language)
    day = EFFECT_WORDS[language].day.format(short=f"{moment:%a %d %b %Y}", long=long, year=moment.year)
    return f"{day}, {moment:%H:%M}"
