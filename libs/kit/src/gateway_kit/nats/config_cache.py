"""The configuration bucket in memory: every service knows tenants, providers and keys without asking."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar, cast

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import DeliverPolicy
from nats.js.errors import NotFoundError

from gateway_contracts.base import Contract
from gateway_contracts.config import (
    ConfigRecord,
    DomainConfig,
    OrganizationConfig,
    ProviderConfig,
    RotationConfig,
    SiteConfig,
)
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.logging import get_logger
from gateway_kit.nats.config_records import PREFIX, STREAM, Entry, Order, read_entry

log = get_logger(__name__)

Record = TypeVar("Record", bound=ConfigRecord)
OnChange = Callable[[str, Contract | None], None]

# A watch is never trusted alone: this often the bucket's last sequence is compared with what was seen.
AUDIT_INTERVAL_S: Final = 30.0
# Entries between the connection and the copy; the connection's reading waits when there are more.
_QUEUE_MAX: Final = 256
# The server forgets a watch of a process that died after this time.
_FORGOTTEN_AFTER_S: Final = 300.0


class ConfigCache:
    """A copy of the bucket, kept by a watch, reloaded after every reconnect and whenever an audit finds a gap.

    It never goes back: what is older than a put or removal that it knows is ignored, also after a reload. Only a bucket
    that was made anew is read without regard to what was known.
    """

    def __init__(self, js: JetStreamContext, on_change: OnChange = lambda key, record: None) -> None:
        self._js = js
        self._on_change = on_change
        self._records: dict[str, ConfigRecord] = {}
        self._orders: dict[str, Order] = {}
        self._revision = 0
        self._created: datetime | None = None
        self._loaded = asyncio.Event()
        self._reload = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether the whole bucket was read at least once."""
        return self._loaded.is_set()

    async def wait_ready(self) -> None:
        """Until the first full load."""
        await self._loaded.wait()

    def organization(self, identifier: str) -> OrganizationConfig | None:
        return self._alive(f"org.{identifier}", OrganizationConfig)

    def site(self, identifier: str) -> SiteConfig | None:
        return self._alive(f"site.{identifier}", SiteConfig)

    def provider(self, identifier: str) -> ProviderConfig | None:
        return self._alive(f"provider.{identifier}", ProviderConfig)

    def domain(self, name: str) -> DomainConfig | None:
        return self._alive(f"domain.{name}", DomainConfig)

    def domains(self) -> list[DomainConfig]:
        """All known custom domains."""
        return [record for record in self._records.values() if isinstance(record, DomainConfig)]

    def rotations(self) -> list[RotationConfig]:
        """Tenants whose stored values are being encrypted again."""
        return [record for record in self._records.values() if isinstance(record, RotationConfig)]

    def _alive(self, key: str, kind: type[Record]) -> Record | None:
        record = self._records.get(key)
        return None if record is None or getattr(record, "deleted", False) else cast(Record, record)

    async def fetch_provider(self, identifier: str) -> ProviderConfig | None:
        """The provider, with one direct read for an id that the copy does not know (yet)."""
        if (known := self.provider(identifier)) is not None:
            return known
        await self._read(f"provider.{identifier}")
        return self.provider(identifier)

    async def reread_provider(self, identifier: str) -> ProviderConfig | None:
        """The provider after one direct read: for a caller who knows of a change that the copy may not have."""
        await self._read(f"provider.{identifier}")
        return self.provider(identifier)

    async def fetch_site(self, identifier: str) -> SiteConfig | None:
        """The site, with one direct read for an id that the copy does not know (yet)."""
        if (known := self.site(identifier)) is not None:
            return known
        await self._read(f"site.{identifier}")
        return self.site(identifier)

    def last_organization(self, identifier: str) -> OrganizationConfig | None:
        """The organization as it was published last, also when it is deleted since."""
        return cast(OrganizationConfig | None, self._records.get(f"org.{identifier}"))

    def last_site(self, identifier: str) -> SiteConfig | None:
        """The site as it was published last, also when it is deleted since."""
        return cast(SiteConfig | None, self._records.get(f"site.{identifier}"))

    def last_provider(self, identifier: str) -> ProviderConfig | None:
        """The provider as it was published last, also when it is deleted since."""
        return cast(ProviderConfig | None, self._records.get(f"provider.{identifier}"))

    async def fetch_last_site(self, identifier: str) -> SiteConfig | None:
        """`last_site`, with one direct read for an id that the copy does not know (yet)."""
        if (known := self.last_site(identifier)) is None:
            await self._read(f"site.{identifier}")
        return known or self.last_site(identifier)

    async def _read(self, key: str) -> None:
        try:
            found = await self._js.get_last_msg(STREAM, PREFIX + key)
        except NotFoundError:
            return
        self._take(read_entry(key, found.seq or 0, found.headers, found.data or b""))

    async def reconnected(self) -> None:
        """The connection was lost in between: read everything again."""
        self._reload.set()

    async def run(self) -> None:
        """Keep the copy; ends only by cancellation."""
        while True:
            self._reload.clear()
            watching = asyncio.create_task(self._watch())
            disturbed = asyncio.create_task(self._until_disturbed())
            try:
                done, _ = await asyncio.wait({watching, disturbed}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Also when this task itself is cancelled: the watch must end before the connection closes.
                await cancel_tasks((watching, disturbed))
            for task in done:
                if (error := task.exception()) is not None:
                    log.warning("config.watch_failed", error=type(error).__name__)
                    await asyncio.sleep(1)

    async def _until_disturbed(self) -> None:
        while not self._reload.is_set():
            try:
                async with asyncio.timeout(AUDIT_INTERVAL_S):
                    await self._reload.wait()
            except TimeoutError:
                state = await self._js.stream_info(STREAM)
                if self.ready and (state.state.last_seq > self._revision or state.created != self._created):
                    log.warning("config.gap", seen=self._revision, last=state.state.last_seq)
                    return

    async def _watch(self) -> None:
        await self._recognise()
        messages: asyncio.Queue[Msg] = asyncio.Queue(_QUEUE_MAX)
        watch = await self._js.subscribe(
            f"{PREFIX}>",
            stream=STREAM,
            cb=messages.put,
            ordered_consumer=True,
            deliver_policy=DeliverPolicy.LAST_PER_SUBJECT,
            inactive_threshold=_FORGOTTEN_AFTER_S,
        )
        try:
            info = await watch.consumer_info()
            is_loading = bool(info.num_pending or watch.delivered)
            seen: set[str] = set()
            if not is_loading:
                self._finish_load(seen)
            while True:
                message = await messages.get()
                metadata = message.metadata
                key = message.subject.removeprefix(PREFIX)
                self._take(read_entry(key, metadata.sequence.stream, message.headers, message.data))
                if is_loading:
                    seen.add(key)
                    if metadata.num_pending == 0:
                        self._finish_load(seen)
                        is_loading = False
        finally:
            await watch.unsubscribe()

    async def _recognise(self) -> None:
        created = (await self._js.stream_info(STREAM)).created
        if created != self._created:
            self._created, self._revision = created, 0
            self._orders.clear()

    def _finish_load(self, seen: set[str]) -> None:
        for key in set(self._records) - seen:
            self._remove(key)
        self._loaded.set()

    def _take(self, entry: Entry) -> None:
        self._revision = max(self._revision, entry.revision)
        known = self._orders.get(entry.key)
        order = entry.order
        if order is None and entry.is_removal and known is not None:
            # Removed by an older version of the gateway, which does not say where that stands.
            order = Order(known.version, is_removal=True)
        if order is not None:
            if known is not None and order < known:
                return
            self._orders[entry.key] = order
        if entry.is_removal:
            self._remove(entry.key)
        elif entry.record is not None:
            self._records[entry.key] = entry.record
            self._on_change(entry.key, entry.record)

    def _remove(self, key: str) -> None:
        if self._records.pop(key, None) is not None:
            self._on_change(key, None)
