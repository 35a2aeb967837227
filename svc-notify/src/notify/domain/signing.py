"""Signatures of mail by DKIM (RFC 6376): whose key signs, and what the domain publishes."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DkimPair:
    """A new key.

    Attributes:
        private_key: as PEM.
        public_key: as its record has it.
    """

    private_key: str = field(repr=False)
    public_key: str


@dataclass(frozen=True)
class DkimKey:
    """The key that mail of a domain is signed with."""

    domain: str
    selector: str
    private_key: str = field(repr=False)


def signing_domain(address: str) -> str | None:
    """The domain of an address as DNS has it; None where it has no such form."""
    try:
        return address.rpartition("@")[2].lower().encode("idna").decode() or None
    except UnicodeError:
        return None


def record_name(domain: str, selector: str) -> str:
    """Where receivers look the key up."""
    return f"{selector}._domainkey.{domain}"


def record_of(public_key: str) -> str:
    """The content of the TXT record."""
    return f"v=DKIM1; k=rsa; p={public_key}"
