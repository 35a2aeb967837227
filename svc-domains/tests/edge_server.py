"""A TLS server on loopback that stands for the edge: certificates by name, made by tests."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class EdgeServer:
    """Presents the certificate of a name; for any other name it ends the handshake."""

    folder: Path
    port: int = 0
    contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def issue(self, name: str, *, of: str | None = None, days: int = 90, left: int = 80) -> None:
        """Present a certificate ``of`` a name, which has so many days left, for ``name``."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Authority")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=left - days))
            .not_valid_after(now + timedelta(days=left))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(of or name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        file = self.folder / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self.contexts[name] = context

    def choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        self.asked.append(name or "")
        if name not in self.contexts:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = self.contexts[name]
        return None


@contextlib.asynccontextmanager
async def edge_server(folder: Path) -> AsyncIterator[EdgeServer]:
    """The server, on a free port."""
    edge = EdgeServer(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = edge.choose

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=context)
    edge.port = server.sockets[0].getsockname()[1]
    try:
        yield edge
    finally:
        server.close()
