"""The service on a real database, with a scripted provider and a clock that tests move."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import SystemClock
from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.errors import ChangedMeanwhile, GatewayError, OutcomeUnknown
from gateway_contracts.events.provider import AAD_COLLECTION, AAD_FIELD, ReceivedProviderEvent
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.books import ProviderRequest
from gateway_contracts.requests.customer import (
    CreateTransaction,
    GetSession,
    NextAction,
    OwnedTransaction,
    Session,
    TransactionStarted,
)
from gateway_contracts.requests.provider import ProviderCheck, WebhookRegistered
from gateway_contracts.requests.refund import CreateRefund, RefundRecord
from gateway_contracts.requests.transaction import CreateCheckout, RecordReceipt
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import AlreadyHandled, UnitOfWork
from gateway_providers.errors import ProviderBusy
from gateway_providers.events import ProviderFact
from gateway_providers.gocardless.client import GoCardlessConnector
from gateway_providers.mollie.client import MollieConnector
from gateway_providers.paypal.client import PayPalConnector
from gateway_providers.ports import (
    MARKER_ORGANIZATION,
    MARKER_TRANSACTION,
    Capabilities,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
    Settlement,
)
from gateway_providers.recording import record
from gateway_providers.stripe.client import StripeConnector
from gateway_providers.stripe.webhook import StripeWebhooks
from gateway_providers.wire.connector import WireConnector
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from gateway_testkit.plugin import TestDatabase
from transaction.adapters.field_cipher import KeyringFieldCipher
from transaction.domain.transaction import Transaction
from transaction.ports import Collections, CreditNote, Deps
from transaction.store.documents import DOCUMENTS, open_collections
from transaction.use_cases.apply_provider_event import apply_provider_event
from transaction.use_cases.apply_reports import FollowUp, ReportedEvent, apply_reports
from transaction.use_cases.create_checkout import create_checkout
from transaction.use_cases.create_refund import create_refund
from transaction.use_cases.create_transaction import create_transaction
from transaction.use_cases.get_session import get_session
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.verify import verify_all

CONSUMER = "transaction-on-provider-events"
SITE = "65b000000000000000000001"
OTHER_SITE = "65b000000000000000000002"
STRIPE = "65c000000000000000000001"
STRIPE_TWO = "65c000000000000000000002"
WIRE = "65c000000000000000000003"
FOREIGN = "65c000000000000000000009"


Outcomes = Callable[..., Awaitable[list[Any]]]
"""Runs coroutines at once; see the fixture `outcomes`."""


@dataclass
class ScriptedProviders:
    """Stripe as a dictionary with faults on demand; wire is the real connector. Satisfies the port `Providers`."""

    payments: dict[str, ProviderPayment] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    lost_answers: int = 0
    refunds: dict[str, ProviderRefund] = field(default_factory=dict)
    refund_state: Any = "succeeded"
    settlements: dict[str, Settlement] = field(default_factory=dict)
    seen_when_asked: list[ProviderFact] = field(default_factory=list)
    wire: WireConnector = field(default_factory=WireConnector)

    def fail_next(self, operation: str, error: Exception) -> None:
        """The next such call ends with that error, before anything happens at the provider."""
        self.failures.setdefault(operation, []).append(error)

    def forget(self) -> None:
        """Be as new."""
        vars(self).update(vars(ScriptedProviders()))

    def set_state(self, payment_id: str, state: Any, received: Money | None = None, **changes: Any) -> None:
        self.payments[payment_id] = replace(
            self.payments[payment_id], state=state, provider_status=state, received=received, **changes
        )

    def capabilities(self, provider_type: str) -> Capabilities | None:
        connectors: dict[str, Any] = {
            "stripe": StripeConnector,
            "mollie": MollieConnector,
            "gocardless": GoCardlessConnector,
            "paypal": PayPalConnector,
            "wire": WireConnector,
        }
        found = connectors.get(provider_type)
        return found.capabilities if found else None

    def offers(self, provider: ProviderConfig, amount: Money) -> bool:
        """Without the caps of the real providers, which have tests of their own: any amount can be paid here."""
        capabilities = self.capabilities(provider.type)
        return capabilities is not None and replace(capabilities, maximum_minor={}).offers(amount)

    async def check(self, provider: ProviderConfig) -> tuple[ProviderCheck, ...]:
        return ()

    async def register_webhook(self, provider: ProviderConfig) -> WebhookRegistered:
        return WebhookRegistered(is_new=True)

    async def create(self, provider: ProviderConfig, intent: PaymentIntentRequest, key: str) -> ProviderPayment:
        if provider.type == "wire":
            return await self.wire.create_payment(_account(provider), intent, idempotency_key=key)
        self._begin("create", key)
        if key not in self.by_key:
            payment_id = f"pi_{len(self.payments) + 1}"
            self.by_key[key] = payment_id
            markers = {MARKER_TRANSACTION: intent.transaction_id, MARKER_ORGANIZATION: intent.organization_id}
            self.payments[payment_id] = ProviderPayment(
                provider_payment_id=payment_id,
                state="pending",
                amount=intent.amount,
                provider_status="requires_payment_method",
                client_secret=f"{payment_id}_secret",
                next_action=NextAction(type="stripe", client_secret=f"{payment_id}_secret", publishable_key="pk_1"),
                metadata=markers,
            )
        if self.lost_answers:
            self.lost_answers -= 1
            raise ConnectionResetError("the process died before it saw the answer")
        return self.payments[self.by_key[key]]

    async def fetch(self, provider: ProviderConfig, provider_payment_id: str) -> ProviderPayment | None:
        if provider.type == "wire":
            return await self.wire.fetch_payment(_account(provider), provider_payment_id)
        self._begin("fetch", provider_payment_id)
        return self.payments.get(provider_payment_id)

    async def find(self, provider: ProviderConfig, transaction_id: str) -> ProviderPayment | None:
        self._begin("find", transaction_id)
        found = (payment for payment in self.payments.values() if payment.transaction_id == transaction_id)
        return next(found, None)

    async def cancel(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        if provider.type == "wire":
            return await self.wire.cancel_payment(_account(provider), provider_payment_id, idempotency_key=key)
        self._begin("cancel", provider_payment_id)
        if self.payments[provider_payment_id].state != "succeeded":
            self.set_state(provider_payment_id, "canceled")
        return self.payments[provider_payment_id]

    async def capture(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        self._begin("capture", provider_payment_id)
        payment = self.payments[provider_payment_id]
        if payment.state == "authorized":
            self.set_state(provider_payment_id, "succeeded", received=payment.amount)
        return self.payments[provider_payment_id]

    async def refund(self, provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        self._begin("refund", request.refund_id)
        if key not in self.by_key:
            refund_id = f"re_{len(self.refunds) + 1}"
            self.by_key[key] = refund_id
            self.refunds[refund_id] = ProviderRefund(
                provider_refund_id=refund_id,
                state=self.refund_state,
                amount=request.amount,
                provider_status=self.refund_state,
                refund_id=request.refund_id,
            )
        if self.lost_answers:
            self.lost_answers -= 1
            raise OutcomeUnknown("the answer was lost")
        return self.refunds[self.by_key[key]]

    async def find_refund(self, provider: ProviderConfig, request: RefundRequest) -> ProviderRefund | None:
        self._begin("find_refund", request.refund_id)
        found = (refund for refund in self.refunds.values() if refund.refund_id == request.refund_id)
        return next(found, None)

    async def fetch_settlement(self, provider: ProviderConfig, reference: str) -> Settlement | None:
        self._begin("fetch_settlement", reference)
        return self.settlements.get(reference)

    def facts(self, provider_type: str, raw: bytes) -> list[ProviderFact]:
        return StripeWebhooks().facts(raw)

    async def resolve_thin_event(self, provider: ProviderConfig, raw: bytes) -> list[ProviderFact]:
        self._begin("resolve", provider.id)
        return list(self.seen_when_asked)

    def _begin(self, operation: str, subject: str) -> None:
        self.calls.append((operation, subject))
        failure = self.failures[operation].pop(0) if self.failures.get(operation) else None
        if not isinstance(failure, ProviderBusy):
            # What came back is the class of the failure here; connectors record what was sent.
            error = type(failure).__name__ if failure else None
            record(ProviderRequest(at=SystemClock().now(), method="POST", path=f"/{operation}/{subject}", error=error))
        if failure is not None:
            raise failure


def _account(provider: ProviderConfig) -> ProviderAccount:
    return ProviderAccount(provider.id, provider.organization_id, provider.type, provider.livemode, provider.public)


@dataclass
class Directory:
    """Tenants in memory. Satisfies the port `Tenants`."""

    sites: dict[str, SiteConfig]
    providers: dict[str, ProviderConfig]
    deleted: dict[str, ProviderConfig] = field(default_factory=dict)

    def site(self, identifier: str) -> SiteConfig | None:
        return self.sites.get(identifier)

    def provider(self, identifier: str) -> ProviderConfig | None:
        return self.providers.get(identifier)

    def last_provider(self, identifier: str) -> ProviderConfig | None:
        return self.providers.get(identifier) or self.deleted.get(identifier)

    async def fetch_site(self, identifier: str) -> SiteConfig | None:
        return self.sites.get(identifier)

    async def fetch_provider(self, identifier: str) -> ProviderConfig | None:
        return self.providers.get(identifier)

    async def reread_provider(self, identifier: str) -> ProviderConfig | None:
        return self.providers.get(identifier)

    def change_site(self, **settings: Any) -> None:
        site = self.sites[SITE]
        self.sites[SITE] = site.model_copy(update={"settings": {**site.settings, **settings}})


def _directory() -> Directory:
    def stripe(identifier: str, organization_id: str) -> ProviderConfig:
        return ProviderConfig(
            id=identifier,
            organization_id=organization_id,
            version=1,
            type="stripe",
            label="Card",
            livemode=False,
            public={"publishableKey": "pk_1"},
        )

    wire = ProviderConfig(
        id=WIRE,
        organization_id=TEST_ORGANIZATION,
        version=1,
        type="wire",
        label="Bank transfer",
        livemode=False,
        public={"accountHolder": "Demo GmbH", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"},
    )
    site = SiteConfig(
        id=SITE,
        organization_id=TEST_ORGANIZATION,
        version=1,
        name="Shop",
        provider_ids=(STRIPE, STRIPE_TWO, WIRE),
        default_provider_id=STRIPE,
    )
    other_site = SiteConfig(
        id=OTHER_SITE,
        organization_id=OTHER_ORGANIZATION,
        version=1,
        name="Other shop",
        provider_ids=(FOREIGN,),
        default_provider_id=FOREIGN,
    )
    accounts = [
        stripe(STRIPE, TEST_ORGANIZATION),
        stripe(STRIPE_TWO, TEST_ORGANIZATION),
        stripe(FOREIGN, OTHER_ORGANIZATION),
        wire,
    ]
    return Directory({SITE: site, OTHER_SITE: other_site}, {account.id: account for account in accounts})


@dataclass
class KnownCreditNotes:
    """The credit notes of disputes, by dispute. Satisfies the port `CreditNotes`."""

    notes: dict[str, CreditNote] = field(default_factory=dict)
    asked: list[tuple[str, bool, str, str]] = field(default_factory=list)

    async def of_dispute(self, scope: Scope, *, transaction_id: str, dispute_id: str) -> CreditNote | None:
        self.asked.append((scope.organization_id, scope.livemode, transaction_id, dispute_id))
        return self.notes.get(dispute_id)


@dataclass
class LetterBox:
    """Letters about rows that were set aside: collection, id, organization, reason. Satisfies the port `Letters`."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    async def put_row(
        self, source: str, row_id: str, *, organization_id: str, error: BaseException, size: int, attempts: int
    ) -> None:
        assert size > 0
        self.rows.append((source, row_id, organization_id, type(error).__name__))


@dataclass
class World:
    """Everything a test touches."""

    deps: Deps
    providers: ScriptedProviders
    tenants: Directory
    clock: FrozenClock
    keyring: Keyring
    db: Any
    letters: LetterBox
    credit_notes: KnownCreditNotes
    scope: Scope = field(default_factory=lambda: Scope(TEST_ORGANIZATION, False))
    stripe_id: str = STRIPE
    other_stripe_id: str = STRIPE_TWO
    wire_id: str = WIRE
    foreign_id: str = FOREIGN
    site_id: str = SITE

    @property
    def other(self) -> "World":
        """The same installation, as the other merchant uses it: its site has one Stripe account."""
        scope = Scope(OTHER_ORGANIZATION, False)
        return replace(self, scope=scope, site_id=OTHER_SITE, stripe_id=FOREIGN, other_stripe_id="", wire_id="")

    def command(self, **changes: Any) -> CreateCheckout:
        fields: dict[str, Any] = {
            "checkout_id": new_object_id(),
            "site_id": self.site_id,
            "amount": 4900,
            "currency": "EUR",
            "external_reference": f"order-{new_object_id()}",
            "party": Party(email="Ada@Example.com", name="Ada Lovelace", country="DE"),
            "items": (TransactionLine(name="Shirt", quantity=2, unit_price=2450),),
            "return_url": "https://shop.example/thanks?tx={transactionId}",
            "ipn_url": "https://shop.example/ipn",
        }
        return CreateCheckout(**{**fields, **changes})

    async def checkout(self, **changes: Any) -> Session:
        """A new checkout as its customer's page sees it."""
        made = await create_checkout(
            self.command(**changes), scope=self.scope, site_id=None, operation_id=None, deps=self.deps
        )
        return await get_session(GetSession(short_code=made.short_code), deps=self.deps)

    async def pay(self, session: Session, provider_id: str | None = None, **changes: Any) -> TransactionStarted:
        """The customer chooses a provider."""
        fields: dict[str, Any] = {
            "transaction_id": new_object_id(),
            "session_public_id": session.id,
            "provider_id": provider_id or self.stripe_id,
            "return_url": "https://pay.example/return",
        }
        request = CreateTransaction(**{**fields, **changes})
        return await create_transaction(request, operation_id=None, deps=self.deps)

    async def paid(self, **changes: Any) -> Transaction:
        """A transaction that Stripe has captured."""
        started = await self.pay(await self.checkout(**changes))
        payment_id = (await self.transaction(started.transaction_id)).provider_payment_id
        amount, currency = changes.get("amount", 4900), changes.get("currency", "EUR")
        self.providers.set_state(payment_id, "succeeded", received=Money(amount, currency))
        event = self.event("payment_intent.succeeded", payment_id, amount_received=amount, currency=currency.lower())
        await self.deliver(event)
        return await self.transaction(started.transaction_id)

    async def paid_by_wire(self, amount: int = 4900) -> Transaction:
        """A transaction whose money arrived on the bank account."""
        started = await self.pay(await self.checkout(), WIRE)
        receipt = RecordReceipt(
            transaction_id=started.transaction_id,
            amount=amount,
            currency="EUR",
            received_at=self.clock.now(),
            bank_reference=f"bank-{new_object_id()}",
        )
        await record_receipt(receipt, scope=self.scope, deps=self.deps)
        return await self.transaction(started.transaction_id)

    async def refund(self, transaction_id: str, amount: int | None = None, **changes: Any) -> RefundRecord:
        """The merchant gives money back."""
        fields: dict[str, Any] = {"refund_id": new_object_id(), "reason": "requested by the customer"}
        request = CreateRefund(transaction_id=transaction_id, amount=amount, **{**fields, **changes})
        return await create_refund(request, scope=self.scope, operation_id=None, deps=self.deps)

    async def transaction(self, transaction_id: str) -> Transaction:
        found = await self.deps.transactions.get(None, self.scope, transaction_id)
        assert found is not None
        return found

    def own(self, session: Session, transaction_id: str) -> OwnedTransaction:
        return OwnedTransaction(transaction_id=transaction_id, session_public_ids=(session.id,))

    def event(
        self,
        event_type: str,
        payment_id: str,
        *,
        transaction_id: str | None = None,
        organization_id: str | None = None,
        provider_id: str | None = None,
        event_id: str | None = None,
        verified: bool = True,
        created: int | None = None,
        about: dict[str, Any] | None = None,
        **intent: Any,
    ) -> ReceivedProviderEvent:
        """A Stripe event as it lies in the stream. ``about`` are fields of the event itself, such as its account."""
        organization_id, provider_id = organization_id or self.scope.organization_id, provider_id or self.stripe_id
        markers = {MARKER_TRANSACTION: transaction_id, MARKER_ORGANIZATION: organization_id} if transaction_id else {}
        subject = {
            "id": payment_id,
            "object": "payment_intent",
            "status": event_type.rsplit(".", 1)[-1],
            "amount": 4900,
            "amount_received": 4900,
            "currency": "eur",
            "metadata": markers,
            **intent,
        }
        body = {
            "id": f"evt_{new_object_id()}",
            "object": "event",
            "type": event_type,
            "livemode": False,
            "created": created or int(self.clock.now().timestamp()),
            "data": {"object": subject},
            **(about or {}),
        }
        identifier = event_id or new_object_id()
        version, blob = self.keyring.encrypt_raw(
            organization_id, AAD_COLLECTION, identifier, AAD_FIELD, json.dumps(body).encode()
        )
        return ReceivedProviderEvent(
            event_id=identifier,
            organization_id=organization_id,
            provider_id=provider_id,
            provider_type="stripe",
            livemode=False,
            dek_version=version,
            received_at=self.clock.now().isoformat(),
            verified=verified,
            body=blob,
        )

    async def deliver(self, event: ReceivedProviderEvent) -> None:
        """Handle a message as the consumer does. After a lost race the bus delivers it again: one other writer won
        each of them, so it ends."""
        while True:
            try:
                return await apply_provider_event(event, apply=self._apply_alone, deps=self.deps)
            except ChangedMeanwhile:
                continue

    async def _apply_alone(self, reported: ReportedEvent) -> FollowUp:
        [left] = await apply_reports([reported], consumer=CONSUMER, deps=self.deps)
        return left

    async def events(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """Envelopes in the outbox, oldest first."""
        rows = [row["body"] async for row in self.db.outbox.find({"kind": "event"}).sort([("_id", 1)])]
        return [body for body in rows if event_type is None or body["type"] == event_type]

    async def cases(self) -> list[dict[str, Any]]:
        return [row async for row in self.db.cases.find().sort("_id", 1)]

    async def verify(self) -> None:
        """State, timeline, records and books of every transaction agree."""
        assert await verify_all(deps=self.deps) == []

    async def entries(self, transaction_id: str) -> list[str]:
        rows = self.db.ledger_entries.find({"transaction_id": transaction_id}).sort("_id", 1)
        return [row["kind"] async for row in rows]

    async def balance(self, transaction_id: str, account: str, currency: str = "EUR") -> int:
        """Balance of an account in the books of one transaction; debit positive."""
        rows = self.db.ledger_entries.find({"transaction_id": transaction_id})
        legs = [leg async for row in rows for leg in row["postings"]]
        return sum(leg["amount"] for leg in legs if (leg["account"], leg["currency"]) == (account, currency))


def open_world(uow: UnitOfWork, collections: Collections, clock: FrozenClock, keyring: Keyring, db: Any) -> World:
    """A world on collections that are new."""
    providers, tenants, letters, credit_notes = ScriptedProviders(), _directory(), LetterBox(), KnownCreditNotes()
    deps = Deps(
        **vars(collections),
        clock=clock,
        uow=uow,
        providers=providers,
        tenants=tenants,
        cipher=KeyringFieldCipher(keyring),
        letters=letters,
        credit_notes=credit_notes,
    )
    return World(deps, providers, tenants, clock, keyring, db, letters, credit_notes)


@pytest_asyncio.fixture
async def world(database: TestDatabase, frozen_clock: FrozenClock, keyring: Keyring) -> World:
    """A fresh world on a fresh database."""
    await bind_documents(database.db, DOCUMENTS)
    uow = UnitOfWork(database.client, database.db, source="svc-transaction", clock=frozen_clock)
    return open_world(uow, open_collections(MongoRows), frozen_clock, keyring, database.db)


@pytest.fixture
def memory_world(frozen_clock: FrozenClock, keyring: Keyring) -> World:
    """A fresh world without servers; ``db`` is the database in memory."""
    database = MemoryDatabase(*DOCUMENTS)
    uow = MemoryUnitOfWork(database, clock=frozen_clock, source="svc-transaction")
    return open_world(uow, open_collections(database.rows), frozen_clock, keyring, database)


@pytest.fixture
def outcomes() -> Outcomes:
    """Run coroutines at once; expected errors are results."""

    async def run(*work: Any) -> list[Any]:
        results = await asyncio.gather(*work, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, GatewayError | AlreadyHandled):
                raise result
        return list(results)

    return run
