"""How a document was paid, or how it can be: texts and QR codes."""

import base64
from typing import Any, Final

from gateway_contracts.money import Money
from gateway_providers.epc import Transfer, epc_payload, epc_svg
from gateway_providers.remittance import is_valid_reference, normalized_iban, printed
from invoice.adapters.pdf.methods import method_text
from invoice.adapters.pdf.texts import breakable
from invoice.domain.content import DocumentContent
from invoice.languages import N_, Language

_RETURNED: Final = {
    "refund": N_("%(amount)s returned on %(date)s"),
    "dispute": N_("%(amount)s charged back on %(date)s"),
}


def printed_iban(text: str) -> str:
    """In groups of four, as people read it; a text that is no IBAN stays as it is."""
    try:
        return printed(normalized_iban(text))
    except ValueError:
        return text


def payment_of(content: DocumentContent, language: Language, link: str | None) -> dict[str, Any]:
    """The template's variables about the payment; ``link`` is the address as it is."""
    is_open = content.kind in ("invoice", "pro_forma") and content.due > 0
    return {
        "settled": _settled(content, language),
        "paid_before": language.amount(-content.paid, content.currency) if is_open and content.paid else None,
        "due": language.money(content.due, content.currency) if is_open else None,
        "request": _request(content, language, link) if is_open and content.kind == "invoice" else None,
        "terms": content.payment.terms if is_open else None,
    }


def _settled(content: DocumentContent, language: Language) -> dict[str, str | None] | None:
    """Money that came before the issue, or went back with a credit note."""
    payment = content.payment
    if content.paid <= 0 or content.kind == "pro_forma":
        return None
    credits = content.kind == "credit_note"
    said = (
        _RETURNED.get(payment.reason or "", _RETURNED["refund"]) if credits else N_("%(amount)s received on %(date)s")
    )
    amount = language.money(content.paid, content.currency)
    title = N_("Returned") if credits else N_("Paid in full") if content.due <= 0 else N_("Partly paid")
    by = N_("Returned to: %(method)s") if credits else N_("Payment method: %(method)s")
    is_known = payment.method or payment.provider
    day = language.day(payment.paid_on) if payment.paid_on else None
    return {
        "title": language.say(title),
        "text": language.say(said, amount=amount, date=day) if day else language.apart(amount),
        "method": language.say(by, method=method_text(payment, language)) if is_known else None,
    }


def _request(content: DocumentContent, language: Language, link: str | None) -> dict[str, Any]:
    """Amount and date that an open invoice asks for, and the ways to pay it."""
    payment = content.payment
    amount = language.money(content.due, content.currency)
    if payment.due_on is None:
        text = language.say(N_("Please pay %(amount)s"), amount=amount)
    else:
        text = language.say(N_("Please pay %(amount)s by %(date)s"), amount=amount, date=language.day(payment.due_on))
    account = payment.account_name or content.seller.name
    bank = [
        (N_("Account holder"), account),
        (N_("IBAN"), printed_iban(payment.iban) if payment.iban else None),
        (N_("BIC"), payment.bic),
        (N_("Payment reference"), payment.reference or content.number),
    ]
    return {
        "text": text,
        "link": link,
        "link_text": breakable(link) if link else None,
        "link_code": _picture(link) if link else None,
        "bank": [{"name": language.say(name), "value": value} for name, value in bank if value] if payment.iban else [],
        "bank_code": _transfer_code(content, account),
    }


def _transfer_code(content: DocumentContent, account: str) -> str | None:
    """The EPC code of the transfer; None where the standard has none for it."""
    payment = content.payment
    if payment.iban is None:
        return None
    reference = payment.reference or content.number or ""
    is_structured = is_valid_reference(reference.replace(" ", ""))
    try:
        payload = epc_payload(
            Transfer(
                name=account[:70],
                iban=payment.iban,
                amount=Money(content.due, content.currency),
                bic=payment.bic,
                reference=reference if is_structured else None,
                text=None if is_structured else reference,
            )
        )
    except ValueError:
        return None
    return _picture(payload)


def _picture(payload: str) -> str | None:
    try:
        svg = epc_svg(payload)
    except ValueError:
        return None
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
