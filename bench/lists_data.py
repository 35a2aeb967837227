"""A million transactions as the service stores them: three organizations, several sites, providers and states."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.requests.transaction import TimelineEntry
from gateway_testkit.keys import new_keyring
from transaction.domain.states import Status
from transaction.domain.transaction import Transaction
from transaction.store.documents import TransactionDocument

ORGANIZATIONS = ("65a500000000000000000001", "65a500000000000000000002", "65a500000000000000000003")
SHARES = (70, 20, 10)
START = datetime(2025, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=20)
BATCH = 1_000
WRITERS = 2

_STATES = ((Status.SUCCEEDED, 80), (Status.FAILED, 8), (Status.CANCELED, 7), (Status.REFUNDED, 4), (Status.PENDING, 1))
_CURRENCIES = (("EUR", 9_500), ("USD", 490), ("JPY", 10))


@dataclass
class Shop:
    """Common fields of the rows of one organization."""

    organization_id: str
    sites: list[str] = field(init=False)
    providers: list[str] = field(init=False)

    def __post_init__(self) -> None:
        stem = self.organization_id[:-4]
        self.sites = [f"{stem}1{number:03x}" for number in range(8)]
        self.providers = [f"{stem}2{number:03x}" for number in range(6)]


SHOPS = tuple(Shop(identifier) for identifier in ORGANIZATIONS)


@dataclass
class Generator:
    """The same rows on every run, apart from the sealed fields."""

    rng: random.Random = field(default_factory=lambda: random.Random(11))
    made: int = 0
    _models: dict[str, dict[str, Any]] = field(default_factory=dict)

    def batches(self, until: int) -> Iterator[list[dict[str, Any]]]:
        """Rows up to that number in all."""
        while self.made < until:
            size = min(BATCH, until - self.made)
            yield [self._row() for _ in range(size)]

    def _row(self) -> dict[str, Any]:
        number, rng = self.made, self.rng
        self.made += 1
        (shop,) = rng.choices(SHOPS, SHARES)
        moment = START + number * APART
        status = _weighted(rng, _STATES)
        return {
            **self._model(shop.organization_id),
            "_id": identifier(number),
            "site_id": rng.choice(shop.sites),
            "provider_id": rng.choice(shop.providers),
            "checkout_id": f"c{number:023x}",
            "session_hash": f"{number:064x}",
            "status": status.value,
            "currency": _weighted(rng, _CURRENCIES),
            "created_at": moment,
            "updated_at": moment + timedelta(seconds=40),
            "provider_payment_id": f"pi_{number:024d}",
            "email_hash": f"{rng.randrange(100_000):064x}",
            "client_id": f"{rng.randrange(50_000):024x}" if rng.random() < 0.5 else None,
            "external_reference": f"order-{number}",
            "invoice_number": f"R-{number}" if rng.random() < 0.3 else None,
            "refunded": 4900 if status is Status.REFUNDED else 0,
            "contested": status is Status.SUCCEEDED and number % 200 == 0,
            "resolve_at": moment if status is Status.PENDING else None,
        }

    def _model(self, organization_id: str) -> dict[str, Any]:
        """A whole document; rows differ from it in what lists filter by."""
        if organization_id not in self._models:
            self._models[organization_id] = _model(organization_id)
        return self._models[organization_id]


def identifier(number: int) -> str:
    """Ascends with time, as object ids do."""
    return f"{int((START + number * APART).timestamp()):08x}{number:016x}"


def _weighted(rng: random.Random, choices: tuple[tuple[Any, int], ...]) -> Any:
    return rng.choices([value for value, _ in choices], [weight for _, weight in choices])[0]


def _model(organization_id: str) -> dict[str, Any]:
    keyring = new_keyring(organization_id)
    sealed = {
        name: keyring.encrypt(organization_id, "transactions", "0" * 24, name, text)
        for name, text in (
            ("session_public_id", "c" * 35),
            ("party", "x" * 200),
            ("ipn_url", "y" * 40),
            ("return_page", "z" * 40),
        )
    }
    steps = ("created", "call_accepted", "processing", "capture_confirmed")
    timeline = tuple(
        TimelineEntry(
            at=START, type=step, effect="applied", from_status="initiated", to_status="succeeded", source="api"
        )
        for step in steps
    )
    return TransactionDocument.row_of(
        Transaction(
            id="",
            organization_id=organization_id,
            livemode=True,
            site_id="",
            checkout_id="",
            session_hash="",
            provider_id="",
            provider_type="stripe",
            status=Status.SUCCEEDED,
            version=4,
            amount=4900,
            currency="EUR",
            created_at=START,
            updated_at=START,
            captured=4900,
            entry_count=1,
            lines=(TransactionLine(name="Shirt", quantity=2, unit_price=2450),),
            country="DE",
            timeline=timeline,
            trace_id="0" * 32,
            **sealed,  # type: ignore[arg-type]  # all encrypted values
        )
    )


async def fill(collection: Any, generator: Generator, until: int) -> None:
    """Insert up to that number of rows in all."""
    batches = generator.batches(until)

    async def write() -> None:
        for batch in batches:
            await collection.insert_many(batch, ordered=False)

    await asyncio.gather(*(write() for _ in range(WRITERS)))
