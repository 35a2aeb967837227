"""Keeps the data keys of remote key-management services unwrapped: in the background, bounded, tenant by tenant."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gateway_contracts.base import Contract
from gateway_contracts.config import KmsConfig, WrappedDek
from gateway_contracts.errors import GatewayError
from gateway_kit.crypto.errors import KmsRefused
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.fairness import Shares
from gateway_kit.logging import get_logger

log = get_logger(__name__)

REFRESH_S: Final = 3600.0
"""So often each key is asked for again: an outage is noticed, and a withdrawn key is out of use within this time."""
CALL_DEADLINE_S: Final = 6.0
CALLS_MAX: Final = 16
# One tenant's silent service must not take all places, nor must those of several.
CALLS_PER_TENANT_MAX: Final = 2
_RESERVE: Final = 4
RETRY_FIRST_S: Final = 1.0
RETRY_LAST_S: Final = 60.0
_ROUND_S: Final = 1.0


@dataclass
class _Attempts:
    """Results of the calls for one key."""

    failures: int = 0
    not_before: float = 0.0
    is_tried: bool = False


@dataclass
class KeyKeeper:
    """Runs beside a keyring. ``now`` is a monotonic clock in seconds."""

    keyring: Keyring
    directory: KmsDirectory
    now: Callable[[], float] = time.monotonic
    _attempts: dict[str, _Attempts] = field(default_factory=dict)
    _calls: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _places: Shares = field(default_factory=lambda: Shares(CALLS_MAX, per_lane=CALLS_PER_TENANT_MAX, reserve=_RESERVE))

    def __post_init__(self) -> None:
        self.keyring.remote.changed = self._wake.set

    def changed(self, key: str, record: Contract | None) -> None:
        """A record of the configuration bucket came or went; others than keys and their services are ignored."""
        if key.startswith("dek."):
            self._dek_changed(key, record)
        elif key.startswith("kms."):
            self._kms_changed(key, record)

    def _dek_changed(self, key: str, record: Contract | None) -> None:
        if not isinstance(record, WrappedDek):
            self.keyring.forget(key)
            self._attempts.pop(key, None)
            return
        try:
            self.keyring.load(record)
        except (GatewayError, ValueError) as exc:
            # Wrapped under another key, or damaged: what it protects is unavailable, everything else goes on.
            log.error("keys.unusable", key=key, error=type(exc).__name__)

    def _kms_changed(self, key: str, record: Contract | None) -> None:
        if isinstance(record, KmsConfig):
            self.directory.put(record)
            for attempts in self._attempts.values():
                attempts.not_before = 0.0
            self._wake.set()
            return
        _, owner, generation = key.split(".")
        self.directory.remove("" if owner == "system" else owner, int(generation))

    async def settle(self, timeout_s: float) -> None:
        """Wait until every key was asked for once, or that many seconds: a start must not depend on them."""
        deadline = self.now() + timeout_s
        while self.now() < deadline:
            self._start_due()
            waiting = [key for key in self.keyring.remote.records() if not self._attempt(key).is_tried]
            if not waiting:
                return
            tasks = [self._calls[key] for key in waiting if key in self._calls]
            if not tasks:
                return
            await asyncio.wait(tasks, timeout=deadline - self.now(), return_when=asyncio.FIRST_COMPLETED)

    async def run(self) -> None:
        """Keep them; ends only by cancellation."""
        try:
            while True:
                self._wake.clear()
                self._start_due()
                try:
                    async with asyncio.timeout(_ROUND_S if self.keyring.remote.records() else None):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            for task in list(self._calls.values()):
                task.cancel()
            await asyncio.gather(*self._calls.values(), return_exceptions=True)

    def _start_due(self) -> None:
        """Those that have waited longest come first: a service that keeps failing does not overtake the others."""
        due = [(key, record) for key, (record, age) in self.keyring.remote.records().items() if self._is_due(key, age)]
        for key, record in sorted(due, key=lambda item: self._attempt(item[0]).not_before):
            if self._places.room(_tenant(key)) > 0:
                self._places.take(_tenant(key))
                task = self._calls[key] = asyncio.create_task(self._unwrap(key, record))
                task.add_done_callback(partial(self._finished, key))

    def _is_due(self, key: str, age: float | None) -> bool:
        is_wanted = age is None or age >= REFRESH_S
        return is_wanted and key not in self._calls and self._attempt(key).not_before <= self.now()

    def _finished(self, key: str, _task: asyncio.Task[None]) -> None:
        self._calls.pop(key, None)
        self._places.release(_tenant(key))
        self._wake.set()

    async def _unwrap(self, key: str, record: WrappedDek) -> None:
        """Edge: whatever a tenant's service answers is a failure of that key alone, and its next call waits longer."""
        try:
            async with asyncio.timeout(CALL_DEADLINE_S):
                dek = await self.directory.unwrap(record)
            self.keyring.remote.unwrapped(key, record, dek)
        except KmsRefused as exc:
            self.keyring.remote.refused(key, record)
            self._failed(key, record, exc)
        except Exception as exc:
            self._failed(key, record, exc)
        else:
            if self._attempt(key).failures:
                log.info("keys.kms_answers_again", organization_id=record.organization_id, kms=record.kms)
            self._attempts[key] = _Attempts(is_tried=True)

    def _failed(self, key: str, record: WrappedDek, exc: Exception) -> None:
        attempts = self._attempt(key)
        if attempts.failures == 0:
            reason = exc.data.get("reason") if isinstance(exc, GatewayError) else None
            log.warning(
                "keys.kms_failed",
                organization_id=record.organization_id,
                kms=record.kms,
                error=type(exc).__name__,
                reason=reason,
            )
        attempts.is_tried = True
        pause = min(RETRY_LAST_S, RETRY_FIRST_S * 2 ** min(attempts.failures, 10))
        attempts.failures += 1
        attempts.not_before = self.now() + pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries

    def _attempt(self, key: str) -> _Attempts:
        return self._attempts.setdefault(key, _Attempts())


def _tenant(key: str) -> str:
    """The organization of a key's name (``dek.org.<id>.…``); of the system's, its version."""
    return key.split(".")[2]
