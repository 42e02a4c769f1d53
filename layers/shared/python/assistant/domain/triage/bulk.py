"""Tells mail a person wrote from mail sent in bulk and from spam: structure plus hashed words."""

import math
import re
from collections.abc import Mapping
from typing import Final

from assistant.domain.triage.cues import Cue, words
from assistant.domain.triage.hashing import hashed_counts, word_shape
from assistant.domain.triage.lexicon import listed
from assistant.domain.triage.lures import count_traps
from assistant.domain.triage.reading import Reading
from assistant.domain.triage.sender_name import is_brand, is_chinese_person, is_named_address, is_signed, organization

CONVERSATION: Final = "conversation"
BULK: Final = "bulk"
SPAM: Final = "spam"
KINDS: Final = (CONVERSATION, BULK, SPAM)
_HASHED_WORDS = 300
_LONG_LINE = 100

_ROLES = re.compile(
    r"(?:^|[._+-])(?:no-?reply|do-?not-?reply|newsletters?|news|digest|deals?|offers?|promo\w*|marketing|mailer|"
    r"mailing|"
    r"notifications?|notify|alerts?|updates?|bounces?|subscriptions?|info|hello|team|billing|service|support|"
    r"daemon|postmaster|rss\w*|feeds?|boletin|ofertas|infos?|angebote|noticias|actualites|receipts?|invoices?|payments?|orders?|"
    r"ship(?:ping|ments?)|tracking|delivery|booking|reservations?|confirmations?|calendar|tickets?|servicedesk|"
    r"helpdesk|jira|builds?|ci|monitor(?:ing)?|system|admin|security|account|edm|crew|editors?|community|rewards|"
    r"pedidos|facturas|envios|commandes?|livraison|facturation|bestellung(?:en)?|rechnung|versand|buchung|"
    r"rundbrief|lettre|redaktion|aktionen|bots?|robot|\w*portal|check-?in|bookings|appointments?|members?|"
    r"customer-?(?:care|services?)|kundenservice|kundendienst|service-?clients?|espace-?clients?|reservas?|"
    r"reservierung(?:en)?|citas|avisos?|hinweise?|backups?|status|reports?|scheduler|deploy(?:ments?)?)(?:$|[._+-])",
    re.IGNORECASE,
)
_ROBOTS = re.compile(
    r"no-?reply|do-?not-?reply|no-?responder|ne-?pas-?repondre|nicht-?antworten|mailer-daemon|postmaster|"
    r"notification|newsletter|digest|bounce|receipts?$|^rss|^feeds?|^jira$|^builds?$|^ci$",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://([^\s/>\"'<)\]]+)|www\.([^\s/>\"'<)\]]+)", re.IGNORECASE)
_MONEY = re.compile(r"[$€£¥]\s?\d|\d\s?(?:[€£元]|(?:usd|eur|dollars|euros)\b)", re.IGNORECASE)
_PERCENT = re.compile(r"\d\s?%")
_PHONE = re.compile(r"(?:\+?\d[ ().-]?){9,14}")
_TRAILING_CODE = re.compile(r"\s{2,}\S{3,}$|[\[\(]?\b[a-z0-9]{6,}\d[a-z0-9]*\b[\]\)]?$", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[\w.+=$%-]{8,}@[\w.-]+\.[\w-]+|[\w.+=-]{8,}@[\w-]+")
_BARE_HOST = re.compile(r"https?://\d+\.\d+\.\d+\.\d+|https?://[^\s/]+:\d+", re.IGNORECASE)
_LINK_QUERY = re.compile(r"https?://\S+[?&]\w+=", re.IGNORECASE)
_FREE_MAIL = re.compile(r"^(?:hotmail|yahoo|gmail|outlook|aol|gmx|web|163|qq|126)\.")
_SUBJECT_TAG = re.compile(r"\[[^\]]{0,40}\]")
_REPLY = re.compile(r"^\s*(?:re|aw|antw|rv|sv|回复|答复|回覆)\s*[:：]", re.IGNORECASE)
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|enc|转发|轉發)\s*[:：]", re.IGNORECASE)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|hola|bonjour|salut|hallo|liebe[rs]?|guten tag|您好|你好)\b[ ,]*(\w*)", re.IGNORECASE
)
_FULL_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:[ ,]+[^\W\d_][\w.'’-]*){1,3}")
_CAMPAIGN_HEADERS = ("feedback-id", "list-unsubscribe-post")
_LIST_HEADERS = ("list-id", "list-post", "x-beenthere", "mailing-list", "x-mailing-list")
_REPLIES = ("in-reply-to", "references")
# A letter followed by a digit that looks like one: "paypa1", "micros0ft"; a trailing number is a name's own.
_LOOKALIKE = re.compile(r"(?<![0-9])[a-z]{2,}[0134](?=[a-z])|[a-z]{3,}[01](?=-)|[a-z]{4,}[a4][1](?![0-9a-z])")

_CUE_FEATURES: Final = (
    Cue.ASK, Cue.THANKS, Cue.MEETING, Cue.SEND, Cue.CREDENTIALS, Cue.ADVANCE_FEE, Cue.PROMOTION, Cue.MARKETING_SPAM,
    Cue.UNSUBSCRIBE, Cue.AUTOMATED, Cue.SOCIAL, Cue.PUBLICATION, Cue.OUTAGE, Cue.ESCALATION, Cue.CALM,
)  # fmt: skip


MARKS_TO_DECIDE: Final = 3
_MARKS_NEEDED = 2
_ONE_PHRASE = 0.2
_LURE_MARKS: Final = tuple(f"cue_{cue}" for cue in (Cue.CREDENTIALS, Cue.ADVANCE_FEE, Cue.MARKETING_SPAM))
_MARKS: Final = (
    "list_id", "list_unsubscribe", "precedence", "auto_submitted", "campaign", "html_only", "false_reply",
    "foreign_message_id", "odd_message_id", "return_path_differs", "return_path_tagged", "errors_to",
    "reply_to_differs", "lookalike",
    "role_address", "robot_address", "brand_name", "no_recipient", "unreadable",
    "subject_marks", "subject_money", "subject_code",
    "links", "bare_host", "link_query", "trap", "money", "percent", "exclamations", "phone",
    *(f"cue_{cue}" for cue in (
        Cue.UNSUBSCRIBE, Cue.MARKETING_SPAM, Cue.ADVANCE_FEE, Cue.CREDENTIALS, Cue.SOCIAL, Cue.PROMOTION,
        Cue.PUBLICATION, Cue.AUTOMATED,
    )),
)  # fmt: skip


def is_discussion_list(headers: Mapping[str, str]) -> bool:
    """Whether the headers say a list of people distributed the mail (RFC 2369, RFC 2919, Precedence)."""
    posts = headers.get("list-post", "")
    return (
        ("list-id" in headers and ("list-post" in headers or "in-reply-to" in headers or "references" in headers))
        or "x-beenthere" in headers
        or "mailing-list" in headers
        or headers.get("precedence", "").strip().lower() == "list"
        or ("list-id" in headers and headers.get("precedence", "").strip().lower() == "bulk")
    ) and not posts.strip().upper().startswith("NO")


def is_automatic(headers: Mapping[str, str]) -> bool:
    """Whether a program sent the mail by its own account (RFC 3834, X-Auto-Response-Suppress)."""
    submitted = headers.get("auto-submitted", "no").strip().lower()
    return submitted != "no" or headers.get("x-auto-response-suppress", "").strip().lower() == "all"


def has_lookalike(domain: str) -> bool:
    """Whether the domain writes a digit where a letter belongs: "paypa1"."""
    return bool(_LOOKALIKE.search(domain.lower()))


def automation_marks(reading: Reading) -> int:
    """Count the independent signs that a program sent the mail: headers, address and footer.

    Auto-Submitted is the program's own declaration (RFC 3834) and counts for all it takes.
    """
    headers, counts = reading.visible.headers, reading.shown_counts
    return sum(
        (
            "list-unsubscribe" in headers,
            any(name in headers for name in _CAMPAIGN_HEADERS),
            MARKS_TO_DECIDE * is_automatic(headers),
            headers.get("precedence", "").strip().lower() in ("bulk", "junk"),
            bool(_ROLES.search(reading.visible.sender.local_part)) or is_robot(reading.visible.sender.address),
            counts.get(Cue.UNSUBSCRIBE, 0) > 0,
            counts.get(Cue.AUTOMATED, 0) > 0,
        )
    )


def is_subscription(reading: Reading) -> bool:
    """Whether the mail can be unsubscribed from (RFC 2369) and sells none of what spam sells."""
    headers = reading.visible.headers
    sells = reading.shown_counts.get(Cue.MARKETING_SPAM, 0)
    return "list-unsubscribe" in headers and not is_discussion_list(headers) and not sells


def is_reply(subject: str) -> bool:
    """Whether the subject marks an answer."""
    return bool(_REPLY.match(subject))


def is_free_mail(domain: str) -> bool:
    """Whether anybody can get an address at ``domain``."""
    return bool(_FREE_MAIL.search(domain))


def is_robot(address: str) -> bool:
    """Whether no person reads answers at this address."""
    return bool(_ROBOTS.search(address.rpartition("@")[0]))


def has_machine_marks(features: Mapping[str, float], *, faceless: bool = False) -> bool:
    """Whether at least two hard marks of bulk mail are among the ``kind_features``; ``faceless`` counts as one.

    The model alone may take an unfamiliar style of personal mail for bulk; a person's mail lacks the marks.
    """
    # At an address nobody reads there is no person.
    robot = int(features["robot_address"])
    marks = sum(features[name] > 0 for name in _MARKS)
    return marks + robot + faceless + _more_lures(features) >= _MARKS_NEEDED


def is_faceless(features: Mapping[str, float]) -> bool:
    """Whether nobody in particular writes to anybody in particular: no name in address, signature or greeting."""
    return not any(
        features[name] for name in ("named_address", "signed", "named_greeting", "is_reply", "reply_headers")
    )


def _more_lures(features: Mapping[str, float]) -> int:
    """Count lure cues said by more than one phrase: each is a mark of its own."""
    return sum(features[name] > _ONE_PHRASE for name in _LURE_MARKS)


def kind_terms(reading: Reading, buckets: int) -> dict[int, float]:
    """Return the hashed words of subject and body start; pairs of words did not help on unseen senders."""
    subject = [word for word, _, _ in words(_SUBJECT_TAG.sub("", reading.visible.subject))]
    body = [word for word, _, _ in reading.body_tokens[:_HASHED_WORDS]]
    return hashed_counts([f"s:{word_shape(word)}" for word in subject] + [word_shape(word) for word in body], buckets)


def kind_features(reading: Reading) -> dict[str, float]:
    """Return the structural features, each between 0 and about 1."""
    return {
        **_header_features(reading),
        **_sender_features(reading),
        **_subject_features(reading.visible.subject),
        **_body_features(reading),
        **{f"cue_{cue}": min(reading.shown_counts.get(cue, 0), 5) / 5 for cue in _CUE_FEATURES},
    }


KIND_FEATURES: Final = (
    "list_id", "list_unsubscribe", "precedence", "auto_submitted", "campaign", "reply_headers",
    "return_path_differs", "return_path_tagged", "reply_to_differs", "html_only", "errors_to",
    "foreign_message_id", "odd_message_id", "false_reply", "marked_urgent", "role_address", "robot_address",
    "digits_in_address", "has_name", "two_word_name", "brand_name", "named_address", "signed",
    "free_mail", "lookalike", "no_recipient", "many_recipients",
    "is_reply", "is_forward", "subject_caps", "subject_marks", "subject_money", "subject_code", "subject_empty",
    "long", "links", "foreign_links", "caps", "exclamations", "questions", "money", "percent", "phone",
    "quoted", "first_person", "second_person", "named_greeting", "greeting", "long_lines", "bare_host",
    "link_query", "empty", "unreadable", "symbols", "trap",
    *(f"cue_{cue}" for cue in _CUE_FEATURES),
)  # fmt: skip


def _header_features(reading: Reading) -> dict[str, float]:
    # A discussion list's headers say how the mail travelled, not who wrote it: spam reaches lists too.
    headers = {} if is_discussion_list(reading.visible.headers) else reading.visible.headers
    own_domain = sender = organization(reading.visible.sender.domain)
    message_id = headers.get("message-id", "").strip("<> ")
    return_path = headers.get("return-path", "").strip("<> ")
    reply_to = headers.get("reply-to", "")
    return {
        "list_id": float(any(name in headers for name in _LIST_HEADERS)),
        "list_unsubscribe": float("list-unsubscribe" in headers),
        "precedence": float(headers.get("precedence", "").lower() in ("bulk", "junk", "list")),
        "auto_submitted": float(is_automatic(headers)),
        "campaign": float(any("campaign" in name or name in _CAMPAIGN_HEADERS for name in headers)),
        "reply_headers": float(any(name in headers for name in _REPLIES)),
        "return_path_differs": float("@" in return_path and own_domain not in return_path.lower()),
        "return_path_tagged": float(bool(re.search(r"[+=].*@|bounce|\d{5,}", return_path))),
        "reply_to_differs": float("@" in reply_to and own_domain not in reply_to.lower()),
        "html_only": float(headers.get("content-type", "").lower().startswith("text/html")),
        "errors_to": float("errors-to" in headers),
        "foreign_message_id": float(bool(message_id) and organization(message_id.rpartition("@")[2]) != sender),
        "odd_message_id": float(bool(message_id) and not _MESSAGE_ID.fullmatch(message_id)),
        "false_reply": float(
            bool(headers) and is_reply(reading.visible.subject) and not any(name in headers for name in _REPLIES)
        ),
        "marked_urgent": float(
            headers.get("x-priority", "3")[:1] in ("1", "2") or "high" in headers.get("importance", "")
        ),
    }


def _sender_features(reading: Reading) -> dict[str, float]:
    sender = reading.visible.sender
    recipients = reading.visible.to + reading.visible.cc
    return {
        "role_address": float(bool(_ROLES.search(sender.local_part))),
        "robot_address": float(is_robot(sender.address)),
        "digits_in_address": min(sum(char.isdigit() for char in sender.local_part), 4) / 4,
        "has_name": float(bool(sender.name)),
        "two_word_name": float(bool(_FULL_NAME.fullmatch(sender.name)) or is_chinese_person(sender.name)),
        "brand_name": float(is_brand(sender)),
        "named_address": float(is_named_address(sender)),
        "signed": float(is_signed(reading)),
        "free_mail": float(is_free_mail(sender.domain)),
        "lookalike": float(has_lookalike(sender.domain)),
        "no_recipient": float(not recipients),
        "many_recipients": min(len(recipients), 8) / 8,
    }


def _subject_features(subject: str) -> dict[str, float]:
    letters = [char for char in subject if char.isalpha()]
    return {
        "is_reply": float(is_reply(subject)),
        "is_forward": float(bool(_FORWARD.match(subject))),
        "subject_caps": sum(char.isupper() for char in letters) / len(letters) if letters else 0.0,
        "subject_marks": min(subject.count("!") + subject.count("！") + subject.count("$"), 3) / 3,
        "subject_money": float(bool(_MONEY.search(subject) or _PERCENT.search(subject))),
        "subject_code": float(bool(_TRAILING_CODE.search(subject))),
        "subject_empty": float(not letters),
    }


def _body_features(reading: Reading) -> dict[str, float]:
    text = reading.visible.text
    folded = [word for word, _, _ in reading.body_tokens]
    size = max(len(folded), 20)
    letters = sum(map(str.isalpha, text)) or 1
    foreign = foreign_hosts(reading)
    lines = [line for line in text.split("\n") if line.strip()]
    greeting = _GREETING.match(reading.visible.own)
    return {
        "long": min(math.log1p(len(folded)) / 7, 1.2),
        "links": min(20 * len(_URL.findall(text)) / size, 1.0),
        "foreign_links": min(len(foreign), 4) / 4,
        "caps": min(3 * sum(map(str.isupper, text)) / letters, 1.0),
        "exclamations": min(30 * (text.count("!") + text.count("！")) / size, 1.0),
        "questions": min(30 * (text.count("?") + text.count("？")) / size, 1.0),
        "money": min(20 * len(_MONEY.findall(text)) / size, 1.0),
        "percent": min(20 * len(_PERCENT.findall(text)) / size, 1.0),
        "phone": float(bool(_PHONE.search(text))),
        "quoted": sum(line.lstrip().startswith(">") for line in lines) / max(len(lines), 1),
        "first_person": min(15 * sum(word in _FIRST_PERSON for word in folded) / size, 1.0),
        "second_person": min(15 * sum(word in _SECOND_PERSON for word in folded) / size, 1.0),
        "named_greeting": float(bool(greeting and greeting[1])),
        "greeting": float(bool(greeting)),
        "long_lines": min(sum(len(line) > _LONG_LINE for line in lines) / max(len(lines), 1), 1.0),
        "bare_host": float(bool(_BARE_HOST.search(text))),
        "link_query": min(len(_LINK_QUERY.findall(text)), 3) / 3,
        "empty": float(not folded),
        "unreadable": min(10 * text.count("\ufffd") / max(len(text), 20), 1.0),
        "symbols": min(40 * sum(map(text.count, "*=_~★✅🔥►•")) / max(len(text), 200), 1.0),
        "trap": count_traps(reading) / 2 if foreign else 0.0,
    }


def foreign_hosts(reading: Reading) -> frozenset[str]:
    """Return the organizations linked to, by domain, other than the sender's own."""
    hosts = {organization((first or second).lower()) for first, second in _URL.findall(reading.visible.text)}
    return frozenset(hosts - {organization(reading.visible.sender.domain)})


_FIRST_PERSON = frozenset(
    listed("""i, me, my, mine, i'm, we, our, us, yo, mi, je, j, mon, ma, ich, mir, mich, mein, meine, wir, uns""")
)
_SECOND_PERSON = frozenset(
    listed("""you, your, yours, tu, tus, su, usted, vous, votre, vos, sie, ihr, ihre, ihnen, dein, deine, du""")
)
