"""The services behind this one, in memory, and the application in front of them."""

import copy
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any, Literal

import httpx
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import SecretStr
from starlette.responses import Response

from checkout_api.adapters.nudge_hub import NudgeHub
from checkout_api.app import create_app, limit_rules
from checkout_api.settings import Settings
from checkout_api.web.dependencies import PAY_POLICY, Deps, page_rules, proofs_of
from gateway_contracts.clock import Clock, SystemClock
from gateway_contracts.config import DomainConfig, SiteConfig
from gateway_contracts.errors import Conflict, GatewayError, NotFound
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.requests import customer, invoice
from gateway_contracts.requests.customer import (
    BankDetails,
    NextAction,
    OfferedProvider,
    Session,
    StatusView,
    TransactionStarted,
)
from gateway_contracts.requests.invoice import CustomerDocument, CustomerDocuments, DocumentRef
from gateway_kit.health import Health
from gateway_kit.http.rate_limit import FAILED_POLICY
from gateway_kit.limits.buckets import Buckets

ORGANIZATION = "64b000000000000000000001"
SITE = "64b000000000000000000002"
STRIPE = "64b00000000000000000000a"
WIRE = "64b00000000000000000000b"
EPC = "BCD\n002\n1\nSCT\nCOBADEFFXXX\nExample Shop GmbH\nDE89370400440532013000\nEUR49.00\n\nRF18539007547034"


def a_session(**changes: Any) -> Session:
    """An open checkout of 49 euro with a card and a wire provider."""
    values: dict[str, Any] = {
        "id": "cs_" + "A" * 32,
        "checkout_id": "64b000000000000000000003",
        "organization_id": ORGANIZATION,
        "site_id": SITE,
        "short_code": "Abc123Def4",
        "status": "pending",
        "amount": 4900,
        "currency": "EUR",
        "livemode": False,
        "items": (
            TransactionLine(name="Hand-thrown mug", description="Stoneware, 300 ml", quantity=2, unit_price=1950),
            TransactionLine(name="Shipping", quantity=1, unit_price=1000, item_type="shipping"),
        ),
        "providers": (
            OfferedProvider(id=STRIPE, type="stripe", label="Card", is_default=True, publishable_key="pk_test_1"),
            OfferedProvider(id=WIRE, type="wire", label="Bank transfer"),
        ),
        "branding": {"primaryColor": "#2f5d50"},
        "site_name": "Example Shop",
        "email": "buyer@example.com",
        "name": "Ada Buyer",
        "return_url": "https://shop.example/thanks?t={transactionId}",
        "cancel_url": "https://shop.example/cart",
        "locale": "en-GB",
        "expires_at": datetime(2026, 12, 24, 12, 0, tzinfo=UTC),
    }
    return Session(**{**values, **changes})


@dataclass
class FakeOwners:
    """Keeps sessions and transactions as their owner would, as far as customers can see."""

    sessions: dict[str, Session] = field(default_factory=dict)
    views: dict[str, StatusView] = field(default_factory=dict)
    documents: dict[str, list[CustomerDocument]] = field(default_factory=dict)
    calls: list[tuple[str, Any, str | None]] = field(default_factory=list)
    failing: dict[str, GatewayError] = field(default_factory=dict)
    operations: dict[str, TransactionStarted] = field(default_factory=dict)
    started: Callable[[Any], TransactionStarted] | None = None
    synchronise: Callable[[StatusView], None] | None = None

    def add(self, session: Session) -> Session:
        self.sessions[session.id] = session
        return session

    def add_view(self, session: Session, **changes: Any) -> StatusView:
        values: dict[str, Any] = {
            "id": "64b0000000000000000000aa",
            "status": "pending_provider",
            "amount": session.amount,
            "currency": session.currency,
            "session_public_id": session.id,
            "checkout_status": session.status,
            "provider_type": "stripe",
            "return_url": "https://shop.example/thanks?t=64b0000000000000000000aa",
            "cancel_url": session.cancel_url,
        }
        view = StatusView(**{**values, **changes})
        self.views[view.id] = view
        return view

    def change(self, transaction_id: str, **changes: Any) -> None:
        self.views[transaction_id] = self.views[transaction_id].model_copy(update=changes)

    def add_document(self, session: Session, *, rendered: bool = True, **changes: Any) -> CustomerDocument:
        document = CustomerDocument(
            id=changes.pop("id", "64b0000000000000000000dd"),
            number=changes.pop("number", "TEST-INV-2026-00001"),
            total=session.amount,
            currency=session.currency,
            issued_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            document=DocumentRef(object_name="inv/1.pdf", file_name="TEST-INV-2026-00001.pdf", sha256="ab" * 32, key="")
            if rendered
            else None,
        )
        self.documents[session.id] = [document]
        return document

    async def call(
        self, method: Any, request: Any, *, actor: Any, operation_id: str | None = None, timeout_s: float | None = None
    ) -> Any:
        assert actor.kind == "customer"
        name = method.subject.rsplit(".", 1)[1]
        self.calls.append((name, request, operation_id))
        if name in self.failing:
            raise copy.copy(self.failing[name])
        return getattr(self, name)(request, operation_id)

    def public_get_checkout(self, request: customer.GetSession, _operation: Any) -> Session:
        for session in self.sessions.values():
            if request.session_public_id == session.id or request.short_code == session.short_code:
                return session
        raise NotFound("no such checkout", code="CHECKOUT_NOT_FOUND")

    def public_create_transaction(self, request: customer.CreateTransaction, operation: str) -> TransactionStarted:
        session = self.sessions[request.session_public_id]
        if session.status != "pending":
            raise Conflict("the checkout has ended", code="CHECKOUT_NOT_PENDING")
        if operation in self.operations:
            return self.operations[operation]
        answer = self.started(request) if self.started else self._start(session, request)
        self.operations[operation] = answer
        latest = {"transaction_id": answer.transaction_id, "transaction_status": "initiated"}
        self.add(session.model_copy(update=latest))
        return answer

    def _start(self, session: Session, request: customer.CreateTransaction) -> TransactionStarted:
        offer = next(offer for offer in session.providers if offer.id == request.provider_id)
        if offer.type == "wire":
            bank = a_bank(session)
            self.add_view(
                session, id=request.transaction_id, status="initiated", provider_type="wire", bank_details=bank
            )
            action = NextAction(type="bank_transfer", bank_details=bank)
            return TransactionStarted(transaction_id=request.transaction_id, status=-1, next_action=action)
        self.add_view(session, id=request.transaction_id)
        action = NextAction(type="stripe", client_secret="pi_1_secret_2", publishable_key="pk_test_1")
        return TransactionStarted(transaction_id=request.transaction_id, status=0, next_action=action)

    def _owned(self, request: customer.OwnedTransaction) -> StatusView:
        view = self.views.get(request.transaction_id)
        if view is None or view.session_public_id not in request.session_public_ids:
            raise NotFound("no such transaction", code="TRANSACTION_NOT_FOUND")
        return view

    def public_get_status(self, request: Any, _operation: Any) -> StatusView:
        return self._owned(request)

    def public_sync(self, request: Any, operation: Any) -> StatusView:
        if self.synchronise:
            self.synchronise(self._owned(request))
        return self._owned(request)

    def public_cancel(self, request: Any, _operation: Any) -> StatusView:
        self._owned(request)
        self.change(request.transaction_id, status="canceled")
        return self._owned(request)

    def public_mark_pending(self, request: Any, _operation: Any) -> StatusView:
        view = self._owned(request)
        if view.provider_type != "wire":
            raise Conflict("only transfers can be marked", code="MARK_PENDING_NOT_SUPPORTED")
        self.change(request.transaction_id, status="pending_provider", transfer_sent=True)
        return self._owned(request)

    def public_list_documents(self, request: invoice.OwnedDocuments, _operation: Any) -> CustomerDocuments:
        found = self.documents.get(request.session_public_id, [])
        return CustomerDocuments(documents=tuple(found))

    def requests(self, name: str) -> list[Any]:
        return [request for called, request, _ in self.calls if called == name]


def a_bank(session: Session) -> BankDetails:
    return BankDetails(
        account_holder="Example Shop GmbH",
        iban="DE89370400440532013000",
        bic="COBADEFFXXX",
        bank_name="Example Bank",
        reference="RF18 5390 0754 7034",
        amount=session.amount,
        currency=session.currency,
        epc_qr=EPC if session.currency == "EUR" else None,
    )


@dataclass
class FakeDirectory:
    sites: dict[str, SiteConfig] = field(default_factory=dict)
    domains: dict[str, DomainConfig] = field(default_factory=dict)

    def site(self, identifier: str) -> SiteConfig | None:
        return self.sites.get(identifier)

    def domain(self, name: str) -> DomainConfig | None:
        return self.domains.get(name)

    def add_domain(
        self,
        name: str,
        *,
        state: Literal["pending", "active", "failing", "suspended"] = "active",
        organization_id: str = ORGANIZATION,
    ) -> None:
        self.domains[name] = DomainConfig(
            name=name, organization_id=organization_id, site_id=SITE, version=1, state=state
        )

    def add_site(self, **settings: Any) -> None:
        self.sites[SITE] = SiteConfig(
            id=SITE, organization_id=ORGANIZATION, version=1, name="Example Shop", settings=settings
        )


class FakeDocuments:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {"inv/1.pdf": b"%PDF-1.7 example"}

    async def get(self, name: str, key: bytes) -> bytes:
        if name not in self.objects:
            raise NotFound("no such document", code="DOCUMENT_NOT_FOUND")
        return self.objects[name]


async def no_hooks(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"webhook endpoint"})


@dataclass
class World:
    """The application and everything around it."""

    app: Any
    deps: Deps
    owners: FakeOwners
    directory: FakeDirectory
    documents: FakeDocuments
    nudges: NudgeHub

    def client(self, **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, client=(options.pop("address", "203.0.113.9"), 1))
        return httpx.AsyncClient(transport=transport, base_url=options.pop("base_url", "https://pay.test"), **options)

    def session(self, **changes: Any) -> Session:
        return self.owners.add(a_session(**changes))

    async def nudge(self, transaction_id: str) -> None:
        """A message about the transaction, as the hub gets it from the bus."""
        body = json.dumps({"data": {"transactionId": transaction_id}}).encode()
        await self.nudges._on_message(Msg(Client(), data=body))


def settings_of(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "environment": "production",
        "nats_url": "nats://127.0.0.1:1",
        "nats_user": "svc-checkout-api",
        "nats_password": SecretStr("x" * 32),
        "system_encryption_key": SecretStr(secrets.token_hex(32)),
        "system_search_hash_key": SecretStr(secrets.token_hex(32)),
        "http_port": 1,
        "admin_frontend_origin": "https://admin.test",
        "admin_backend_origin": "https://api.test",
        "main_frontend_origin": "https://pay.test",
        "main_backend_origin": "https://hooks.test",
        "trusted_proxies": "127.0.0.1",
        "stripe_js_url": "https://js.stripe.com/v3/",
    }
    return Settings(**{**values, **changes})


def build_world(*, clock: Clock | None = None, **changes: Any) -> World:
    settings = settings_of(**changes)
    owners, directory, documents = FakeOwners(), FakeDirectory(), FakeDocuments()
    nudges = NudgeHub(watchers_max=settings.event_streams_max)
    deps = Deps(
        settings=settings,
        owners=owners,
        directory=directory,
        documents=documents,
        nudges=nudges,
        health=Health(),
        rules=page_rules(settings, directory),
        # No time passes for limits: however slow the machine is, nothing drains between two requests.
        limits=Buckets(
            (limit_rules(settings).policy, FAILED_POLICY, PAY_POLICY), secret=b"test", monotonic=lambda: 1_000.0
        ),
        proofs=proofs_of(settings, clock or SystemClock()),
    )
    return World(create_app(deps, no_hooks), deps, owners, directory, documents, nudges)


MakeWorld = Callable[..., World]
PageCookie = Callable[[Session], dict[str, str]]
PayerCookie = Callable[[Session, str], dict[str, str]]


@pytest.fixture
def world() -> World:
    return build_world()


@pytest.fixture
def make_world() -> MakeWorld:
    return build_world


@pytest.fixture
def page_cookie(world: World) -> PageCookie:
    """The cookie that a hosted page of that session has, in the world of the fixture."""

    def cookie(session: Session) -> dict[str, str]:
        response = Response()
        world.deps.proofs.remember_page(response, session)
        return cookies_of(response)

    return cookie


@pytest.fixture
def payer_cookie(world: World) -> PayerCookie:
    """The cookie of the browser in which that transaction was begun."""

    def cookie(session: Session, transaction_id: str) -> dict[str, str]:
        response = Response()
        world.deps.proofs.remember_payer(response, session.id, transaction_id)
        return cookies_of(response)

    return cookie


def cookies_of(response: Response) -> dict[str, str]:
    """The cookies that a response sets."""
    return {name: morsel.value for name, morsel in SimpleCookie(response.headers["set-cookie"]).items()}
