"""Composition root of svc-transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.due_rows import redriver
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.passes import Pass
from gateway_kit.server import Application
from gateway_kit.service import Runtime, run_service
from transaction.adapters.credit_notes import InvoiceCreditNotes
from transaction.adapters.field_cipher import KeyringFieldCipher
from transaction.adapters.provider_gateway import ProviderGateway
from transaction.consumers import provider_events
from transaction.domain.timing import Timing
from transaction.ports import Deps
from transaction.provider_operations.fetch_fees import fetch_fees
from transaction.provider_operations.resolve_unknown import resolve_operations, resolve_transactions
from transaction.provider_port import Providers
from transaction.rpc.register import register_requests
from transaction.settings import Settings
from transaction.store.documents import DOCUMENTS, open_collections
from transaction.use_cases.expire_sessions import expire_deadlines, expire_sessions
from transaction.use_cases.release_parked import release_parked
from transaction.use_cases.verify import BookCheck

SERVICE = "svc-transaction"
# Few and often: a large batch would stand in the way of payments for seconds.
VERIFIED_AT_ONCE = 5


def main() -> None:
    """Run the service until it receives a stop signal."""
    settings = Settings()
    run_service(settings, SERVICE, lambda rt: build(rt, settings))


async def build(rt: Runtime, settings: Settings) -> Application | None:
    """Register everything that the service does."""
    await bind_documents(rt.db, DOCUMENTS)
    providers = ProviderGateway(rt.keyring, settings.api_bases, hooks_origin=settings.main_backend_origin)
    rt.on_close(providers.aclose)
    rt.reencrypt(encrypted_collections(DOCUMENTS))
    timing = Timing(
        first=settings.janitor_first,
        second=settings.janitor_second,
        refund_missing=settings.refund_missing,
        refund_missing_looks=settings.refund_missing_looks,
    )
    deps = make_deps(rt, providers, timing)
    register_requests(rt, deps)
    rt.consume(provider_events.router(deps))
    for each in passes(deps):
        rt.background(each.name, _running(settings.job_interval_s, each))
    _redrivers(rt, deps)
    # Rows of an earlier version.
    while await deps.parked.adopt(rt.clock.now()):
        pass
    rt.background("verify-books", _verifying(settings.verify_interval_s, deps))
    return None


def make_deps(rt: Runtime, providers: Providers, timing: Timing) -> Deps:
    """Dependencies of the use cases."""
    return Deps(
        **vars(open_collections(MongoRows)),
        clock=rt.clock,
        uow=rt.uow,
        providers=providers,
        tenants=rt.config,
        cipher=KeyringFieldCipher(rt.keyring),
        letters=rt.set_aside,
        credit_notes=InvoiceCreditNotes(rt.rpc, service=SERVICE),
        timing=timing,
    )


def passes(deps: Deps) -> list[Pass[Any]]:
    """Background jobs; each is safe to run in several processes."""
    return [
        expire_sessions(deps),
        expire_deadlines(deps),
        resolve_operations(deps),
        resolve_transactions(deps),
        fetch_fees(deps),
        release_parked(deps),
    ]


def _redrivers(rt: Runtime, deps: Deps) -> None:
    """Rows that a pass set aside become due again by the operator's command."""
    transactions, operations = deps.transactions, deps.operations
    rt.set_aside.on_redrive("checkouts", redriver(rt.clock, deps.checkouts.expiring))
    rt.set_aside.on_redrive("transactions", redriver(rt.clock, transactions.unresolved, transactions.overdue))
    rt.set_aside.on_redrive("provider_calls", redriver(rt.clock, operations.unanswered, operations.waiting))
    rt.set_aside.on_redrive("parked_events", redriver(rt.clock, deps.parked.waiting))


def _running(interval_s: float, each: Pass[Any]) -> Callable[[], Awaitable[None]]:
    return lambda: each.run(interval_s)


def _verifying(interval_s: float, deps: Deps) -> Callable[[], Awaitable[None]]:
    """Each process goes its own way."""
    check = BookCheck(deps, batch=VERIFIED_AT_ONCE)

    async def run() -> None:
        while True:
            await asyncio.sleep(interval_s)
            await check.turn()

    return run
