"""The largest that is accepted fits on the bus everywhere: events (1 MiB), replies (512 KiB), pages; and can be read.

Real stores and real records; sizes are those of JSON as UTF-8, as it travels.
"""

import json
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict, Invalid, TooLarge
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.customer import GetSession
from gateway_contracts.requests.refund import CreateRefund
from gateway_contracts.requests.transaction import (
    CREATE_CHECKOUT,
    CheckoutQuery,
    CheckoutRef,
    TransactionQuery,
    TransactionRef,
    UpdateCheckout,
)
from gateway_contracts.rpc import Call
from transaction.rpc.merchant import MerchantRequests
from transaction.rpc.reversals import ReversalRequests
from transaction.use_cases.create_checkout import create_checkout
from transaction.use_cases.get_session import get_session

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

EVENT_BYTES_MAX, REPLY_BYTES_MAX = 1024 * 1024, 512 * 1024
TEXTS_BYTES_MAX, ITEMS_MAX = 64 * 1024, 500
EMOJI, QUOTE = "\U0001f600", '"'
PARTY = {"name": 401, "company": 200, "address1": 200, "address2": 200, "city": 200, "state": 200, "postcode": 200}


def largest(unit: str, **changes: Any) -> dict[str, Any]:
    """A checkout whose texts have as many bytes as they may, most of them in its 500 items."""
    party = Party(**{name: unit * (length // 4) for name, length in PARTY.items()}, email="a@b.example", country="DE")
    urls = {name: "https://shop.example/" + "x" * 1_000 for name in ("return_url", "cancel_url", "ipn_url")}
    used = 2 * sum(len((text or "").encode()) for text in party.model_dump().values())
    used += sum(len(url) for url in urls.values()) + 2 * 64 * len(unit.encode())
    name = unit * ((TEXTS_BYTES_MAX - used) // ITEMS_MAX // len(unit.encode()))
    line = TransactionLine(
        name=name, quantity=1_000_000, unit_price=100_000, item_type="digital_service_of_the_longest_kind_____"[:40],
        vat_rate="99.9999",
    )  # fmt: skip
    fields: dict[str, Any] = {
        "amount": ITEMS_MAX * 10**11,
        "currency": "IDR",
        "items": (line,) * ITEMS_MAX,
        "party": party,
        "shipping": party,
        "external_reference": unit * 64,
        "invoice_number": unit * 64,
        **urls,
    }
    return {**fields, **changes}


def filled(unit: str) -> dict[str, str]:
    """Metadata of as many bytes as texts may have in all."""
    each = TEXTS_BYTES_MAX // 50 // len(unit.encode())
    return {f"{place:02}" + "k" * 38: unit * min(each, 500) for place in range(50)}


def call(world: World) -> Call:
    return Call(actor=Actor(kind="api_key", organization_id=world.scope.organization_id, scopes=("*",)))


def size(reply: Any) -> int:
    return len(reply.wire_json())


async def assert_events_fit(world: World) -> int:
    sizes = [len(json.dumps(body, ensure_ascii=False, default=str).encode()) for body in await world.events()]
    assert max(sizes) <= EVENT_BYTES_MAX // 2
    return max(sizes)


@pytest.mark.parametrize("unit", [EMOJI, QUOTE, "\u00e4"])
async def test_the_largest_checkout_is_paid_refunded_and_read(world: World, unit: str) -> None:
    merchant, reversals, caller = MerchantRequests(world.deps), ReversalRequests(world.deps), call(world)
    paid = await world.paid(**largest(unit))
    lines = tuple(RefundLine(line=place, amount=10**10, quantity=1_000_000) for place in range(ITEMS_MAX))
    refund = await world.refund(paid.id, lines=lines, reason=unit * 500)

    checkout = await merchant.get_checkout(CheckoutRef(checkout_id=paid.checkout_id), caller)
    session = await get_session(GetSession(session_public_id=checkout.session_public_id), deps=world.deps)
    record = await merchant.get_transaction(TransactionRef(transaction_id=paid.id), caller)

    assert (record.status, record.refunded) == ("succeeded", ITEMS_MAX * 10**10)
    assert len(checkout.items) == len(session.items) == ITEMS_MAX
    for reply in (checkout, session, record, refund):
        assert size(reply) <= REPLY_BYTES_MAX
    assert await assert_events_fit(world) > TEXTS_BYTES_MAX
    refunds = await reversals.list_refunds(TransactionRef(transaction_id=paid.id), caller)
    assert refunds.refunds == (refund,)
    await world.verify()


@pytest.mark.parametrize("unit", [EMOJI, QUOTE])
async def test_a_page_of_a_hundred_of_the_largest_is_complete(world: World, unit: str) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world)
    made = []
    for _ in range(100):
        command = world.command(metadata=filled(unit))
        await create_checkout(command, scope=world.scope, site_id=None, operation_id=None, deps=world.deps)
        made.append(command.checkout_id)

    page = await merchant.list_checkouts(CheckoutQuery(limit=100), caller)
    one = await merchant.list_checkouts(CheckoutQuery(limit=1), caller)

    assert size(page) <= REPLY_BYTES_MAX
    assert [row.id for row in page.checkouts] == made[::-1]
    whole = [row for row in page.checkouts if not row.abridged]
    assert 1 <= len(whole) < 100
    assert all(row.metadata == filled(unit) for row in whole)
    assert all(row.metadata == {} for row in page.checkouts if row.abridged)
    assert one.checkouts[0].metadata == filled(unit)
    whole_one = await merchant.get_checkout(CheckoutRef(checkout_id=made[0]), caller)
    assert whole_one.metadata == filled(unit)


async def test_a_page_of_transactions_with_much_metadata(world: World) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world)
    for _ in range(12):
        await world.pay(await world.checkout(metadata=filled(EMOJI)))

    page = await merchant.list_transactions(TransactionQuery(limit=100), caller)

    assert size(page) <= REPLY_BYTES_MAX
    assert len(page.transactions) == 12
    assert [row.abridged for row in page.transactions] == sorted(row.abridged for row in page.transactions)
    await assert_events_fit(world)


async def test_metadata_that_is_added_later_is_counted_too(world: World) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world)
    session = await world.checkout(**largest(QUOTE))
    half = {key: value for key, value in filled(EMOJI).items() if key < "25"}
    rest = {key: value for key, value in filled(EMOJI).items() if key >= "25"}

    await merchant.update_checkout(UpdateCheckout(checkout_id=session.checkout_id, metadata=half), caller)
    full = await merchant.update_checkout(UpdateCheckout(checkout_id=session.checkout_id, metadata=rest), caller)

    assert size(full) <= REPLY_BYTES_MAX
    longer = {key: EMOJI * 500 for key in filled(EMOJI)}
    with pytest.raises(TooLarge):
        await merchant.update_checkout(UpdateCheckout(checkout_id=session.checkout_id, metadata=longer), caller)


async def test_one_byte_more_is_refused(world: World) -> None:
    fields = largest(QUOTE)
    more = TransactionLine(name=QUOTE * 2_000, quantity=1, unit_price=1)
    with pytest.raises(TooLarge) as caught:
        await world.checkout(**{**fields, "items": (*fields["items"][:-1], more), "amount": fields["amount"]})
    assert "65536" in caught.value.message
    one_more = [{"name": "x", "quantity": 1, "unitPrice": 1}] * (ITEMS_MAX + 1)
    with pytest.raises(Invalid, match="at most 500"):
        CREATE_CHECKOUT.read({**world.command().model_dump(mode="json", by_alias=True), "items": one_more})


async def test_refunds_of_one_transaction_have_an_end_and_fit_into_one_answer(world: World) -> None:
    reversals, caller = ReversalRequests(world.deps), call(world)
    paid = await world.paid(**largest(EMOJI))
    lines = tuple(RefundLine(line=place, amount=1) for place in range(ITEMS_MAX))
    first = await world.refund(paid.id, lines=lines, reason=EMOJI * 500)
    row = await world.db.refunds.find_one({"_id": first.id})
    # As if made before: the others of the 200 that a caller may make.
    await world.db.refunds.insert_many([_copy(world, row, place) for place in range(199)])

    with pytest.raises(Conflict) as caught:
        await reversals.create_refund(
            CreateRefund(refund_id=new_object_id(), transaction_id=paid.id, amount=1, reason="x"), caller
        )
    listed = await reversals.list_refunds(TransactionRef(transaction_id=paid.id), caller)

    assert caught.value.code == "TOO_MANY_REFUNDS"
    assert len(listed.refunds) == 200
    assert size(listed) <= REPLY_BYTES_MAX


def _copy(world: World, row: dict[str, Any], place: int) -> dict[str, Any]:
    identifier = new_object_id()
    sealed = world.deps.cipher.seal(world.scope.organization_id, "refunds", identifier, "reason", EMOJI * 500)
    return {**row, "_id": identifier, "provider_refund_id": f"re_x{place}", "reason": sealed.model_dump()}
