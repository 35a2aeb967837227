"""The organization's legal time zone decides date, period and number; the register keeps UTC beside it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from invoice_office import Office

from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.adapters.pdf.view import view_of
from invoice.domain.legal_content import register_row
from invoice.ports import OrganizationSettings

pytestmark = pytest.mark.integration

NEW_YEAR_IN_BERLIN = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def settle(office: Office, country: str | None, organization_id: str = TEST_ORGANIZATION, **invoicing: Any) -> None:
    office.organizations.known[organization_id] = OrganizationSettings(organization_id, "Seller", country, invoicing)


def shown_of(office: Office, document: Any) -> dict[str, str]:
    """The facts beside the buyer, and what is said of the money."""
    view = view_of(office.printed(document).content)
    return {fact["name"]: fact["value"] for fact in view["facts"]} | {"paid": view["settled"]["text"]}


@pytest.mark.parametrize(
    ("country", "invoicing", "moment", "expected", "number"),
    [
        ("DE", {}, NEW_YEAR_IN_BERLIN, "2027-01-01", "INV-2027-00001"),
        ("GB", {}, NEW_YEAR_IN_BERLIN, "2026-12-31", "INV-2026-00001"),
        ("US", {}, datetime(2027, 1, 1, 4, 30, tzinfo=UTC), "2026-12-31", "INV-2026-00001"),
        ("JP", {}, datetime(2026, 12, 31, 15, 0, tzinfo=UTC), "2027-01-01", "INV-2027-00001"),
        ("AU", {}, datetime(2026, 12, 31, 13, 0, tzinfo=UTC), "2027-01-01", "INV-2027-00001"),
        ("BR", {}, datetime(2027, 1, 1, 2, 59, tzinfo=UTC), "2026-12-31", "INV-2026-00001"),
        (None, {}, NEW_YEAR_IN_BERLIN, "2026-12-31", "INV-2026-00001"),
        ("US", {"companyAddress": {"country": "DE"}}, NEW_YEAR_IN_BERLIN, "2027-01-01", "INV-2027-00001"),
        ("DE", {"legalTimeZone": "Atlantic/Azores"}, NEW_YEAR_IN_BERLIN, "2026-12-31", "INV-2026-00001"),
        ("DE", {"legalTimeZone": "Not/AZone"}, NEW_YEAR_IN_BERLIN, "2027-01-01", "INV-2027-00001"),
    ],
)
async def test_number_and_date_follow_the_legal_time_zone(
    office: Office, country: str | None, invoicing: dict[str, Any], moment: datetime, expected: str, number: str
) -> None:
    settle(office, country, **invoicing)
    office.clock.set(moment)

    invoice = await office.issued()

    assert (invoice.numbering.number, invoice.issued_on.isoformat()) == (number, expected)
    assert (invoice.dates.paid_on, invoice.dates.supplied_on) == (expected, expected)
    [row] = await office.rows("register")
    assert (row["issued_at"], row["issued_on"]) == (moment, expected)
    assert (await office.verify()).problems == []


async def test_month_and_day_in_the_number_and_paper_are_local(office: Office) -> None:
    layout = {"periodGranularity": "year_month_day"}
    settle(office, "DE", invoiceNumberLayout=layout, locale="en")
    office.clock.set(datetime(2026, 6, 30, 22, 5, tzinfo=UTC))

    invoice = await office.issued()

    assert invoice.numbering.number == "INV-2026-07-01-00001"
    shown = shown_of(office, invoice)
    assert shown["Invoice date"] == "1 July 2026"
    assert shown["Date of supply"] == "1 July 2026"
    assert "1 July 2026" in shown["paid"]


async def test_a_credit_note_has_its_own_day_and_names_those_of_its_invoice(office: Office) -> None:
    settle(office, "DE", locale="en")
    office.clock.set(datetime(2026, 11, 30, 23, 10, tzinfo=UTC))
    event = office.event()
    await office.issue(event)
    office.clock.set(NEW_YEAR_IN_BERLIN)

    note = await office.credit(office.reversal(event, 500))

    assert (note.numbering.number, note.issued_on) == ("CN-2027-00001", date(2027, 1, 1))
    shown = shown_of(office, note)
    assert (shown["Date"], shown["Date of supply"]) == ("1 January 2027", "1 December 2026")
    assert shown["Corrects invoice"].replace("\u00a0", " ") == "INV-2026-00001 of 1 December 2026"
    assert "1 January 2027" in shown["paid"]
    assert (await office.verify(f"{TEST_ORGANIZATION}:live:credit_note")).problems == []


async def test_neighbours_at_one_moment_have_their_own_days(office: Office) -> None:
    settle(office, "DE")
    settle(office, "GB", OTHER_ORGANIZATION)
    office.clock.set(NEW_YEAR_IN_BERLIN)

    berlin, london = await office.issue_all([office.event(), office.event(organization_id=OTHER_ORGANIZATION)])

    assert [berlin.numbering.number, london.numbering.number] == ["INV-2027-00001", "INV-2026-00001"]


async def test_a_changed_legal_date_is_found(office: Office) -> None:
    invoice = await office.issued()
    await office.database.db.invoices.update_one({"_id": invoice.id}, {"$set": {"dates.issued_on": "2020-01-01"}})

    problems = (await office.verify()).problems

    assert any("legal date" in problem for problem in problems)


async def test_documents_from_before_legal_dates_keep_their_seals_and_days(office: Office) -> None:
    invoice = await office.issued()
    older = invoice.changed(dates=None)
    row = register_row(older, 1, "0" * 64)
    await office.database.db.invoices.update_one({"_id": invoice.id}, {"$unset": {"dates": ""}})
    fields = {name: value for name, value in vars(row).items() if value is not None}
    await office.database.db.register.replace_one(
        {"_id": f"{row.register}:1"}, {**fields, "_id": f"{row.register}:1", "seal": row.seal}
    )
    await office.database.db.register_heads.update_one({"_id": row.register}, {"$set": {"seal": row.seal}})

    assert (await office.verify()).problems == []
    assert (await office.read(invoice.id)).issued_on == invoice.issued_at.date()
