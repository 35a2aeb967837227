"""Writes the configuration bucket: a put or removal replaces only what is older, also beside other writers.

Each attempt reads the last entry of the key and publishes on the condition that it is still the last one. So an older
version never replaces a newer one, with any number of instances, crashes and restarts (ADR 0028). A removal leaves a
marker with its place in the order and nothing of the value.
"""

from typing import Final

from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from gateway_contracts.config import HEADER_CONFIG_VERSION
from gateway_contracts.errors import Transient
from gateway_kit.logging import get_logger
from gateway_kit.nats.config_records import OPERATION, PREFIX, STREAM, Entry, Order, read_entry

log = get_logger(__name__)

TRIES_MAX: Final = 8
TIMEOUT_S: Final = 5.0
_LAST_SEQUENCE: Final = "Nats-Expected-Last-Subject-Sequence"
# Another writer was faster (the second code: its write is still on its way to the other servers).
_CONFLICTS: Final = frozenset({10071, 10164})
_PURGE: Final = {OPERATION: "PURGE", "Nats-Rollup": "sub"}


class ConfigWriter:
    """Puts and removes keys for a service that may write them."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def write(self, key: str, value: bytes | None, *, version: int) -> bool:
        """Put the value, or remove the key (None). False where a newer entry, or the same, stands already.

        Raises:
            Transient: other writers were faster every time (``CONFIG_CONTESTED``).
            nats.js.errors.APIError, nats.errors.Error: the bus refuses it or does not answer.
        """
        order = Order(version, value is None)
        for _ in range(TRIES_MAX):
            known = await self._last(key)
            if known is not None and _stands(known, order, value):
                if known.order != order:
                    # Usual after a crash between commit and put. At every start: the database is older than the bucket.
                    log.warning("config.older_put_dropped", key=key, version=version)
                return False
            if await self._replace(key, value, version, known):
                return True
        raise Transient("other instances write the same key", code="CONFIG_CONTESTED")

    async def _last(self, key: str) -> Entry | None:
        try:
            found = await self._js.get_last_msg(STREAM, PREFIX + key)
        except NotFoundError:
            return None
        return read_entry(key, found.seq or 0, found.headers, found.data or b"")

    async def _replace(self, key: str, value: bytes | None, version: int, known: Entry | None) -> bool:
        headers = {HEADER_CONFIG_VERSION: str(version), _LAST_SEQUENCE: str(known.revision if known else 0)}
        if value is None:
            headers |= _PURGE
        try:
            await self._js.publish(PREFIX + key, value or b"", headers=headers, timeout=TIMEOUT_S)
        except APIError as exc:
            if exc.err_code in _CONFLICTS:
                log.info("config.contested", key=key)
                return False
            raise
        return True


def _stands(known: Entry, order: Order, value: bytes | None) -> bool:
    """Whether the known entry is not replaced. One of the same order is, where its content differs: a newer version of
    the gateway may write a record in another form."""
    if known.order is None or known.order < order:
        return False
    return known.order > order or known.value == (value or b"")
