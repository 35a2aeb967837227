"""The next number, readiness of the seller's side, and the check of registers by request."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from invoice_world import LIVE, World

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Forbidden, Invalid
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice_settings import NextNumberQuery
from gateway_contracts.rpc import Call, Empty
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.waiting import eventually
from invoice.errors import RegisterTooLong
from invoice.rpc.settings import SettingsHandlers
from invoice.use_cases.check_registers import RegisterChecker
from invoice.use_cases.verify_register import Findings

COMPLETE: dict[str, Any] = {
    "companyName": "Nordwind GmbH",
    "companyAddress": {"street": "Deich 1", "postalCode": "25813", "city": "Husum", "country": "DE"},
    "companyEmail": "office@nordwind.example",
    "companyContact": "Accounts",
    "companyPhone": "+49 4841 1234",
    "vatId": "DE123456789",
    "bankIBAN": "DE89370400440532013000",
    "eInvoice": {"enabled": True, "sellerPeppolRoutingAddress": {"schemeId": "9930", "value": "DE123456789"}},
}


@pytest.fixture
def world() -> World:
    return World()


def handlers(world: World) -> SettingsHandlers:
    return SettingsHandlers(stores=world.stores, uow=world.deps.uow, organizations=world.settings, clock=world.clock)


def call(*scopes: str, organization_id: str = TEST_ORGANIZATION, **values: Any) -> Call:
    fields: dict[str, Any] = {"kind": "api_key", "subject_id": "k", "livemode": True, **values}
    return Call(actor=Actor(**fields, organization_id=organization_id, scopes=scopes))


READER = call("organization:read")
CHECKER = call("invoice:read", "credit_note:read")


async def next_number(world: World, by: Call = READER, kind: Any = "invoice", **layout: Any) -> str:
    return (await handlers(world).next_number(NextNumberQuery(kind=kind, **layout), by)).number


async def test_the_next_number_is_the_one_that_is_issued(world: World) -> None:
    for _ in range(3):
        expected = await next_number(world)
        issued = await world.issued()
        assert issued.numbering is not None
        assert issued.numbering.number == expected
    assert await next_number(world, kind="credit_note") == f"CN-{world.clock.now().year}-00001"
    assert (
        await next_number(world, call("organization:read", livemode=False))
        == f"TEST-INV-{world.clock.now().year}-00001"
    )
    assert await next_number(world, call("organization:read", organization_id=OTHER_ORGANIZATION)) == expected.replace(
        "3", "1"
    )


async def test_a_layout_is_tried_over_the_stored_one(world: World) -> None:
    world.settings.invoicing = {"invoiceNumberLayout": {"prefix": "R", "sequenceDigits": 3, "startNumber": 7}}
    year = world.clock.now().year
    assert await next_number(world) == f"R{year}-007"
    assert await next_number(world, prefix="", infix="A", start_number=40) == f"{year}-A040"
    with pytest.raises(Invalid) as refused:
        await next_number(world, period_type="none", reset_policy="calendar_year")
    assert (refused.value.code, refused.value.details[0].field) == ("INVOICE_LAYOUT_REFUSED", "resetPolicy")


async def missing(world: World) -> dict[str, set[str]]:
    found = await handlers(world).readiness(Empty(), READER)
    return {each.format: {one.code for one in each.missing} for each in found.formats}


async def test_a_complete_seller_is_ready_for_every_form(world: World) -> None:
    world.settings.invoicing = COMPLETE
    found = await handlers(world).readiness(Empty(), READER)
    assert {(each.format, each.allowed, each.ready) for each in found.formats} == {
        ("xrechnung", True, True),
        ("peppol", True, True),
        ("zugferd", True, True),
    }


async def test_everything_that_the_settings_lack_is_named(world: World) -> None:
    found = await missing(world)
    assert found["zugferd"] == {"SELLER_VAT_ID_MISSING"}
    assert found["xrechnung"] >= {"SELLER_CITY_MISSING", "SELLER_IBAN_MISSING", "SELLER_CONTACT_MISSING"}
    assert found["peppol"] - found["xrechnung"] == {"SELLER_ROUTING_ADDRESS_MISSING"}
    world.settings.invoicing = COMPLETE | {"eInvoice": COMPLETE["eInvoice"] | {"strictValidation": True}}
    assert set.union(*(await missing(world)).values()) == {"PAYMENT_TERMS_MISSING"}
    world.settings.invoicing |= {"paymentTermDays": 14}
    assert set.union(*(await missing(world)).values()) == set()


async def test_forms_that_are_not_allowed_are_said_to_be(world: World) -> None:
    world.settings.invoicing = COMPLETE | {"eInvoice": {"enabled": True, "allowedFormats": ["zugferd"]}}
    found = await handlers(world).readiness(Empty(), READER)
    assert [each.format for each in found.formats if each.allowed] == ["zugferd"]
    world.settings.invoicing = {}
    found = await handlers(world).readiness(Empty(), READER)
    assert (found.enabled, any(each.allowed for each in found.formats)) == (False, False)


async def test_a_check_names_the_row_that_does_not_hold(world: World) -> None:
    for _ in range(3):
        await world.issued()
    whole = await handlers(world).check_registers(Empty(), CHECKER)
    assert [(each.kind, each.rows, each.intact) for each in whole.registers] == [
        ("invoice", 3, True),
        ("credit_note", 0, True),
    ]
    row = await world.stores.register.get(None, f"{TEST_ORGANIZATION}:live:invoice:2")
    assert row is not None
    await world.stores.register.now.replace(row, row.changed(total=row.total + 1), guard=())

    invoices, _ = (await handlers(world).check_registers(Empty(), CHECKER)).registers

    assert (invoices.intact, invoices.problem_count) == (False, 2)
    assert {(one.code, one.position, one.number) for one in invoices.problems} == {
        ("row_changed", 2, row.number),
        ("totals_differ", 2, row.number),
    }
    assert all(each.rows == 0 for each in (await handlers(world).check_registers(Empty(), _test_mode())).registers)


async def test_what_is_issued_and_corrected_during_a_check_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await world.issued()
    walked = world.stores.register.each

    async def each(where: Any, **options: Any) -> AsyncIterator[Any]:
        async for row in walked(where, **options):
            yield row
        if where["register"].endswith(":invoice"):
            await world.correct(first, notes="Corrected")
            await world.issued()

    monkeypatch.setattr(world.stores.register, "each", each)

    invoices, _ = (await handlers(world).check_registers(Empty(), CHECKER)).registers

    assert (invoices.rows, invoices.problems) == (2, ())


async def test_both_modes_of_an_organization_leave_a_place_for_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_end = list[str](), asyncio.Event()

    async def waits(register: str, **_: Any) -> Findings:
        asked.append(register)
        await may_end.wait()
        return Findings(register)

    monkeypatch.setattr("invoice.use_cases.check_registers.verify_register", waits)
    checker, other = RegisterChecker(world.stores, world.deps.uow), Scope(new_object_id(), livemode=True)
    async with asyncio.TaskGroup() as group:
        for scope in (LIVE, Scope(TEST_ORGANIZATION, livemode=False), other):
            group.create_task(checker.check(scope))

        async def both_walk() -> bool:
            return len(asked) == 2

        await eventually(both_walk)
        assert {name.partition(":")[0] for name in asked} == {TEST_ORGANIZATION, other.organization_id}
        may_end.set()


def _test_mode() -> Call:
    return Call(actor=CHECKER.actor.model_copy(update={"livemode": False}))


@pytest.mark.parametrize(
    "lacking",
    [call("invoice:read"), call("credit_note:read"), call("invoice:read", "credit_note:read", site_id=new_object_id())],
)
async def test_a_check_needs_both_rights_and_all_sites(world: World, lacking: Call) -> None:
    with pytest.raises(Forbidden):
        await handlers(world).check_registers(Empty(), lacking)


async def test_a_check_that_takes_too_long_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("invoice.use_cases.check_registers.verify_register", endless)
    with pytest.raises(RegisterTooLong):
        await RegisterChecker(world.stores, world.deps.uow, within_s=0.01).check(LIVE)
