"""The changes of invoices on the twin in memory: a world that merchants ask, with payments of another service."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import GatewayError, NotFound
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_contracts.requests.invoice_changes import (
    CorrectInvoice,
    CreateCreditNote,
    CreateDraft,
    CreatePaymentLink,
    InvoiceItem,
    LinkTransaction,
    PaymentLink,
    ReplaceDraft,
    VoidInvoice,
)
from gateway_contracts.requests.transaction import CheckoutCreated, CreateCheckout
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import InboxKey
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION, new_keyring
from gateway_testkit.memory.database import MemoryDatabase
from gateway_testkit.memory.unit_of_work import MemoryUnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.reversal import Reversal
from invoice.field_cipher import FieldCipher
from invoice.ports import OrganizationSettings, PaidTransaction, SoldOrder
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.correct_invoice import correct_invoice
from invoice.use_cases.create_payment_link import create_payment_link
from invoice.use_cases.deps import Deps
from invoice.use_cases.issue_credit_note import issue_credit_note
from invoice.use_cases.issue_drafts import IssueDraft, issue_drafts
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.settle_invoice import link_transaction
from invoice.use_cases.take_back import create_credit_note, void_invoice
from invoice.use_cases.verify_register import verify_register
from invoice.use_cases.write_draft import create_draft, replace_draft

SITE: Final = "65a5000000000000000000aa"
LIVE: Final = Scope(TEST_ORGANIZATION, livemode=True)
BUYER: Final = Party(name="Anna Schmidt", email="anna@example.org", address1="Lindenallee 5", country="DE")
ITEM: Final = InvoiceItem(description="Consulting", quantity="2", unit_price=5950, tax_rate="19")


@dataclass
class KnownSettings:
    """Settings and sites of two organizations."""

    invoicing: dict[str, Any] = field(default_factory=dict)
    of_sites: dict[str, dict[str, Any]] = field(default_factory=dict)

    def settings(
        self, organization_id: str, *, livemode: bool, site_id: str | None = None
    ) -> OrganizationSettings | None:
        merged = {**self.invoicing, **self.of_sites.get(site_id or "", {})}
        return OrganizationSettings(organization_id, "Nordwind", "DE", merged)

    def has_site(self, organization_id: str, site_id: str) -> bool:
        return site_id == SITE


@dataclass
class KnownPayments:
    """Payments of svc-transaction, and the checkouts that it was asked for."""

    paid: dict[str, PaidTransaction] = field(default_factory=dict)
    orders: dict[str, SoldOrder] = field(default_factory=dict)
    asked: list[CreateCheckout] = field(default_factory=list)
    expires_at: datetime = field(default_factory=lambda: FrozenClock().now())

    def pay(self, amount: int, *, currency: str = "EUR", order: SoldOrder | None = None, **values: Any) -> str:
        """A payment that succeeded."""
        identifier, checkout_id = new_object_id(), new_object_id()
        fields: dict[str, Any] = {
            "id": identifier,
            "checkout_id": checkout_id,
            "session_public_id": f"cs_{identifier}",
            "site_id": SITE,
            "provider_type": "stripe",
            "currency": currency,
            "captured": amount,
            "refunded": 0,
            "paid_at": FrozenClock().now(),
        }
        self.paid[identifier] = PaidTransaction(**fields | values)
        self.orders[checkout_id] = order or SoldOrder(amount, buyer=BUYER, external_reference="ORDER-7")
        return identifier

    async def transaction(self, scope: Scope, transaction_id: str) -> PaidTransaction:
        if scope != LIVE or transaction_id not in self.paid:
            raise NotFound("there is no such transaction")
        return self.paid[transaction_id]

    async def order(self, scope: Scope, checkout_id: str) -> SoldOrder:
        return self.orders[checkout_id]

    async def create_checkout(
        self, scope: Scope, command: CreateCheckout, *, operation_id: str | None
    ) -> CheckoutCreated:
        self.asked.append(command)
        return CheckoutCreated(
            id=command.checkout_id, session_public_id="cs_1", short_code="abc", expires_at=self.expires_at
        )


class World:
    """Merchants, their invoices, and what was published."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        self.clock = FrozenClock()
        self.database = MemoryDatabase(*DOCUMENTS)
        self.stores = stores_over(self.database.rows)
        self.settings = KnownSettings()
        self.payments = KnownPayments()
        self.deps = Deps(
            uow=MemoryUnitOfWork(self.database, clock=self.clock, source="svc-invoice"),
            clock=self.clock,
            organizations=self.settings,
            cipher=FieldCipher(keyring or new_keyring(TEST_ORGANIZATION, OTHER_ORGANIZATION)),
            stores=self.stores,
            series=NumberSeries(self.stores),
            payments=self.payments,
        )

    async def draft(self, *, scope: Scope = LIVE, operation_id: str | None = None, **values: Any) -> Invoice:
        """A draft that lacks nothing, unless values say otherwise."""
        fields: dict[str, Any] = {
            "invoice_id": new_object_id(),
            "site_id": SITE,
            "currency": "EUR",
            "buyer": BUYER,
            "items": (ITEM,),
        }
        command = CreateDraft(**fields | values)
        return await create_draft(command, scope=scope, operation_id=operation_id, deps=self.deps)

    async def replaced(self, draft: Invoice, *, scope: Scope = LIVE, **values: Any) -> Invoice:
        """The draft with these values and no others."""
        fields: dict[str, Any] = {"invoice_id": draft.id, "currency": "EUR", "buyer": BUYER, "items": (ITEM,)}
        return await replace_draft(ReplaceDraft(**fields | values), scope=scope, operation_id=None, deps=self.deps)

    async def outcomes(self, wanted: Sequence[IssueDraft]) -> list[Invoice | GatewayError]:
        return await issue_drafts(wanted, deps=self.deps)

    async def issue(self, draft: Invoice, *, scope: Scope = LIVE, operation_id: str | None = None) -> Invoice:
        """The issued invoice.

        Raises:
            GatewayError: why it was not.
        """
        [outcome] = await self.outcomes([IssueDraft(scope, draft.id, operation_id)])
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    async def issued(self, **values: Any) -> Invoice:
        """A new invoice over 119.00 EUR, unless values say otherwise."""
        return await self.issue(await self.draft(**values))

    async def link(self, invoice: Invoice, transaction_id: str, *, scope: Scope = LIVE) -> Invoice:
        command = LinkTransaction(invoice_id=invoice.id, transaction_id=transaction_id)
        return await link_transaction(command, scope=scope, operation_id=None, deps=self.deps)

    async def void(self, invoice: Invoice, *, scope: Scope = LIVE, operation_id: str | None = None) -> Invoice:
        command = VoidInvoice(invoice_id=invoice.id, credit_note_id=new_object_id(), reason="ordered twice")
        return await void_invoice(command, scope=scope, operation_id=operation_id, deps=self.deps)

    async def credit(self, invoice: Invoice, *, scope: Scope = LIVE, **values: Any) -> Invoice:
        fields: dict[str, Any] = {
            "credit_note_id": new_object_id(),
            "invoice_id": invoice.id,
            "reason": "goods were broken",
        }
        command = CreateCreditNote(**fields | values)
        return await create_credit_note(command, scope=scope, operation_id=None, deps=self.deps)

    async def correct(self, invoice: Invoice, *, scope: Scope = LIVE, **values: Any) -> Invoice:
        actor = Actor(kind="operator", subject_id="65f0000000000000000000ee")
        command = CorrectInvoice(**{"invoice_id": invoice.id, "reason": "a wrong name"} | values)
        return await correct_invoice(command, scope=scope, actor=actor, operation_id=None, deps=self.deps)

    async def payment_link(self, invoice: Invoice, *, scope: Scope = LIVE, **values: Any) -> PaymentLink:
        command = CreatePaymentLink(
            **{"invoice_id": invoice.id, "checkout_id": new_object_id(), "page_origin": "https://pay.example"} | values
        )
        return await create_payment_link(command, scope=scope, operation_id=None, deps=self.deps)

    async def refund(self, transaction_id: str, amount: int, **values: Any) -> Invoice | None:
        """The credit note of money that went back."""
        fields: dict[str, Any] = {
            "organization_id": TEST_ORGANIZATION,
            "livemode": True,
            "transaction_id": transaction_id,
            "reason": "refund",
            "origin_id": new_object_id(),
            "amount": amount,
            "currency": "EUR",
            "occurred_at": self.clock.now(),
        }
        deps = self.deps
        return await issue_credit_note(
            Reversal(**fields | values),
            inbox=InboxKey("invoice-on-refunds", new_event_id()),
            uow=deps.uow,
            clock=deps.clock,
            organizations=deps.organizations,
            cipher=deps.cipher,
            stores=deps.stores,
            series=deps.series,
        )

    async def read(self, invoice: Invoice) -> Invoice:
        """As it is stored now."""
        found = await self.stores.invoices.get(None, invoice.scope, invoice.id)
        assert found is not None
        return found

    async def problems(self, register: str = f"{TEST_ORGANIZATION}:live:invoice") -> list[str]:
        """Findings of the check of the register."""
        return (await verify_register(register, stores=self.stores, uow=self.deps.uow)).problems

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Types and data of everything that was published."""
        return [(row["body"]["type"], row["body"]["data"]) for row in self.database.stored("outbox")]

    def event_types(self) -> list[str]:
        return [kind for kind, _ in self.events()]
