"""A mail server on loopback: pymap's IMAP and aiosmtpd's SMTP, over TLS, which take XOAUTH2 tokens of one account.

pymap lacks SPECIAL-USE and CONDSTORE, and keeps keywords only where it is told to.
"""

import asyncio
import ssl
import threading
from argparse import Namespace
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from imapclient.imapclient import DELETED, SEEN, IMAPClient
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Identity, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPServer
from pymap.parsing.specials.flag import Recent, Wildcard, get_system_flags
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.external import ExternalVerificationRequired
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import BuiltinHash
from pysasl.mechanism.oauth import OAuth2Mechanism

from assistant.adapters.imap_mail import MailServer
from assistant.domain.mail import Mail
from assistant.domain.mail_mime import read_message
from assistant.domain.mailbox import Folder, MessageState
from assistant.ports.runtime import Clock

LOOPBACK = "127.0.0.1"
ADDRESS = "user@company.com"
FOLDERS = {
    Folder.INBOX: "INBOX",
    Folder.ARCHIVE: "Archive",
    Folder.SENT: "Sent",
    Folder.DRAFTS: "Drafts",
    Folder.JUNK: "Junk",
    Folder.TRASH: "Trash",
}


@dataclass
class ImapServer:
    """One account: the tokens it takes, what its SMTP says next, and what left by it. Implements ``MailboxSide``.

    It asks ``issued_by_company`` of a token that it does not know.

    ``answers`` are SMTP's to the text of mails, in order: a line, or what happens instead once the mail was taken.
    Whoever is in ``unknown`` gets no mail; ``lacks`` are extensions that it does not offer.
    """

    clock: Clock
    tls: ssl.SSLContext
    tokens: set[str] = field(default_factory=lambda: {"token-1"})
    issued_by_company: Callable[[str], bool] = lambda _: False
    unknown: set[str] = field(default_factory=set)
    lacks: set[bytes] = field(default_factory=set)
    answers: list[str | Callable[[], None]] = field(default_factory=list)
    left: list[bytes] = field(default_factory=list)
    imap_port: int = 0
    smtp_port: int = 0

    def __post_init__(self) -> None:
        self._count = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._config = _Config(self)

    @property
    def server(self) -> MailServer:
        """Where it is."""
        return MailServer(
            f"imaps://{LOOPBACK}:{self.imap_port}",
            f"smtps://{LOOPBACK}:{self.smtp_port}",
            ssl.create_default_context(cadata=self.certificate.decode()),
        )

    @property
    def certificate(self) -> bytes:
        """What its TLS is to be trusted by, as PEM."""
        return _certificate()[0]

    def takes(self, token: str) -> bool:
        """Whether a token is one of the account."""
        return token in self.tokens or self.issued_by_company(token)

    # The side of the user and the senders.

    def receive(self, mail: Mail, *, folder: Folder = Folder.INBOX) -> str:
        self._count += 1
        with self._user() as user:
            raw = _mime(mail, self._references(user, mail), self._count)
            return _appended(user, _made(user, folder), raw, self._arrival(mail))

    def receive_raw(self, raw: bytes) -> str:
        """A message arrives in the inbox as these bytes."""
        with self._user() as user:
            return _appended(user, FOLDERS[Folder.INBOX], raw, self.clock.now())

    def change(self, message_id: str, state: MessageState) -> None:
        with self._user() as user:
            uid = _found(user, message_id)
            user.set_flags(uid, [*sorted(state.labels), *([] if state.unread else [SEEN])])
            user.move(uid, _made(user, state.folder))

    def erase(self, message_id: str) -> None:
        with self._user() as user:
            uid = _found(user, message_id)
            user.add_flags(uid, [DELETED])
            user.uid_expunge(uid)

    def sent(self) -> Sequence[Mail]:
        """What SMTP took, by the id it has in the folder of sent mail."""
        with self._user() as user:
            kept = {one.headers["message-id"]: one for one in self._mails(user, Folder.SENT)}
            return [kept[str(message_from_bytes(raw)["Message-ID"])] for raw in self.left]

    def drafts(self) -> Sequence[Mail]:
        with self._user() as user:
            return self._mails(user, Folder.DRAFTS)

    def labels(self, message_id: str) -> Set[str]:
        """What the user sees on a message of theirs."""
        with self._user() as user:
            uid = _found(user, message_id)
            flags = user.fetch(uid, ["FLAGS"])[uid][b"FLAGS"]
            return {flag.decode() for flag in flags if not flag.startswith((b"\\", b"$"))}

    def find_loosely(self) -> None:
        """A header is found by what it contains, always."""

    def forget_changes(self) -> None:
        self._config.set_cache[ADDRESS][0]._inbox._uid_validity += 1

    # The side of the operator.

    def drop_imap(self) -> None:
        """End every IMAP connection."""
        for writer in tuple(self._writers):
            self._loop.call_soon_threadsafe(writer.transport.abort)

    def drop_smtp(self) -> None:
        """End every SMTP connection."""
        self._smtp_listener.abort_clients()

    async def start(self) -> None:
        """Listen."""
        self._loop = asyncio.get_running_loop()
        imap = IMAPServer(_Login(self._config, self), self._config)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            try:
                await imap(reader, writer, SocketInfoLocal(writer))
            except ConnectionError:
                return
            finally:
                self._writers.discard(writer)

        imap_listener = await asyncio.start_server(serve, LOOPBACK, 0, ssl=self.tls)
        smtp_listener = await self._loop.create_server(
            lambda: SMTP(_Submission(self), auth_require_tls=False, loop=self._loop),
            LOOPBACK,
            0,
            ssl=self.tls,
        )
        self._listeners, self._smtp_listener = (imap_listener, smtp_listener), smtp_listener
        self.imap_port = imap_listener.sockets[0].getsockname()[1]
        self.smtp_port = smtp_listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and end what is connected."""
        for listener in self._listeners:
            listener.close()
            listener.close_clients()
        for listener in self._listeners:
            await listener.wait_closed()

    @contextmanager
    def _user(self) -> Iterator[IMAPClient]:
        at = self.server
        self.tokens.add("the user's own")
        with IMAPClient(LOOPBACK, self.imap_port, ssl_context=at.tls) as client:
            client.normalise_times = False
            client.oauth2_login(ADDRESS, "the user's own")
            yield client

    def _arrival(self, mail: Mail) -> datetime:
        return mail.received_at or self.clock.now()

    def _references(self, user: IMAPClient, mail: Mail) -> str | None:
        """Return the Message-ID of the conversation the mail joins."""
        if mail.thread_id is None:
            return None
        user.select_folder("INBOX")
        first = user.search(["THREADID", mail.thread_id])[0]
        header = user.fetch(first, ["BODY.PEEK[HEADER]"])[first][b"BODY[HEADER]"]
        return str(message_from_bytes(header)["Message-ID"])

    def _mails(self, user: IMAPClient, folder: Folder) -> list[Mail]:
        user.select_folder(_made(user, folder))
        found = user.fetch(user.search(), ["EMAILID", "BODY.PEEK[]", "INTERNALDATE"])
        return [
            read_message(one[b"BODY[]"], message_id=_id(one), thread_id="", received_at=one[b"INTERNALDATE"])[0]
            for one in found.values()
        ]


@contextmanager
def serve_imap(clock: Clock) -> Iterator[ImapServer]:
    """Serve until the block ends."""
    api = ImapServer(clock, _server_tls())
    started, end = threading.Event(), threading.Event()

    async def live() -> None:
        await api.start()
        started.set()
        await asyncio.to_thread(end.wait)
        await api.stop()

    keywords = property(lambda _: (get_system_flags() - {Recent}) | {Wildcard})
    with patch.object(MailboxData, "permanent_flags", keywords):
        thread = threading.Thread(target=asyncio.run, args=(live(),))
        thread.start()
        try:
            assert started.wait(10)
            yield api
        finally:
            end.set()
            thread.join()


class _Config(Config):
    """pymap's memory, for one account and its tokens."""

    def __init__(self, api: ImapServer) -> None:
        self._api = api
        super().__init__(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            demo_data=False,
            demo_user=ADDRESS,
            demo_password="",
            host=LOOPBACK,
            port=0,
            tls_enabled=False,
            ssl_context=api.tls,
            hash_context=BuiltinHash(),
        )

    @property
    def login_capability(self) -> Sequence[bytes]:
        return [one for one in super().login_capability if one not in self._api.lacks]

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth([OAuth2Mechanism()])


class _Login(Login):
    def __init__(self, config: Config, api: ImapServer) -> None:
        super().__init__(config)
        self._api = api
        self.users_dict[ADDRESS] = UserMetadata(config, ADDRESS)

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        try:
            credentials.verify(None)
        except ExternalVerificationRequired as required:
            if credentials.authzid == ADDRESS and required.token and self._api.takes(required.token):
                return Identity(ADDRESS, self, None, frozenset())
        raise InvalidAuth


class _Submission:
    """What aiosmtpd asks."""

    def __init__(self, api: ImapServer) -> None:
        self._api = api

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802, ARG002 named by aiosmtpd
        user, token, *_ = b64decode(args[1]).decode().split("\1")
        good = user == f"user={ADDRESS}" and self._api.takes(token.removeprefix("auth=Bearer "))
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(  # noqa: N802 named by aiosmtpd
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if address in self._api.unknown:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        answer = self._api.answers.pop(0) if self._api.answers else "250 OK"
        if isinstance(answer, str) and not answer.startswith("250"):
            return answer
        assert isinstance(envelope.content, bytes)
        self._api.left.append(envelope.content)
        if isinstance(answer, str):
            return answer
        answer()
        return "250 OK"


def _appended(user: IMAPClient, folder: str, raw: bytes, at: datetime) -> str:
    user.append(folder, raw, (), at)
    user.select_folder(folder)
    newest = user.search()[-1]
    return _id(user.fetch(newest, ["EMAILID"])[newest])


def _made(user: IMAPClient, folder: Folder) -> str:
    name = FOLDERS[folder]
    if not user.folder_exists(name):
        user.create_folder(name)
    return name


def _found(user: IMAPClient, message_id: str) -> int:
    """Select the folder of a message; return its UID."""
    for _, _, name in user.list_folders():
        user.select_folder(name)
        if uids := user.search(["EMAILID", message_id]):
            return int(uids[0])
    raise AssertionError(message_id)


def _id(fetched: Any) -> str:
    return str(fetched[b"EMAILID"][0].decode())


def _mime(mail: Mail, in_reply_to: str | None, number: int) -> bytes:
    """A mail as it is delivered: no two are the same."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["Received"] = f"from sender by {LOOPBACK} with ESMTPS id {number}"
    fields = {
        "From": mail.sender,
        "To": ", ".join(mail.to),
        "Subject": mail.subject,
        "Message-ID": f"<{number}@sender.example>",
        "In-Reply-To": in_reply_to,
    }
    for name, value in {**fields, **{name.title(): value for name, value in mail.headers.items()}}.items():
        if value:
            del message[name]
            message[name] = value
    message.set_content(mail.body)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()


def _server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        certificate.write_bytes(_certificate()[0])
        key.write_bytes(_certificate()[1])
        context.load_cert_chain(certificate, key)
    return context


@cache
def _certificate() -> tuple[bytes, bytes]:
    """A certificate of this machine that it signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
