"""Composition root of svc-transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from beanie import init_beanie

from gateway_kit.server import Application
from gateway_kit.service import Runtime, run_service
from transaction.adapters.provider_gateway import ProviderGateway
from transaction.adapters.vault import KeyringVault
from transaction.consumers.provider_events import CONSUMER, provider_event_handler
from transaction.ports import Deps, Timing
from transaction.provider_port import Providers
from transaction.rpc.register import register_requests
from transaction.settings import Settings
from transaction.store.call_store import CallStore
from transaction.store.case_store import CaseStore, ReceiptStore
from transaction.store.checkout_store import CheckoutStore
from transaction.store.dispute_store import DisputeStore, HoldStore
from transaction.store.documents import DOCUMENTS
from transaction.store.encrypted_fields import ENCRYPTED
from transaction.store.ledger_store import LedgerStore
from transaction.store.parked_store import ParkedStore
from transaction.store.refund_store import RefundStore
from transaction.store.transaction_store import TransactionStore
from transaction.use_cases.expire_sessions import expire_deadlines, expire_sessions
from transaction.use_cases.fetch_fees import fetch_fees
from transaction.use_cases.release_parked import release_parked
from transaction.use_cases.resolve_unknown import resolve_calls, resolve_transactions
from transaction.use_cases.verify import verify_batch

SERVICE = "svc-transaction"
# Few and often: a large batch would stand in the way of payments for seconds.
VERIFIED_AT_ONCE = 5


def main() -> None:
    """Run the service until it is told to stop."""
    settings = Settings()
    run_service(settings, SERVICE, lambda rt: build(rt, settings))


async def build(rt: Runtime, settings: Settings) -> Application | None:
    """Register everything that the service does."""
    await init_beanie(database=rt.db, document_models=DOCUMENTS, skip_indexes=True)
    providers = ProviderGateway(rt.keyring, settings.api_bases, hooks_origin=settings.main_backend_origin)
    rt.on_close(providers.aclose)
    rt.reencrypt(ENCRYPTED)
    timing = Timing(first=settings.janitor_first, second=settings.janitor_second)
    deps = make_deps(rt, providers, timing)
    register_requests(rt, deps)
    rt.consume_raw(CONSUMER, provider_event_handler(deps))
    for name, job in jobs(deps).items():
        rt.background(name, _every(settings.job_interval_s, job))
    rt.background("verify-books", _verifying(settings.verify_interval_s, deps))
    return None


def make_deps(rt: Runtime, providers: Providers, timing: Timing) -> Deps:
    """What the use cases reach."""
    db: Any = rt.db
    return Deps(
        clock=rt.clock,
        uow=rt.uow,
        checkouts=CheckoutStore(db),
        transactions=TransactionStore(db),
        ledger=LedgerStore(db),
        calls=CallStore(db),
        cases=CaseStore(db),
        parked=ParkedStore(db),
        receipts=ReceiptStore(db),
        refunds=RefundStore(db),
        disputes=DisputeStore(db),
        holds=HoldStore(db),
        providers=providers,
        tenants=rt.config,
        vault=KeyringVault(rt.keyring),
        timing=timing,
    )


def jobs(deps: Deps) -> dict[str, Callable[[], Awaitable[int]]]:
    """What runs beside requests and events; every one is safe to run in many processes."""
    return {
        "expire-sessions": lambda: expire_sessions(deps=deps),
        "expire-deadlines": lambda: expire_deadlines(deps=deps),
        "resolve-calls": lambda: resolve_calls(deps=deps),
        "resolve-transactions": lambda: resolve_transactions(deps=deps),
        "fetch-fees": lambda: fetch_fees(deps=deps),
        "release-parked": lambda: release_parked(deps=deps),
    }


def _verifying(interval_s: float, deps: Deps) -> Callable[[], Awaitable[None]]:
    """Batch after batch, round and round; each process goes its own way."""

    async def run() -> None:
        after_id: str | None = None
        while True:
            await asyncio.sleep(interval_s)
            _, after_id = await verify_batch(after_id, deps=deps, limit=VERIFIED_AT_ONCE)

    return run


def _every(interval_s: float, job: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        while True:
            await job()
            await asyncio.sleep(interval_s)

    return run
