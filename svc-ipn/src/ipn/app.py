"""Composition of svc-ipn."""

import random
from functools import partial
from typing import Any

from gateway_contracts.actor import Actor
from gateway_contracts.envelope import Envelope
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice import GET_CORRECTION, CorrectionQuery, CorrectionRef
from gateway_contracts.requests.ipn import GET_DELIVERY, LIST_DELIVERIES, LIST_FAILING_TARGETS, RESEND, SIGN
from gateway_kit.http.outbound import OutboundClient, OutboundLimits
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.server import Application
from gateway_kit.service import Runtime
from ipn.adapters.dispatcher import Dispatcher
from ipn.adapters.places import PlaceLimits
from ipn.adapters.sealer import KeyringSealer
from ipn.adapters.sender import BODY_BYTES_MAX, BODY_S, HttpSender
from ipn.adapters.signer import SiteSigner
from ipn.consumers.payments import Payments
from ipn.consumers.planner import Planner
from ipn.consumers.transaction_events import TransactionEvents, router
from ipn.domain.delivery import Attempted, Delivery, Stuck
from ipn.domain.orders import Payment
from ipn.domain.outcome import Outcome
from ipn.ports import Claimed, Places
from ipn.rpc.handlers import IpnRequests
from ipn.settings import Settings
from ipn.store.delivery_store import KernelDeliveryStore
from ipn.store.documents import DOCUMENTS
from ipn.use_cases.claim_due import Turns, claim_due
from ipn.use_cases.find_credit_note import find_credit_note
from ipn.use_cases.notice import Notice
from ipn.use_cases.plan_deliveries import plan_deliveries, start_queues
from ipn.use_cases.record_attempts import record_attempts
from ipn.use_cases.set_aside_delivery import SOURCE, redrive_delivery, set_aside_delivery
from ipn.use_cases.settle_siblings import drop_pointless, is_pointless, note_payments, settle_siblings
from ipn.use_cases.take_back_lost import take_back_lost

SERVICE = "svc-ipn"


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries, nothing secret


class _Work:
    """The use cases as the dispatcher calls them."""

    def __init__(self, runtime: Runtime, store: KernelDeliveryStore, sender: HttpSender) -> None:
        self._runtime = runtime
        self._store = store
        self._sender = sender
        self._turns = Turns()

    async def send(self, delivery: Delivery) -> Outcome | None:
        if await is_pointless(delivery, store=self._store):
            return None
        return await self._sender.send(delivery)

    async def drop(self, delivery: Delivery) -> list[Delivery]:
        runtime = self._runtime
        return await drop_pointless(
            delivery, uow=runtime.uow, store=self._store, clock=runtime.clock, claim=new_object_id()
        )

    async def record(self, results: list[Attempted]) -> list[Delivery]:
        runtime = self._runtime
        return await record_attempts(
            results, uow=runtime.uow, store=self._store, clock=runtime.clock, claim=new_object_id(), jitter=_jitter
        )

    async def claim(self, places: Places) -> Claimed:
        return await claim_due(store=self._store, clock=self._runtime.clock, places=places, turns=self._turns)

    def became_due(self) -> None:
        self._turns.expire()

    async def take_back_lost(self) -> list[Stuck]:
        return await take_back_lost(store=self._store, clock=self._runtime.clock)

    async def set_aside(self, stuck: Stuck, error: Exception) -> list[Delivery]:
        runtime = self._runtime
        return await set_aside_delivery(
            stuck,
            error=error,
            letters=runtime.set_aside,
            uow=runtime.uow,
            store=self._store,
            clock=runtime.clock,
            claim=new_object_id(),
        )

    async def release(self, deliveries: list[Delivery]) -> None:
        await self._store.release(deliveries, now=self._runtime.clock.now())


def _add_gauges(runtime: Runtime, store: KernelDeliveryStore) -> None:
    async def waiting() -> dict[str, float]:
        return {"": (await store.backlog())[0]}

    async def overdue() -> dict[str, float]:
        due_at = (await store.backlog())[1]
        return {"": 0.0 if due_at is None else max(0.0, (runtime.clock.now() - due_at).total_seconds())}

    runtime.metrics.gauge(
        "gateway_ipn_waiting", "Notifications that wait for their next attempt, counted to 10,000", waiting
    )
    runtime.metrics.gauge(
        "gateway_ipn_overdue_seconds",
        "For how long the first of them has been due: seconds at most",
        overdue,
    )


async def _credit_note(runtime: Runtime, event: Envelope[Any]) -> CorrectionRef | None:
    actor = Actor(
        kind="service",
        subject_id=SERVICE,
        organization_id=event.organization_id,
        livemode=event.livemode,
        scopes=("credit_note:read",),
    )
    return await find_credit_note(
        CorrectionQuery(transaction_id=event.data.transaction_id, origin_id=event.data.dispute_id),
        decided_at=event.time,
        ask=lambda wanted: runtime.rpc.call(GET_CORRECTION, wanted, actor=actor),
        clock=runtime.clock,
    )


def _outbound(settings: Settings) -> OutboundClient:
    return OutboundClient(
        allow_private=settings.ipn_allow_private_targets,
        # The dispatcher gives the places; a second line here would be one for all organizations.
        limits=OutboundLimits(
            total_s=settings.ipn_timeout_s,
            read_s=settings.ipn_timeout_s,
            connections=0,
            connections_per_host=0,
            body_s=BODY_S,
            body_bytes=BODY_BYTES_MAX,
        ),
    )


def _answer(runtime: Runtime, requests: IpnRequests) -> None:
    runtime.serve(LIST_DELIVERIES, requests.list_deliveries)
    runtime.serve(GET_DELIVERY, requests.get_delivery)
    runtime.serve(RESEND, requests.resend)
    runtime.serve(SIGN, requests.sign)
    runtime.serve(LIST_FAILING_TARGETS, requests.list_failing_targets)


async def build(runtime: Runtime) -> Application | None:
    """Register the consumer, the requests and the dispatcher."""
    settings = runtime.settings
    assert isinstance(settings, Settings), "svc-ipn runs with its own settings"
    outbound = _outbound(settings)
    sealer = KeyringSealer(runtime.keyring)
    await bind_documents(runtime.db, DOCUMENTS)
    store = KernelDeliveryStore()
    _add_gauges(runtime, store)
    signer = SiteSigner(runtime.config, runtime.keyring)
    sender = HttpSender(outbound, signer=signer, sealer=sealer, clock=runtime.clock)
    dispatcher = Dispatcher(
        _Work(runtime, store, sender),
        PlaceLimits(
            total=settings.ipn_concurrency,
            per_organization=settings.ipn_concurrency_per_organization,
            per_target=settings.ipn_concurrency_per_host,
        ),
    )

    async def redrive(delivery_id: str) -> bool:
        is_due = await redrive_delivery(delivery_id, uow=runtime.uow, store=store)
        dispatcher.wake()
        return is_due

    async def store_first(notices: list[Notice]) -> list[bool]:
        first = await start_queues(notices, store=store, sealer=sealer, clock=runtime.clock, claim=new_object_id())
        dispatcher.submit(delivery for delivery in first if delivery is not None)
        return [delivery is not None for delivery in first]

    async def plan_all(notices: list[Notice]) -> list[bool]:
        stored = await plan_deliveries(
            notices, uow=runtime.uow, store=store, sealer=sealer, clock=runtime.clock, claim=new_object_id()
        )
        dispatcher.submit(stored.starting)
        return [notice.change.delivery_id in stored.created for notice in notices]

    async def note_all(payments: list[Payment]) -> list[bool]:
        return await note_payments(payments, store=store, clock=runtime.clock)

    async def settle(payment: Payment) -> None:
        dispatcher.submit(
            await settle_siblings(payment, uow=runtime.uow, store=store, clock=runtime.clock, claim=new_object_id())
        )

    planner = Planner(store_first, plan_all)
    events = TransactionEvents(
        planner.submit,
        settle=Payments(note_all, settle).submit,
        config=runtime.config,
        keyring=runtime.keyring,
        credit_note=partial(_credit_note, runtime),
    )
    requests = IpnRequests(
        uow=runtime.uow, store=store, sealer=sealer, signer=signer, clock=runtime.clock, dispatch=dispatcher.submit
    )
    runtime.consume(router(events))
    _answer(runtime, requests)
    runtime.set_aside.on_redrive(SOURCE, redrive)
    runtime.background("dispatcher", dispatcher.run)
    runtime.reencrypt(encrypted_collections(DOCUMENTS))
    runtime.on_close(outbound.aclose)
    runtime.on_close(dispatcher.drain)
    return None
