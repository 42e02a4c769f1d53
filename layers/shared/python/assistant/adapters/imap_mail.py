"""Mailboxes behind IMAP and SMTP, of a mail server that takes the tokens of its company's OpenID provider (XOAUTH2).

All of it is in one file, as the example of what an integration takes.

A message's id is its EMAILID (RFC 8474), which stays when it moves; the server has to offer that, MOVE (RFC 6851) and
UIDPLUS (RFC 4315). Labels are keywords. The server tells nothing of changes but to whom stays connected: a cursor holds
what the newest messages of the inbox were like, and new mail is found by reconciliation. SMTP cannot tell afterwards
whether a mail left whose answer got lost: one in doubt keeps the keyword ``$SubmitPending`` and is not sent again.
"""

import json
import logging
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime
from smtplib import SMTP_SSL, SMTPAuthenticationError, SMTPDataError, SMTPException
from ssl import SSLContext, create_default_context
from typing import Any, Final, Self
from urllib.parse import quote, unquote, urlsplit

from imapclient import imapclient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError
from imapclient.imapclient import IMAPClient

from assistant.adapters.oauth_clients import OAuthClient
from assistant.domain.connections import Connection
from assistant.domain.errors import (
    AssistantError,
    Conflict,
    ConnectionBroken,
    Forbidden,
    InvalidRequest,
    NotFound,
    Unavailable,
)
from assistant.domain.mail_mime import read_message, write_message
from assistant.domain.mailbox import (
    CursorExpired,
    Draft,
    Folder,
    MailboxChanges,
    MailboxMessage,
    MailQuery,
    MessagePage,
    MessageState,
    OutgoingMail,
)
from assistant.ports.connections import AccessTokens
from assistant.ports.runtime import Clock

logger = logging.getLogger(__name__)

# A call is two attempts at most, each of a few commands: within the time of every function that opens mailboxes.
SECONDS: Final = 10.0
ATTEMPTS: Final = 2
_NEEDED: Final = ("OBJECTID", "MOVE", "UIDPLUS")
_INBOX: Final = "INBOX"
# What SPECIAL-USE (RFC 6154) calls a folder, and what it is called where the server does not say.
_SPECIAL: Final[Mapping[Folder, tuple[bytes, str]]] = {
    Folder.ARCHIVE: (imapclient.ARCHIVE, "Archive"),
    Folder.SENT: (imapclient.SENT, "Sent"),
    Folder.DRAFTS: (imapclient.DRAFTS, "Drafts"),
    Folder.JUNK: (imapclient.JUNK, "Junk"),
    Folder.TRASH: (imapclient.TRASH, "Trash"),
}
# No folder at all, or one that shows messages of others.
_UNREAL: Final = frozenset({b"\\Noselect", b"\\NonExistent", imapclient.ALL, imapclient.FLAGGED})
_STATE: Final = ("FLAGS", "EMAILID")
_MESSAGE: Final = ("FLAGS", "EMAILID", "THREADID", "INTERNALDATE", "BODY.PEEK[]")
# Keywords of RFC 5550; those that begin so are no labels.
_KEYWORD: Final = b"$"
_PENDING: Final = b"$SubmitPending"
_SUBMITTED: Final = b"$Submitted"
# Of so many messages of the inbox changes are told; whatever arrives always is.
_FOLLOWED: Final = 300
_ARRIVALS_A_PAGE: Final = 100
_TAKEN: Final = frozenset({250, 251})
_LASTING: Final = 500

type _Fetched = Mapping[bytes, Any]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where a mail server is, over TLS from the first byte: ``imaps://host:993`` and ``smtps://host:465``."""

    imap_url: str
    smtp_url: str
    tls: SSLContext | None = None
    seconds: float = SECONDS


class _Account:
    """One account at the server: signed in on first use, and anew where the connection broke."""

    def __init__(self, server: MailServer, connection: Connection, tokens: AccessTokens) -> None:
        self._server = server
        self._tls = server.tls or create_default_context()
        self._connection = connection
        self._tokens = tokens
        self._client: IMAPClient | None = None

    def __call__[T](self, work: Callable[[IMAPClient], T]) -> T:
        """Return what ``work`` does, which may be begun again; raises what the port says."""
        for left in reversed(range(ATTEMPTS)):
            try:
                return work(self._signed_in())
            except (OSError, IMAPClientAbortError) as error:
                self.close()
                if not left:
                    raise Unavailable("The mail server does not answer right now.") from error
            except IMAPClientError as error:
                raise _refusal(str(error)) from error
        raise AssertionError("the last attempt returns or raises")

    def submit(self, message: bytes, recipients: Sequence[str], *, in_doubt: Callable[[], None]) -> None:
        """Hand a mail over to all of its recipients or none; ``in_doubt`` runs before its text goes.

        Raises:
            InvalidRequest: an address is refused; SMTPDataError: the text is. Nothing left then.
            OSError: nobody knows.

        """
        at = urlsplit(self._server.smtp_url)
        with SMTP_SSL(at.hostname or "", at.port or 465, timeout=self._server.seconds, context=self._tls) as smtp:
            smtp.ehlo()
            # The mailbox opens all the same: who may not send is not let in anew by another consent.
            self._authenticated(lambda token: _smtp_login(smtp, self._connection.account, token), opens=False)
            smtp.mail(self._connection.account, ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else [])
            if any(not one.isascii() or smtp.rcpt(one)[0] not in _TAKEN for one in recipients):
                raise InvalidRequest("The mail server refuses an address, so nothing was sent.")
            in_doubt()
            code, answer = smtp.data(message)
            if code not in _TAKEN:
                raise SMTPDataError(code, answer)

    def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client:
            try:
                client.shutdown()
            except OSError:
                return

    def _signed_in(self) -> IMAPClient:
        if self._client is None:
            at = urlsplit(self._server.imap_url)
            client = IMAPClient(at.hostname, at.port or 993, ssl_context=self._tls, timeout=self._server.seconds)
            client.normalise_times = False
            self._client = client
            self._authenticated(lambda token: _imap_login(client, self._connection.account, token), opens=True)
            if missing := [one for one in _NEEDED if not client.has_capability(one)]:
                self.close()
                raise Forbidden(f"The mail server does not offer {', '.join(missing)}, which the assistant needs.")
        return self._client

    def _authenticated(self, login: Callable[[str], object], *, opens: bool) -> None:
        token = self._tokens.token(self._connection)
        try:
            login(token)
        except ConnectionBroken:
            token = self._tokens.renew(self._connection, token)
            try:
                login(token)
            except ConnectionBroken:
                if opens:
                    self._tokens.give_up(self._connection, token)
                raise


class ImapMailBox:
    """Implements ``ports.MailBox``; for one thread at a time."""

    def __init__(self, account: _Account, address: str, clock: Clock) -> None:
        self._account = account
        self._address = address
        self._clock = clock
        self._roles: dict[str, Folder] = {}
        self._places: dict[str, str] = {}
        self._submitted: set[str] = set()

    def search(self, query: MailQuery, *, page: str | None = None, limit: int = 100) -> MessagePage:
        """Return ids of messages that have all of the words, the newest first; a page begins where one ended."""
        before = tuple(json.loads(page)) if page else None
        found = self._account(lambda client: self._found(client, query))
        rest = sorted((key for key in found if before is None or key < before), reverse=True)
        some = rest[:limit]
        return MessagePage(tuple(key[-1] for key in some), json.dumps(some[-1]) if len(rest) > limit else None)

    def get(self, message_id: str) -> MailboxMessage:
        """Return a message with its text."""

        def read(client: IMAPClient) -> MailboxMessage:
            folder, uid = self._selected(client, message_id)
            return self._message(folder, _one(client, uid, _MESSAGE))

        return self._account(read)

    def state(self, message_id: str) -> MessageState:
        """Return where a message lies and how it is marked, without its text."""

        def read(client: IMAPClient) -> MessageState:
            folder, uid = self._selected(client, message_id)
            return self._state(folder, _one(client, uid, _STATE))

        return self._account(read)

    def thread(self, thread_id: str) -> Sequence[MailboxMessage]:
        """Return the messages of a conversation; where the server knows none, each message is one."""

        def read(client: IMAPClient) -> list[MailboxMessage]:
            fetched: list[tuple[str, _Fetched]] = []
            for folder in self._folders(client):
                client.select_folder(folder, readonly=True)
                found = client.search(["OR", "THREADID", thread_id, "EMAILID", thread_id, "UNDELETED"])
                fetched += [(folder, one) for one in client.fetch(found, _MESSAGE).values()]
            return [self._message(folder, one) for folder, one in sorted(fetched, key=_arrival)]

        messages = self._account(read)
        if not messages:
            raise NotFound("The conversation is gone.")
        return messages

    def label(self, message_id: str, *, add: Set[str] = frozenset(), remove: Set[str] = frozenset()) -> None:
        """Set and take keywords, in which what they cannot hold is written as in URLs, with ``=``."""

        def store(client: IMAPClient) -> None:
            _, uid = self._selected(client, message_id)
            if add:
                client.add_flags(uid, [_keyword(name) for name in sorted(add)], silent=True)
            if remove:
                client.remove_flags(uid, [_keyword(name) for name in sorted(remove)], silent=True)

        self._account(store)

    def move(self, message_id: str, folder: Folder) -> str:
        """Move; the id stays."""

        def move(client: IMAPClient) -> None:
            lies_in, uid = self._selected(client, message_id)
            if self._role(lies_in) is not folder:
                self._places[message_id] = self._moved(client, uid, folder)

        self._account(move)
        return message_id

    def draft(self, mail: OutgoingMail) -> str:
        """Keep a draft and return its id."""
        return self._account(lambda client: _id(self._drafted(client, mail)[1]))

    def find_draft(self, message_id: str) -> Draft | None:
        """Return the draft; one that was sent or deleted meanwhile is none."""

        def find(client: IMAPClient) -> Draft | None:
            written = self._written(client, message_id, Folder.DRAFTS)
            if written is None:
                return None
            folder = self._named(client, Folder.DRAFTS)
            message = self._message(folder, _one(client, written[0], _MESSAGE))
            return Draft(message.mail.id, message.mail)

        return self._account(find)

    def delete_draft(self, draft_id: str) -> None:
        """Delete a draft; what became of one that was sent stays."""

        def erase(client: IMAPClient) -> None:
            folder, uid = self._selected(client, draft_id)
            if self._role(folder) is Folder.DRAFTS:
                client.add_flags(uid, [imapclient.DELETED], silent=True)
                client.uid_expunge(uid)

        try:
            self._account(erase)
        except NotFound:
            return

    def send(self, mail: OutgoingMail) -> str:
        """Send the draft and keep it with what was sent; raises Conflict where nobody knows whether it left."""
        return self._account(lambda client: self._sent(client, mail))

    def cursor(self) -> str:
        """Return the cursor of now."""

        def read(client: IMAPClient) -> str:
            selected = client.select_folder(_INBOX, readonly=True)
            uids = sorted(client.search())[-_FOLLOWED:]
            return _cursor(selected[b"UIDVALIDITY"], selected[b"UIDNEXT"], client.fetch(uids, _STATE))

        return self._account(read)

    def changes(self, cursor: str) -> MailboxChanges:
        """Return what changed in the inbox since the cursor, a page at a time."""
        return self._account(lambda client: _changes(client, json.loads(cursor)))

    def watch(self) -> None:
        """Return None: there are no notifications."""

    def unwatch(self) -> None:
        """Do nothing: there are no notifications."""

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._account.close()

    def _folders(self, client: IMAPClient) -> Sequence[str]:
        """Return the folders that hold messages, the inbox first."""
        if not self._roles:
            listed = [(flags, name) for flags, _, name in client.list_folders() if not _UNREAL & set(flags)]
            self._roles = {_INBOX: Folder.INBOX} | {name: Folder.ARCHIVE for _, name in listed if name != _INBOX}
            for role, (flag, usual) in _SPECIAL.items():
                known = [name for flags, name in listed if flag in flags]
                known += [name for _, name in listed if name == usual]
                if known:
                    self._roles[known[0]] = role
        return tuple(self._roles)

    def _role(self, folder: str) -> Folder:
        return self._roles[folder]

    def _named(self, client: IMAPClient, role: Folder) -> str:
        """Return the folder of this role, made where there is none; of places to keep mails in, the usual one."""
        usual = _SPECIAL[role][1] if role in _SPECIAL else _INBOX
        known = [name for name in self._folders(client) if self._role(name) is role]
        if role is Folder.ARCHIVE and usual not in known:
            known = [name for name in known if name.rpartition("/")[2] == usual]
        if known:
            return usual if usual in known else known[0]
        client.create_folder(usual)
        self._roles[usual] = role
        return usual

    def _selected(self, client: IMAPClient, message_id: str) -> tuple[str, int]:
        """Select the folder a message lies in; return that and its UID there."""
        known = self._folders(client)
        found = self._located(client, message_id, known)
        if found is None:
            # The user may have moved it into a folder they made meanwhile.
            self._roles = {}
            found = self._located(client, message_id, [name for name in self._folders(client) if name not in known])
        if found is None:
            raise NotFound("The message is gone.")
        return found

    def _located(self, client: IMAPClient, message_id: str, folders: Iterable[str]) -> tuple[str, int] | None:
        last = self._places.get(message_id, _INBOX)
        for folder in sorted(folders, key=lambda name: name != last):
            client.select_folder(folder)
            if uids := client.search(["EMAILID", message_id, "UNDELETED"]):
                self._places[message_id] = folder
                return folder, uids[0]
        return None

    def _moved(self, client: IMAPClient, uid: int, role: Folder) -> str:
        folder = self._named(client, role)
        client.move(uid, folder)
        return folder

    def _found(self, client: IMAPClient, query: MailQuery) -> list[tuple[float, int, str]]:
        """Return time, UID and id of what is looked for."""
        criteria: list[object] = [part for word in query.words.split() for part in ("TEXT", word)]
        if query.since:
            criteria += ["SINCE", (query.since - timedelta(days=1)).date()]
        hidden = () if query.folder else (Folder.JUNK, Folder.TRASH)
        found = []
        for folder in self._folders(client):
            if self._role(folder) in hidden or query.folder not in (None, self._role(folder)):
                continue
            client.select_folder(folder, readonly=True)
            uids = client.search([*criteria, "UNDELETED"], None if query.words.isascii() else "UTF-8")
            for uid, one in client.fetch(uids, ("INTERNALDATE", "EMAILID")).items():
                if query.since is None or one[b"INTERNALDATE"] >= query.since:
                    found.append((one[b"INTERNALDATE"].timestamp(), uid, _id(one)))
        return found

    def _message(self, folder: str, fetched: _Fetched) -> MailboxMessage:
        mail, attachments = read_message(
            fetched[b"BODY[]"],
            message_id=_id(fetched),
            thread_id=_text(fetched[b"THREADID"]) or _id(fetched),
            received_at=fetched[b"INTERNALDATE"],
        )
        return MailboxMessage(mail, self._state(folder, fetched), attachments)

    def _state(self, folder: str, fetched: _Fetched) -> MessageState:
        flags = fetched[b"FLAGS"]
        labels = frozenset(_label(flag) for flag in flags if not flag.startswith((b"\\", _KEYWORD)))
        return MessageState(self._role(folder), labels, unread=imapclient.SEEN not in flags)

    def _written(self, client: IMAPClient, message_id: str, role: Folder) -> tuple[int, _Fetched] | None:
        """Select the folder; return UID and state of the mail with this Message-ID there.

        The server finds whatever contains it (RFC 9051, 6.4.4).
        """
        client.select_folder(self._named(client, role))
        uids = client.search(["HEADER", "Message-ID", message_id, "UNDELETED"])
        found = client.fetch(uids, (*_STATE, "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"))
        return next(((uid, one) for uid, one in sorted(found.items()) if _message_id(one) == message_id), None)

    def _drafted(self, client: IMAPClient, mail: OutgoingMail) -> tuple[int, _Fetched]:
        if written := self._written(client, mail.message_id, Folder.DRAFTS):
            return written
        flags = (imapclient.SEEN, imapclient.DRAFT)
        client.append(self._named(client, Folder.DRAFTS), self._signed(mail), flags, self._clock.now())
        written = self._written(client, mail.message_id, Folder.DRAFTS)
        if written is None:
            raise Unavailable("The draft is not there yet. Please look again shortly.")
        return written

    def _sent(self, client: IMAPClient, mail: OutgoingMail) -> str:
        if sent := self._written(client, mail.message_id, Folder.SENT):
            return _id(sent[1])
        uid, draft = self._drafted(client, mail)
        if _SUBMITTED not in draft[b"FLAGS"]:
            if mail.message_id not in self._submitted:
                if _PENDING in draft[b"FLAGS"]:
                    raise Conflict("Nobody knows whether this mail left: please look, and send it if it did not.")
                self._submit(client, uid, mail)
                self._submitted.add(mail.message_id)
            client.set_flags(uid, [imapclient.SEEN, _SUBMITTED], silent=True)
        self._places[_id(draft)] = self._moved(client, uid, Folder.SENT)
        return _id(draft)

    def _submit(self, client: IMAPClient, uid: int, mail: OutgoingMail) -> None:
        try:
            self._account.submit(
                self._signed(mail),
                (*mail.to, *mail.cc),
                in_doubt=lambda: client.add_flags(uid, [_PENDING], silent=True),
            )
        except SMTPDataError as error:
            client.remove_flags(uid, [_PENDING], silent=True)
            raise _smtp_refusal(error.smtp_code) from error
        except SMTPException as error:
            raise Unavailable("The mail server takes no mail right now.") from error

    def _signed(self, mail: OutgoingMail) -> bytes:
        """Return the mail with what providers of mailboxes add themselves."""
        own = f"From: {self._address}\r\nDate: {format_datetime(self._clock.now())}\r\n"
        return own.encode() + write_message(mail)


class ImapMailBoxes:
    """Implements ``ports.MailBoxes`` for accounts at one mail server."""

    @classmethod
    def registered(cls, registration: OAuthClient, tokens: AccessTokens, clock: Clock) -> Self:
        """Return those at the mail server of a registration; raises Conflict where it does not say where that is."""
        return cls(MailServer(registration.address("imap"), registration.address("smtp")), tokens, clock)

    def __init__(self, server: MailServer, tokens: AccessTokens, clock: Clock) -> None:
        self._server = server
        self._tokens = tokens
        self._clock = clock

    def open(self, connection: Connection) -> ImapMailBox:
        """Return the mailbox; its first call connects."""
        return ImapMailBox(_Account(self._server, connection, self._tokens), connection.account, self._clock)


def _imap_login(client: IMAPClient, user: str, token: str) -> None:
    try:
        client.oauth2_login(user, token)
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise error.__context__ from None
        if "[UNAVAILABLE]" in str(error).upper():
            raise Unavailable("The mail server lets nobody in right now.") from None
        raise ConnectionBroken("The mail server no longer accepts the connection. Please connect it again.") from None


def _smtp_login(smtp: SMTP_SSL, user: str, token: str) -> None:
    first = f"user={user}\1auth=Bearer {token}\1\1"
    try:
        # A challenge is why the token is refused, and wants an empty answer.
        smtp.auth("XOAUTH2", lambda challenge=None: first if challenge is None else "")
    except SMTPAuthenticationError as error:
        if error.smtp_code < _LASTING:
            raise Unavailable("The mail server lets nobody in right now.") from None
        raise ConnectionBroken("The mail server no longer accepts the connection. Please connect it again.") from None


def _changes(client: IMAPClient, since: Mapping[str, Any]) -> MailboxChanges:
    selected = client.select_folder(_INBOX, readonly=True)
    if selected[b"UIDVALIDITY"] != since["validity"]:
        raise CursorExpired
    # The last message is always found by a range to the last.
    new = sorted(uid for uid in client.search(f"UID {since['next']}:* UNDELETED") if uid >= since["next"])
    some, more = new[:_ARRIVALS_A_PAGE], len(new) > _ARRIVALS_A_PAGE
    followed = {int(uid): (message_id, was) for uid, (message_id, was) in since["followed"].items()}
    now = client.fetch([*followed, *some], _STATE)
    arrived = [_id(now[uid]) for uid in some if uid in now]
    following = {uid: now[uid] for uid in sorted(now)[-_FOLLOWED:]}
    return MailboxChanges(
        arrived=tuple(arrived),
        changed=tuple(known for uid, (known, was) in followed.items() if uid in now and _mark(now[uid]) != was),
        removed=tuple(known for uid, (known, _) in followed.items() if uid not in now and known not in arrived),
        cursor=_cursor(since["validity"], some[-1] + 1 if more else max(selected[b"UIDNEXT"], *some, 0), following),
        more=more,
    )


def _cursor(validity: int, next_uid: int, followed: Mapping[int, _Fetched]) -> str:
    marks = {uid: (_id(one), _mark(one)) for uid, one in followed.items()}
    return json.dumps({"validity": validity, "next": next_uid, "followed": marks}, separators=(",", ":"))


def _mark(fetched: _Fetched) -> int:
    """Return what is other once the flags are, in a few digits."""
    return zlib.crc32(b" ".join(sorted(flag for flag in fetched[b"FLAGS"] if flag != imapclient.RECENT)))


def _one(client: IMAPClient, uid: int, parts: Iterable[str]) -> _Fetched:
    fetched: Mapping[int, _Fetched] = client.fetch([uid], parts)
    if uid not in fetched:
        raise NotFound("The message is gone.")
    return fetched[uid]


def _id(fetched: _Fetched) -> str:
    return _text(fetched[b"EMAILID"])


def _message_id(fetched: _Fetched) -> str:
    return str(message_from_bytes(fetched[b"BODY[HEADER.FIELDS (MESSAGE-ID)]"])["Message-ID"] or "").strip()


def _text(value: object) -> str:
    """Return an object id, which stands in parentheses; nothing for NIL."""
    return value[0].decode() if isinstance(value, tuple) else ""


def _arrival(found: tuple[str, _Fetched]) -> datetime:
    arrived: datetime = found[1][b"INTERNALDATE"]
    return arrived


def _keyword(label: str) -> bytes:
    """Return a label as an atom (RFC 9051, 9)."""
    return quote(label, safe="/&+,:;<>?@!'|^`#").replace("%", "=").encode()


def _label(keyword: bytes) -> str:
    return unquote(keyword.decode("ascii", "replace").replace("=", "%"))


def _refusal(answer: str) -> AssistantError:
    """Return what a NO means, by its response code (RFC 5530)."""
    if "[NOPERM]" in answer.upper():
        return Forbidden("The mail server does not allow this.")
    if any(code in answer.upper() for code in ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")):
        return Unavailable("The mail server cannot do this right now.")
    return AssistantError("The mail server refuses the request.")


def _smtp_refusal(code: int) -> AssistantError:
    if code < _LASTING:
        return Unavailable("The mail server takes no mail right now.")
    return InvalidRequest("The mail server refuses the mail, so nothing was sent.")
