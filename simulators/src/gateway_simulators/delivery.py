"""Webhooks out: every event to every endpoint that wants it, signed, retried, and misbehaving where scripted."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from gateway_simulators.ids import new_id
from gateway_simulators.rules import WEBHOOK_KINDS, Rules
from gateway_simulators.settings import Settings
from gateway_simulators.store import Json, Store

log = logging.getLogger("gateway_simulators")

_POLL_S = 0.02
_LOST = frozenset({"drop", "silent"})


@dataclass(frozen=True)
class Request:
    """One attempt of a webhook as it goes over the wire."""

    url: str
    body: bytes
    headers: dict[str, str]


class WebhookFormat(Protocol):
    """Outgoing events, in the store under kind ``event``, with ``id``, ``type`` and ``_account``."""

    subject: str
    """What the provider calls a payment; the name of the payment's id in records and rules."""

    def targets(self, event: Json) -> list[Json]:
        """Receivers of the event: objects with ``id`` and ``url``, in the order in which they are called."""
        ...

    def subject_of(self, event: Json) -> str:
        """The id of the payment that the event concerns, empty if none."""
        ...

    def request(self, record: Json, event: Json, now: float) -> Request | None:
        """One attempt, signed now (real time); None when the endpoint is gone."""
        ...


class Deliveries:
    """One record per event and endpoint: ``pending``, ``held``, ``delivered``, ``failed`` or ``dropped``.

    Webhooks live in real time, also when a simulated clock runs ahead: receivers check the age of signatures.
    """

    def __init__(
        self,
        store: Store,
        rules: Rules,
        settings: Settings,
        webhooks: WebhookFormat,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._rules = rules
        self._settings = settings
        self._webhooks = webhooks
        self._now = now
        self._slots = asyncio.Semaphore(settings.delivery_concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Opens the connections and resumes what an earlier process left pending."""
        timeout = aiohttp.ClientTimeout(total=self._settings.attempt_timeout_s)
        self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        for record in list(self._store.newest_first("delivery"))[::-1]:
            if record["state"] == "pending":
                self._spawn(self._deliver(record["id"], max(0.0, (record["next_attempt_at"] or 0) - self._now())))

    async def close(self) -> None:
        """Stops; what is pending stays so."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def accept(self, event: Json) -> None:
        """Takes an event that has just happened."""
        endpoints = self._webhooks.targets(event)
        for endpoint in endpoints:
            subject = {self._webhooks.subject: self._webhooks.subject_of(event)}
            facts = {"account": event["_account"], "event": event["type"], **subject}
            self._dispatch(event, endpoint, self._rules.take(WEBHOOK_KINDS, facts), len(endpoints))

    def send_again(self, event: Json, *, endpoint_id: str | None = None, times: int = 1) -> list[Json]:
        """Sends an event once more (or ``times`` times), whatever the rules say."""
        endpoints = [entry for entry in self._webhooks.targets(event) if endpoint_id in (None, entry["id"])]
        records = [self._record(event, entry, len(endpoints)) for entry in endpoints for _ in range(times)]
        for record in records:
            self._spawn(self._deliver(record["id"], 0))
        return records

    def release(self, *, subject: str | None = None, account: str | None = None, backwards: bool = False) -> list[Json]:
        """Lets held webhooks go, one after another in the order of the events, or backwards."""
        held = [
            record
            for record in self._store.newest_first("delivery")
            if record["state"] == "held"
            and subject in (None, record[self._webhooks.subject])
            and account in (None, record["account"])
        ]
        ordered = held if backwards else held[::-1]
        self._release(ordered)
        return ordered

    def _dispatch(self, event: Json, endpoint: Json, rule: Json | None, pending: int) -> None:
        kind = rule["kind"] if rule else None
        record = self._record(event, endpoint, pending, state="dropped" if kind in _LOST else "pending")
        if rule is None:
            self._spawn(self._deliver(record["id"], 0))
        elif kind == "delay":
            self._spawn(self._deliver(record["id"], float(rule["seconds"])))
        elif kind == "duplicate":
            copies = [self._record(event, endpoint, pending) for _ in range(int(rule["count"]))]
            for entry in (record, *copies):
                self._spawn(self._deliver(entry["id"], 0))
        elif kind in ("hold", "reorder"):
            self._hold(record, rule)

    def _hold(self, record: Json, rule: Json) -> None:
        self._store.put("delivery", record["id"], {**record, "state": "held", "rule": rule["id"]})
        if rule["kind"] == "reorder" and rule["times"] and rule["used"] >= rule["times"]:
            gathered = [entry for entry in self._store.newest_first("delivery") if entry.get("rule") == rule["id"]]
            self._release([entry for entry in gathered if entry["state"] == "held"])

    def _release(self, ordered: list[Json]) -> None:
        for record in ordered:
            self._store.put("delivery", record["id"], {**record, "state": "pending", "next_attempt_at": self._now()})
        if ordered:
            self._spawn(self._one_by_one([record["id"] for record in ordered]))

    async def _one_by_one(self, record_ids: list[str]) -> None:
        for record_id in record_ids:
            task = self._spawn(self._deliver(record_id, 0))
            # The next one leaves when this one was answered: their order is the receiver's order too.
            while not task.done() and not self._attempted(record_id):
                await asyncio.wait([task], timeout=_POLL_S)

    def _attempted(self, record_id: str) -> bool:
        record = self._store.get("delivery", record_id)
        return record is None or bool(record["attempts"])

    def _record(self, event: Json, endpoint: Json, pending: int, state: str = "pending") -> Json:
        record = {
            "id": new_id("whd"),
            "account": event["_account"],
            "event": event["id"],
            "type": event["type"],
            self._webhooks.subject: self._webhooks.subject_of(event),
            "endpoint": endpoint["id"],
            "url": endpoint["url"],
            "state": state,
            "pending_webhooks": pending,
            "next_attempt_at": self._now(),
            "attempts": [],
        }
        return self._store.put("delivery", record["id"], record)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, record_id: str, wait_s: float) -> None:
        """Attempts until a 2xx, until the schedule ends, or until event or endpoint are gone."""
        while True:
            await asyncio.sleep(wait_s)
            async with self._slots:
                record = self._store.get("delivery", record_id)
                if record is None or record["state"] != "pending":
                    return
                attempt = await self._attempt(record)
            record = {**record, "attempts": [*record["attempts"], attempt], "next_attempt_at": None}
            tried, schedule = len(record["attempts"]), self._settings.retry_schedule_s
            if 200 <= (attempt["status"] or 0) < 300:
                record["state"] = "delivered"
            elif attempt["error"] == "gone" or tried > len(schedule):
                record["state"] = "failed"
                log.warning("webhook.failed event=%s url=%s attempts=%d", record["event"], record["url"], tried)
            else:
                wait_s = schedule[tried - 1]
                record["next_attempt_at"] = self._now() + wait_s
            self._store.put("delivery", record_id, record)
            if record["state"] != "pending":
                return

    async def _attempt(self, record: Json) -> Json:
        event = self._store.get("event", record["event"])
        started = self._now()
        result: Json = {"at": started, "status": None, "error": None}
        request = self._webhooks.request(record, event, started) if event is not None else None
        if request is None or self._session is None:
            return {**result, "error": "gone", "duration_ms": 0}
        try:
            async with self._session.post(
                request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as answer:
                result["status"] = answer.status
                result["answer"] = (await answer.content.read(2000)).decode(errors="replace")
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            result["error"] = f"{type(exc).__name__}: {exc}"[:300]
        return {**result, "duration_ms": round((self._now() - started) * 1000)}
