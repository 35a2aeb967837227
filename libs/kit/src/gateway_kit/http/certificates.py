"""The certificate that a server presents for a name."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from gateway_contracts.texts import clean_text

CONNECT_S: Final = 5.0
_ISSUER_CHARACTERS: Final = 100


class NotReached(Exception):
    """The server takes no connection."""


class NotPresented(Exception):
    """The server ended the handshake without a certificate."""


@dataclass(frozen=True)
class Presented:
    """Contents of a certificate, not verified.

    Attributes:
        names: host names, of which the first part may be ``*``.
        issuer: organization of the authority, or its common name.
    """

    names: tuple[str, ...]
    issuer: str
    valid_from: datetime
    valid_until: datetime

    def covers(self, name: str) -> bool:
        """Whether a browser takes it for this name, which is in ASCII and in lower case."""
        _, _, parent = name.partition(".")
        return name in self.names or f"*.{parent}" in self.names


async def presented_certificate(host: str, port: int, name: str, *, handshake_s: float) -> Presented:
    """Shake hands for the name, as a browser does, and end the connection.

    Raises:
        NotReached: the server takes no connection.
        NotPresented: it has no certificate for the name.
        TimeoutError: it presented none in time.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Who signed it, and for how long, is what is asked here: a wrong certificate has to be seen as well.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except OSError as exc:
        raise NotReached from exc
    try:
        async with asyncio.timeout(handshake_s):
            await writer.start_tls(context, server_hostname=name)
        return _read(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
    except TimeoutError:
        raise
    except (OSError, ValueError) as exc:
        # `ssl.SSLError` is an OSError: the alert of the server, or its end of the connection.
        raise NotPresented from exc
    finally:
        writer.transport.abort()


def _read(encoded: bytes) -> Presented:
    """
    Raises:
        ValueError: it is no certificate.
    """
    certificate = x509.load_der_x509_certificate(encoded)
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(name.lower() for name in alternative.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        names = ()
    return Presented(names, _issuer(certificate), certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _issuer(certificate: x509.Certificate) -> str:
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.issuer.get_attributes_for_oid(kind):
            return clean_text(str(attribute.value), _ISSUER_CHARACTERS)
    return ""
