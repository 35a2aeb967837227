"""The payment page of an open invoice, in the mail that brings it."""

from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.invoice import InvoicePaymentLink, InvoiceRecord
from gateway_testkit.clock import START
from notify.adapters.owners import InvoiceDocuments
from notify.adapters.templates.default import default_sources
from notify.adapters.templates.renderer import TemplateRenderer
from notify.domain.facts import EXAMPLE
from notify.domain.template import TemplateKey
from notify.ports import Names

PAGE = "https://pay.example/checkout/abc"
KEY = TemplateKey("invoice.issued", "email", "de")
SCOPE = Scope("65a000000000000000000001", livemode=True)


class Owner:
    """svc-invoice with one invoice."""

    def __init__(self, link: InvoicePaymentLink | None) -> None:
        self.link = link

    async def call(self, method: Any, request: Any, *, actor: Any) -> InvoiceRecord:
        return InvoiceRecord(
            id=request.invoice_id,
            site_id="65a5000000000000000000aa",
            livemode=True,
            currency="EUR",
            net=100,
            vat=19,
            total=119,
            created_at=START,
            status="issued",
            state="open",
            settled=0,
            outstanding=119,
            payment_link=self.link,
        )


async def described(link: InvoicePaymentLink | None) -> Any:
    documents = InvoiceDocuments(Owner(link), None, service="svc-notify")  # type: ignore[arg-type]  # what it asks for
    return (await documents.describe("invoice", "65b000000000000000000001", scope=SCOPE)).facts["link"]


async def test_the_page_is_a_fact_of_the_invoice() -> None:
    assert await described(InvoicePaymentLink(payment_url=PAGE, amount=119, expires_at=START)) == PAGE
    assert await described(None) is None


async def test_a_page_for_a_part_is_no_page_of_the_invoice() -> None:
    assert await described(InvoicePaymentLink(payment_url=PAGE, amount=50, expires_at=START)) is None


def test_the_mail_names_the_page_where_there_is_one() -> None:
    sources, names = default_sources("invoice.issued", "email"), Names("Shop", "#0b5fff")

    with_page = TemplateRenderer().render(sources, KEY, {**EXAMPLE, "link": PAGE}, names)
    without = TemplateRenderer().render(sources, KEY, {**EXAMPLE, "link": None}, names)

    assert f"Online bezahlen: {PAGE}" in with_page.text.splitlines()
    assert f'href="{PAGE}"' in (with_page.html or "")
    assert "<a " not in (without.html or "")
