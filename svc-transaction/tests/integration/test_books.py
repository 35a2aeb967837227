"""The books of a payment and its operations at the provider, as its merchant reads them."""

from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, NotFound
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseQuery
from gateway_contracts.requests.transaction import CheckoutRef, TransactionRef
from gateway_contracts.rpc import Call
from gateway_providers.events import Exchange
from gateway_providers.ports import Settlement
from gateway_testkit.keys import OTHER_ORGANIZATION
from transaction.provider_operations.fetch_fees import fetch_fees
from transaction.rpc.merchant import MerchantRequests

pytestmark = pytest.mark.integration


def call(world: World, *scopes: str, **changes: Any) -> Call:
    fields: dict[str, Any] = {"organization_id": world.scope.organization_id, "scopes": scopes or ("*",)}
    return Call(actor=Actor(kind="api_key", **{**fields, **changes}))


async def settled(world: World, paid: Any, settlement: Settlement) -> None:
    """The provider tells what it did with the money."""
    world.providers.settlements["txn_1"] = settlement
    fields = {"object": "charge", "payment_intent": paid.provider_payment_id, "balance_transaction": "txn_1"}
    await world.deliver(world.event("charge.updated", "ch_1", amount_captured=4900, **fields))
    await fetch_fees(world.deps).round()


async def test_fees_and_net_of_a_refunded_payment(world: World) -> None:
    paid = await world.paid()
    await settled(world, paid, Settlement(Money(98, "EUR")))
    await world.refund(paid.id, 1000)

    books = await MerchantRequests(world.deps).get_ledger(TransactionRef(transaction_id=paid.id), call(world))

    [total] = books.totals
    assert (total.currency, total.sales, total.refunds, total.fees) == ("EUR", 4900, 1000, 98)
    assert total.net == 4900 - 1000 - 98
    assert sorted(entry.kind for entry in books.entries) == sorted(await world.entries(paid.id))
    assert books.entries[0].postings[0].debit == books.entries[0].postings[1].credit == 4900
    for entry in books.entries:
        assert sum(leg.debit - leg.credit for leg in entry.postings) == 0
    legs = [leg for entry in books.entries for leg in entry.postings]
    assert sum(leg.debit for leg in legs) == total.debit == total.credit == sum(leg.credit for leg in legs)


async def test_an_exchange_moves_the_net_into_the_other_currency(world: World) -> None:
    paid = await world.paid()
    await settled(world, paid, Settlement(Money(98, "USD"), Exchange(Money(4900, "EUR"), Money(5390, "USD"))))
    books = await MerchantRequests(world.deps).get_ledger(TransactionRef(transaction_id=paid.id), call(world))
    assert [(total.currency, total.sales, total.fees, total.net) for total in books.totals] == [
        ("EUR", 4900, 0, 0),
        ("USD", 0, 98, 5390 - 98),
    ]


async def test_operations_and_their_results(world: World) -> None:
    paid = await world.paid()
    await settled(world, paid, Settlement(Money(98, "EUR")))
    refund = await world.refund(paid.id, 1000)

    listed = await MerchantRequests(world.deps).list_operations(TransactionRef(transaction_id=paid.id), call(world))

    by_kind = {each.kind: each for each in listed.operations}
    assert {kind: each.state for kind, each in by_kind.items()} == dict.fromkeys(("create", "fee", "refund"), "done")
    assert (by_kind["fee"].object_id, by_kind["refund"].refund_id) == ("txn_1", refund.id)
    assert {each.next_attempt_at for each in listed.operations} == {None}
    assert None not in {each.closed_at for each in listed.operations}


async def test_both_are_for_their_merchant_alone(world: World) -> None:
    paid = await world.paid()
    merchant, ref = MerchantRequests(world.deps), TransactionRef(transaction_id=paid.id)
    for read in (merchant.get_ledger, merchant.list_operations):
        for caller in (
            call(world, organization_id=OTHER_ORGANIZATION),
            call(world, livemode=True),
            call(world, site_id=new_object_id()),
        ):
            with pytest.raises(NotFound):
                await read(ref, caller)
        with pytest.raises(Forbidden):
            await read(ref, call(world, "transaction:execute"))


async def test_a_checkout_names_its_buyer_and_where_it_goes(world: World) -> None:
    shipping = Party(name="Bob", address1="Dock 2", city="Hamburg", country="DE")
    paid = await world.paid(shipping=shipping)
    merchant = MerchantRequests(world.deps)
    read = await merchant.get_checkout(CheckoutRef(checkout_id=paid.checkout_id), call(world))
    assert read.buyer is not None
    assert (read.buyer.name, read.buyer.country, read.shipping) == ("Ada Lovelace", "DE", shipping)
    unknown = await world.paid(party=Party())
    read = await merchant.get_checkout(CheckoutRef(checkout_id=unknown.checkout_id), call(world))
    assert (read.buyer, read.shipping) == (None, None)


async def test_cases_of_one_payment(world: World) -> None:
    first, second = await world.paid(external_reference="same"), await world.paid(external_reference="same")
    merchant = MerchantRequests(world.deps)

    async def cases(transaction_id: str) -> list[str | None]:
        page = await merchant.list_cases(CaseQuery(transaction_id=transaction_id), call(world))
        assert page.total == len(page.cases)
        return [case.transaction_id for case in page.cases]

    assert (await cases(first.id), await cases(second.id)) == ([], [second.id])
