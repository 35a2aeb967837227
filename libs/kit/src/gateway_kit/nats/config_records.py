"""Entries of the configuration bucket as they lie in its stream: value, revision, and their place in the order."""

import json
from dataclasses import dataclass
from typing import Final

from gateway_contracts.config import (
    HEADER_CONFIG_VERSION,
    ConfigRecord,
    DomainConfig,
    KmsConfig,
    OrganizationConfig,
    ProviderConfig,
    RotationConfig,
    SiteConfig,
    WrappedDek,
)
from gateway_contracts.topology import CONFIG_BUCKET
from gateway_kit.logging import get_logger

log = get_logger(__name__)

STREAM: Final = f"KV_{CONFIG_BUCKET}"
PREFIX: Final = f"$KV.{CONFIG_BUCKET}."
OPERATION: Final = "KV-Operation"
_REMOVALS: Final = frozenset({"DEL", "PURGE"})

_KINDS: Final[dict[str, type[ConfigRecord]]] = {
    "org": OrganizationConfig,
    "site": SiteConfig,
    "provider": ProviderConfig,
    "domain": DomainConfig,
    "dek": WrappedDek,
    "kms": KmsConfig,
    "rotation": RotationConfig,
}


@dataclass(frozen=True, order=True)
class Order:
    """A place in the history of one key; a removal comes after a put of the same version."""

    version: int
    is_removal: bool


@dataclass(frozen=True)
class Entry:
    """The last message of a key.

    Attributes:
        revision: its sequence in the stream.
        record: None for a removal, and for a value that this version does not understand.
        order: None where an older version of the gateway wrote it and it does not say.
    """

    key: str
    revision: int
    is_removal: bool
    record: ConfigRecord | None
    order: Order | None
    value: bytes = b""


def read_entry(key: str, revision: int, headers: dict[str, str] | None, value: bytes) -> Entry:
    """The entry that a message of the bucket's stream is."""
    headers = headers or {}
    is_removal = headers.get(OPERATION) in _REMOVALS
    record = None if is_removal else _record_of(key, value)
    version = _version_of(headers)
    if version is None and record is not None:
        version = record.order
    order = None if version is None else Order(version, is_removal)
    return Entry(key, revision, is_removal, record, order, value)


def _version_of(headers: dict[str, str]) -> int | None:
    text = headers.get(HEADER_CONFIG_VERSION, "")
    return int(text) if text.isdecimal() and text.isascii() else None


def _record_of(key: str, value: bytes) -> ConfigRecord | None:
    kind = _KINDS.get(key.split(".", 1)[0])
    if kind is None or not value:
        return None
    try:
        return kind.model_validate(json.loads(value))
    except ValueError:
        log.error("config.unreadable", key=key)
        return None
