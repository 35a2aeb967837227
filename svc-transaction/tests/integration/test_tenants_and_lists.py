"""Isolation of tenants, and lists."""

from dataclasses import replace
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import ChangedMeanwhile, Forbidden, Invalid, NotFound, Transient, Unreadable
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CasePage, CaseQuery
from gateway_contracts.requests.customer import GetSession
from gateway_contracts.requests.provider import CheckProvider
from gateway_contracts.requests.transaction import (
    LIST_CHECKOUTS,
    CheckoutQuery,
    CheckoutRef,
    TransactionQuery,
    TransactionRef,
    UpdateCheckout,
    UpdateTransaction,
)
from gateway_contracts.rpc import Call
from gateway_providers.events import FactKind, ProviderFact
from gateway_testkit.keys import OTHER_ORGANIZATION
from transaction.rpc.merchant import MerchantRequests
from transaction.use_cases.check_provider import check_provider
from transaction.use_cases.create_checkout import create_checkout
from transaction.use_cases.get_session import get_session
from transaction.use_cases.list_cases import list_cases
from transaction.use_cases.list_checkouts import list_checkouts

pytestmark = pytest.mark.integration


def call(world: World, *scopes: str, **changes: Any) -> Call:
    fields: dict[str, Any] = {"organization_id": world.scope.organization_id, "scopes": scopes}
    return Call(actor=Actor(kind="api_key", **{**fields, **changes}))


async def test_another_organization_sees_nothing(world: World) -> None:
    started = await world.pay(await world.checkout())
    merchant = MerchantRequests(world.deps)
    stranger = call(world, "*", organization_id=OTHER_ORGANIZATION)
    live = call(world, "*", livemode=True)
    checkout_id = (await world.transaction(started.transaction_id)).checkout_id

    for caller in (stranger, live):
        with pytest.raises(NotFound):
            await merchant.get_transaction(TransactionRef(transaction_id=started.transaction_id), caller)
        with pytest.raises(NotFound):
            await merchant.cancel_transaction(TransactionRef(transaction_id=started.transaction_id), caller)
        with pytest.raises(NotFound):
            await merchant.get_checkout(CheckoutRef(checkout_id=checkout_id), caller)
        with pytest.raises(NotFound):
            await merchant.update_checkout(UpdateCheckout(checkout_id=checkout_id, metadata={"a": "b"}), caller)
        with pytest.raises(NotFound):
            await merchant.create_checkout(world.command(), caller.model_copy(update={"actor": stranger.actor}))
        assert (await merchant.list_transactions(TransactionQuery(), caller)).total == 0


async def test_a_credential_needs_its_scope(world: World) -> None:
    merchant = MerchantRequests(world.deps)
    with pytest.raises(Forbidden):
        await merchant.create_checkout(world.command(), call(world, "checkout:read"))
    with pytest.raises(Forbidden):
        await merchant.list_transactions(TransactionQuery(), call(world, "checkout:*"))
    with pytest.raises(Forbidden):
        await merchant.list_checkouts(CheckoutQuery(), call(world, "*", organization_id=""))


async def test_a_credential_of_one_site_stays_there(world: World) -> None:
    started = await world.pay(await world.checkout())
    merchant = MerchantRequests(world.deps)
    elsewhere = call(world, "*", site_id=new_object_id())

    with pytest.raises(NotFound):
        await merchant.get_transaction(TransactionRef(transaction_id=started.transaction_id), elsewhere)
    assert (await merchant.list_transactions(TransactionQuery(), elsewhere)).total == 0
    assert (await merchant.list_transactions(TransactionQuery(), call(world, "*", site_id=world.site_id))).total == 1


async def test_an_event_of_another_account_or_organization_is_never_applied(world: World) -> None:
    started = await world.pay(await world.checkout())
    identifier = started.transaction_id

    await world.deliver(world.event("payment_intent.succeeded", "pi_1", provider_id=world.other_stripe_id))
    await world.deliver(
        world.event("payment_intent.succeeded", "pi_1", transaction_id=identifier, provider_id=world.other_stripe_id)
    )
    await world.deliver(
        world.event(
            "payment_intent.succeeded",
            "pi_1",
            transaction_id=identifier,
            organization_id=OTHER_ORGANIZATION,
            provider_id=world.foreign_id,
        )
    )

    assert (await world.transaction(identifier)).status == "initiated"
    assert await world.db.parked_events.count_documents({}) == 2


async def test_a_marker_of_another_organization_is_foreign(world: World) -> None:
    event = world.event(
        "payment_intent.succeeded",
        "pi_1",
        metadata={"gatewayTransactionId": new_object_id(), "gatewayOrganizationId": OTHER_ORGANIZATION},
    )

    await world.deliver(event)

    assert await world.db.parked_events.count_documents({}) == 0


async def test_a_thin_event_is_only_a_reason_to_ask(world: World) -> None:
    started = await world.pay(await world.checkout())

    await world.deliver(world.event("payment_intent.succeeded", "pi_1", verified=False))

    assert (await world.transaction(started.transaction_id)).status == "initiated"
    assert world.providers.calls[-1][0] == "resolve"


def seen(world: World, key: str, **changes: Any) -> ProviderFact:
    fact = ProviderFact(
        kind=FactKind.CAPTURE_CONFIRMED,
        event_type="payment.paid",
        provider_status="paid",
        occurred_at=world.clock.now(),
        livemode=False,
        provider_payment_id="pi_1",
        amount=Money(4900, "EUR"),
        event_key=key,
    )
    return replace(fact, **changes)


async def test_each_state_that_is_seen_after_a_thin_event_is_applied_once(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.seen_when_asked = [seen(world, "key_1")]
    for _ in range(3):
        await world.deliver(world.event("hint", "pi_1", verified=False))
    inquiry = {"kind": FactKind.INQUIRY_CHANGED, "event_type": "inquiry", "provider_status": "open"}
    world.providers.seen_when_asked.append(seen(world, "key_2", **inquiry))

    await world.deliver(world.event("hint", "pi_1", verified=False))

    transaction = await world.transaction(started.transaction_id)
    recorded = [entry.type for entry in transaction.timeline]
    assert (transaction.status, transaction.captured) == ("succeeded", 4900)
    assert (recorded.count("capture_confirmed"), recorded[-1]) == (1, "inquiry_changed")


async def test_a_thin_event_whose_provider_does_not_answer_comes_back(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.seen_when_asked = [seen(world, "key_1")]
    world.providers.fail_next("resolve", Transient("not reached"))
    thin_event = world.event("hint", "pi_1", verified=False)

    with pytest.raises(Transient):
        await world.deliver(thin_event)
    await world.deliver(thin_event)

    assert (await world.transaction(started.transaction_id)).status == "succeeded"


async def test_a_checkout_is_created_once_per_operation_and_id(world: World) -> None:
    command = world.command()
    options: dict[str, Any] = {"scope": world.scope, "site_id": None, "deps": world.deps}

    first = await create_checkout(command, operation_id="op_1", **options)
    again = await create_checkout(command, operation_id="op_1", **options)
    by_operation = await create_checkout(
        command.model_copy(update={"checkout_id": new_object_id()}), operation_id="op_1", **options
    )

    assert first == again == by_operation
    assert len(await world.events("checkout.created.v1")) == 1


async def test_a_transaction_is_created_once_per_id(world: World) -> None:
    session, transaction_id = await world.checkout(), new_object_id()

    first = await world.pay(session, transaction_id=transaction_id)
    again = await world.pay(session, transaction_id=transaction_id)

    assert first == again
    assert len(await world.events("transaction.initiated.v1")) == 1


async def test_only_providers_that_fit_are_offered(world: World) -> None:
    directory = world.tenants
    directory.providers[world.other_stripe_id] = directory.providers[world.other_stripe_id].model_copy(
        update={"enabled": False}
    )

    everything = await world.checkout()
    tiny = await world.checkout(amount=10, items=())
    chosen = await world.checkout(allowed_provider_ids=(world.wire_id,))

    assert [provider.id for provider in everything.providers] == [world.stripe_id, world.wire_id]
    assert [provider.is_default for provider in everything.providers] == [True, False]
    assert [provider.id for provider in tiny.providers] == [world.wire_id]
    assert [provider.id for provider in chosen.providers] == [world.wire_id]
    with pytest.raises(Invalid) as caught:
        await world.pay(chosen)
    assert caught.value.code == "PROVIDER_NOT_OFFERED"


async def test_an_account_that_lacks_what_completes_payments_is_not_offered(world: World) -> None:
    accounts = world.tenants.providers
    complete = accounts[world.stripe_id]
    accounts[world.stripe_id] = complete.model_copy(update={"missing": ("webhookSecret",)})

    before = await world.checkout()
    with pytest.raises(Invalid) as caught:
        await world.pay(before)
    accounts[world.stripe_id] = complete
    after = await world.checkout()

    assert world.stripe_id not in [provider.id for provider in before.providers]
    assert caught.value.code == "PROVIDER_NOT_OFFERED"
    assert world.stripe_id in [provider.id for provider in after.providers]


async def test_an_account_is_checked_as_it_is_published(world: World) -> None:
    accounts = world.tenants.providers
    accounts[world.stripe_id] = accounts[world.stripe_id].model_copy(update={"missing": ("webhookSecret",)})
    request = CheckProvider(provider_id=world.stripe_id, version=1)

    made = await check_provider(request, scope=world.scope, deps=world.deps)

    assert [(check.result, check.code, check.field) for check in made.checks] == [
        ("failed", "VALUE_MISSING", "webhookSecret")
    ]
    with pytest.raises(Transient):
        await check_provider(request.model_copy(update={"version": 2}), scope=world.scope, deps=world.deps)
    live = Scope(world.scope.organization_id, livemode=True)
    for scope in (live, Scope(new_object_id(), livemode=False)):
        with pytest.raises(NotFound):
            await check_provider(request, scope=scope, deps=world.deps)


async def test_a_live_checkout_offers_no_test_provider(world: World) -> None:
    scope = Scope(world.scope.organization_id, livemode=True)
    made = await create_checkout(world.command(), scope=scope, site_id=None, operation_id=None, deps=world.deps)

    assert (await get_session(GetSession(short_code=made.short_code), deps=world.deps)).providers == ()


@pytest.mark.parametrize("is_period", [False, True])
async def test_pages_and_cursors_walk_through_everything(world: World, *, is_period: bool) -> None:
    period: dict[str, Any] = {"created_from": world.clock.now(), "created_to": world.clock.now()} if is_period else {}
    made = [(await world.checkout()).checkout_id for _ in range(5)]
    newest_first = sorted(made, reverse=True)
    options: dict[str, Any] = {"scope": world.scope, "deps": world.deps}

    by_page = [await list_checkouts(CheckoutQuery(limit=2, page=page, **period), **options) for page in (1, 2, 3)]
    by_cursor, cursor = [], None
    while True:
        page = await list_checkouts(CheckoutQuery(limit=2, cursor=cursor, **period), **options)
        by_cursor += [row.id for row in page.checkouts]
        if (cursor := page.next_cursor) is None:
            break

    assert [row.id for page in by_page for row in page.checkouts] == newest_first
    assert by_cursor == newest_first
    assert (by_page[0].total, by_page[0].total_capped) == (5, False)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"page": 0}, {"page": 101, "limit": 100}])
async def test_windows_out_of_range_are_refused(world: World, query: dict[str, int]) -> None:
    with pytest.raises((Invalid, Unreadable)):
        await list_checkouts(LIST_CHECKOUTS.read(query), scope=world.scope, deps=world.deps)


async def test_a_forged_cursor_is_refused(world: World) -> None:
    with pytest.raises(Unreadable):
        await list_checkouts(CheckoutQuery(cursor="eyJ4IjoxfQ"), scope=world.scope, deps=world.deps)


async def test_filters(world: World) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world, "*")
    session = await world.checkout(external_reference="order-9")
    started = await world.pay(session)
    await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    for query, count in [
        (TransactionQuery(status="succeeded"), 1),
        (TransactionQuery(status="canceled"), 0),
        (TransactionQuery(external_reference="order-9"), 1),
        (TransactionQuery(provider_payment_id="pi_1"), 1),
        (TransactionQuery(session_public_id=session.id), 1),
        (TransactionQuery(session_public_id=session.id.swapcase()), 0),
        (TransactionQuery(session_public_id=""), 0),
        (TransactionQuery(email=" ADA@example.com"), 2),
        (TransactionQuery(email="bob@example.com"), 0),
        (TransactionQuery(currency="USD"), 0),
        (TransactionQuery(created_from=world.clock.now()), 2),
    ]:
        page = await merchant.list_transactions(query, caller)
        assert (page.total, query) == (count, query)
    page = await merchant.list_transactions(TransactionQuery(status="succeeded"), caller)
    assert (page.transactions[0].id, page.transactions[0].email) == (started.transaction_id, "Ada@Example.com")
    assert page.transactions[0].timeline == ()
    assert (await merchant.list_checkouts(CheckoutQuery(status="completed"), caller)).total == 1
    listed = await merchant.list_checkouts(CheckoutQuery(session_public_id=session.id), caller)
    (row,) = listed.checkouts
    assert (row.session_public_id, row.short_code) == (session.id, session.short_code)
    stranger = call(world, "*", organization_id=OTHER_ORGANIZATION)
    assert (await merchant.list_checkouts(CheckoutQuery(session_public_id=session.id), stranger)).total == 0


async def test_names_of_sessions_are_shown_and_never_stored(world: World) -> None:
    """Each of these names opens the checkout: neither rows nor events to be published may contain it."""
    merchant, caller = MerchantRequests(world.deps), call(world, "*")
    session = await world.checkout()
    started = await world.pay(session)
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    record = await merchant.get_transaction(TransactionRef(transaction_id=started.transaction_id), caller)
    assert record.session_public_id == session.id
    for name in await world.db.list_collection_names():
        rows = str(await world.db[name].find().to_list())
        assert session.id not in rows, name
        assert session.short_code not in rows, name
    async for event in world.db.outbox.find({"entity_id": started.transaction_id}):
        body = event["body"]
        sealed = EncryptedValue.model_validate(body["data"]["sessionPublicId"])
        place = (world.scope.organization_id, body["type"], body["id"], "session_public_id")
        assert world.keyring.decrypt(sealed, *place).decode() == session.id


async def test_half_a_name_opens_nothing(world: World) -> None:
    session, other = await world.checkout(), await world.checkout()
    for request in (
        GetSession(),
        GetSession(session_public_id=session.id[:-1]),
        GetSession(short_code=session.short_code.swapcase()),
        GetSession(session_public_id=session.short_code, short_code=session.id),
        GetSession(session_public_id=session.id, short_code=other.short_code),
    ):
        with pytest.raises(NotFound):
            await get_session(request, deps=world.deps)


async def test_money_that_went_back_filters(world: World) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world, "*")
    plain, returned, contested, lost = [await world.paid() for _ in range(4)]
    await world.refund(returned.id, 100)
    for name, paid, event, status in (
        ("dp_1", contested, "created", "needs_response"),
        ("dp_2", lost, "closed", "lost"),
        ("dp_3", plain, "created", "needs_response"),
        ("dp_3", plain, "closed", "won"),
        ("dp_4", plain, "created", "warning_needs_response"),
    ):
        subject: dict[str, Any] = {
            "object": "dispute",
            "payment_intent": paid.provider_payment_id,
            "amount": 4900,
            "status": status,
        }
        await world.deliver(world.event(f"charge.dispute.{event}", name, **subject))

    async def ids(**query: Any) -> set[str]:
        page = await merchant.list_transactions(TransactionQuery(**query), caller)
        assert page.total == len(page.transactions)
        return {row.id for row in page.transactions}

    assert await ids(disputed=True) == {contested.id, lost.id}
    assert await ids(disputed=False) == {plain.id, returned.id}
    assert await ids(refunded=True) == {returned.id}
    assert await ids(refunded=False) == {plain.id, contested.id, lost.id}
    assert await ids(refunded=False, disputed=False, status="succeeded") == {plain.id}
    assert (
        await merchant.list_transactions(TransactionQuery(disputed=True), call(world, "*", livemode=True))
    ).total == 0
    await world.verify()


async def test_metadata_is_merged(world: World) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world, "checkout:update", "checkout:read")
    session = await world.checkout(metadata={"a": "1", "b": "2"})

    changed = await merchant.update_checkout(
        UpdateCheckout(checkout_id=session.checkout_id, metadata={"a": "", "c": "3"}), caller
    )

    assert changed.metadata == {"b": "2", "c": "3"}
    assert (await merchant.get_checkout(CheckoutRef(checkout_id=session.checkout_id), caller)) == changed


async def test_metadata_of_a_transaction_is_its_own(world: World) -> None:
    merchant, caller = MerchantRequests(world.deps), call(world, "transaction:update", "transaction:read")
    started = await world.pay(await world.checkout(metadata={"a": "1"}))
    change = UpdateTransaction(transaction_id=started.transaction_id, metadata={"b": "2"})

    changed = await merchant.update_transaction(change, caller)

    assert changed.metadata == {"a": "1", "b": "2"}
    assert (await merchant.update_transaction(change, caller)).sequence == changed.sequence
    with pytest.raises(NotFound):
        await merchant.update_transaction(change, call(world, "*", organization_id=OTHER_ORGANIZATION))


async def test_cases_are_listed(world: World) -> None:
    await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=1))

    page = await MerchantRequests(world.deps).list_cases(CaseQuery(status="open"), call(world, "transaction:execute"))

    assert [(case.kind, case.amount) for case in page.cases] == [("amount_mismatch", 1)]
    assert page.next_cursor is None


async def test_a_case_of_a_kind_that_a_later_version_stored_is_listed(world: World) -> None:
    await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=1))
    await world.db.cases.update_one({}, {"$set": {"kind": "of_a_later_version"}})

    page = await list_cases(CaseQuery(), scope=world.scope, deps=world.deps)

    assert [case.kind for case in CasePage.model_validate_json(page.wire_json()).cases] == ["of_a_later_version"]


async def test_cases_are_read_page_by_page_to_the_end(world: World) -> None:
    for number in range(1, 4):
        await world.pay(await world.checkout())
        await world.deliver(world.event("payment_intent.succeeded", f"pi_{number}", amount_received=number))
    requests, caller = MerchantRequests(world.deps), call(world, "transaction:execute")

    amounts, cursor = [], None
    while True:
        page = await requests.list_cases(CaseQuery(limit=2, cursor=cursor), caller)
        amounts += [case.amount for case in page.cases]
        assert (page.total, page.total_capped) == (3, False)
        if (cursor := page.next_cursor) is None:
            break

    assert amounts == [3, 2, 1]
    with pytest.raises(Unreadable):
        await requests.list_cases(CaseQuery(cursor="x"), caller)


async def test_a_stale_copy_is_never_written(world: World) -> None:
    session = await world.checkout()
    checkout = await world.deps.checkouts.get(None, world.scope, session.checkout_id)

    async def write(tx: Any) -> Any:
        return world.deps.checkouts.replace(tx, checkout, checkout.changed(locale="de"))

    await world.deps.uow.run(write)
    with pytest.raises(ChangedMeanwhile):
        await world.deps.uow.run(write)
