"""A real mail server on loopback whose answers a test decides."""

import asyncio
import datetime
import email
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = "250 2.0.0 taken"


@dataclass
class MailServer:
    """Mails that arrived, and the answers to give.

    Attributes:
        replies: to RCPT, by the recipient's address. ``data_reply``: to the mail.
        silent: commands that get no answer.
        on_data: called with every mail, before its acknowledgement.
        cuts: the connection ends after DATA, before the mail is acknowledged.
    """

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    data_reply: str = OK
    login_is_right: bool = True
    silent: bool = False
    cuts: bool = False
    connections: int = 0
    on_data: Callable[[], object] = lambda: None
    was_encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.silent:
            await asyncio.Event().wait()
        if (reply := self.replies.get(address)) is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        if self.data_reply == OK:
            self.raw.append(content)
            self.taken.append(email.message_from_bytes(content, policy=default))
            self.recipients.extend(envelope.rcpt_tos)
            self.was_encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        self.on_data()
        if self.cuts:
            server.transport.abort()
        return self.data_reply

    def login(self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Whether the user may send."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.login_is_right, handled=False)


@asynccontextmanager
async def running_mail_server(
    *, implicit: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, needs_login: bool = False
) -> AsyncIterator[MailServer]:
    """The server, until the end of the body."""
    server = MailServer()
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        server.connections += 1
        return SMTP(
            server,
            hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=server.login,
            auth_required=needs_login,
            auth_require_tls=starttls is not None,
            loop=loop,
        )

    listening = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


@dataclass(frozen=True)
class Certificate:
    """Contexts of a server named ``localhost`` and of a client that trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_certificate(folder: Path, name: str = "localhost") -> Certificate:
    """A certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return Certificate(server, ssl.create_default_context(cadata=pem.decode()))
