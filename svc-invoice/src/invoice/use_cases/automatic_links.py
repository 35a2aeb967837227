"""Payment pages that invoices are issued with: an intent at the issue, made before the document is printed."""

from dataclasses import replace

from gateway_contracts.errors import GatewayError, Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.limits import PAYMENT_LINK_MIN
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.domain.payment_link import PaymentLink
from invoice.ports import OrganizationSettings
from invoice.use_cases.changing import existing
from invoice.use_cases.create_payment_link import checkout_of, page_of
from invoice.use_cases.deps import Deps

log = get_logger(__name__)


def intended_link(draft: Invoice, settings: OrganizationSettings) -> PaymentLink | None:
    """The page of an invoice that is open at its issue, if the organization's settings say how long pages hold."""
    hours, outstanding = settings.invoicing.get("autoPaymentLinkExpiresInHours"), draft.balance.outstanding
    if not isinstance(hours, int) or outstanding < PAYMENT_LINK_MIN:
        return None
    return PaymentLink(new_object_id(), outstanding, hours)


class AutomaticLinks:
    """Makes the pages.

    Args:
        page_origin: where the installation's payment pages are; without it, no page is made by itself.
    """

    def __init__(self, deps: Deps, *, page_origin: str) -> None:
        self._deps = deps
        self._page_origin = page_origin

    async def made(self, invoice: Invoice) -> Invoice:
        """The invoice with its page. A page that the owner of checkouts refuses is given up, and so is one for money
        that came meanwhile.

        Raises:
            Transient: the owner does not answer; the same page is asked for again.
        """
        link = invoice.payment_link
        if link is None or link.url is not None:
            return invoice
        return await self._stored(invoice, link, await self._page(invoice, link))

    async def _page(self, invoice: Invoice, link: PaymentLink) -> PaymentLink | None:
        if not self._page_origin or invoice.voided or invoice.balance.outstanding != link.amount:
            return None
        deps = self._deps
        wanted = checkout_of(invoice, link, deps)
        try:
            created = await deps.payments.create_checkout(invoice.scope, wanted, operation_id=None)
        except Transient:
            raise
        except GatewayError as exc:
            log.warning("invoice.payment_link_refused", invoice_id=invoice.id, code=exc.code)
            return None
        url = deps.cipher.seal_link(
            page_of(self._page_origin, created), organization_id=invoice.organization_id, invoice_id=invoice.id
        )
        return replace(link, url=url, expires_at=created.expires_at)

    async def _stored(self, invoice: Invoice, intent: PaymentLink, page: PaymentLink | None) -> Invoice:
        stores = self._deps.stores

        async def work(tx: Tx) -> Invoice:
            current = await existing(tx, invoice.scope, invoice.id, self._deps)
            if current.payment_link != intent:
                # Its merchant made another page meanwhile.
                return current
            return stores.invoices.replace(tx, current, current.changed(payment_link=page))

        return await self._deps.uow.run(work)
