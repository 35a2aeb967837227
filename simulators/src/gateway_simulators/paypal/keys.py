"""The key that signs webhooks, and its certificate: for a name of PayPal's, up to a root of this simulator's own."""

import base64
import hashlib
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME: Final = "messageverificationcerts.sandbox.paypal.com"
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class SigningKey:
    """The private key and what everybody may fetch."""

    private: RSAPrivateKey
    pem: bytes

    @property
    def identifier(self) -> str:
        """Changes with the certificate, so that no receiver keeps an old one."""
        return f"CERT-{hashlib.sha256(self.pem).hexdigest()[:32]}"

    def signature(self, transmission_id: str, time: str, webhook_id: str, body: bytes) -> str:
        """``PAYPAL-TRANSMISSION-SIG``."""
        text = f"{transmission_id}|{time}|{webhook_id}|{zlib.crc32(body)}"
        return base64.b64encode(self.private.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def new_key(name: str = NAME, *, now: datetime | None = None, days: int = 365) -> SigningKey:
    """A new key with its certificate and root."""
    begin = (now or datetime.now(UTC)) - timedelta(hours=1)
    end = begin + timedelta(days=days)
    root_key, key = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PayPal simulator root")])
    root = (
        _builder(root_name, root_name, root_key, begin, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = (
        _builder(leaf_name, root_name, key, begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "key_encipherment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )
    return SigningKey(key, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in allowed for name in _USAGES})
