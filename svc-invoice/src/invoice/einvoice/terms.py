"""Business terms of EN 16931 (BT, BG) of a document: the vocabulary of the library that writes both syntaxes."""

import re
from collections.abc import Iterable
from typing import Any, Final

from invoice.domain.content import Adjustment, DocumentContent, DocumentLine, DocumentParty, VatBreakdown
from invoice.domain.totals import decimal_text
from invoice.einvoice.amounts import amount, unit_price
from invoice.einvoice.formats import EInvoiceFormat, Profile
from invoice.einvoice.payment import payment_terms
from invoice.languages import N_, Language, language_of

Terms = dict[str, Any]
TYPE_CODES: Final = {"invoice": "380", "credit_note": "381"}
"""UNTDID 1001."""
EMAIL_SCHEME: Final = "EM"
_DUTCH_SCHEMES: Final = {8: "0106", 20: "0190"}
"""Of the chamber of commerce and of public bodies, by their numbers of digits."""
# Characters that XML cannot hold.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})


def terms_of(content: DocumentContent, format_: EInvoiceFormat, profile: Profile) -> Terms:
    """The business terms of a document that lacks nothing (`invoice.einvoice.readiness`)."""
    currency, language = content.currency, language_of(content.language)
    outside = any(group.vat.category == "O" for group in content.groups)
    seller = _party(content.seller, identifies_seller=True, without_vat_id=outside)
    buyer = _party(content.buyer or DocumentParty(""), without_vat_id=outside)
    if format_ == "xrechnung":
        _fall_back_on_email(seller, content.seller)
        _fall_back_on_email(buyer, content.buyer)
    found: Terms = {
        "BT-1": content.number,
        "BT-2": content.issued_on,
        "BT-3": TYPE_CODES[content.kind],
        "BT-5": currency,
        "BT-10": content.buyer_reference,
        "BT-13": content.order_reference,
        "BT-23": profile.process,
        "BT-72": content.supplied_on or content.issued_on,
        "BG-1": [{"BT-22": note} for note in _notes(content, format_)],
        "BG-3": [{"BT-25": one.number, "BT-26": one.issued_on} for one in [content.corrects] if one],
        "BG-4": seller,
        "BG-7": buyer,
        "BG-13": _delivery(content),
        "BG-20": [_adjustment(one, currency, language) for one in content.adjustments if not one.is_charge and one.net],
        "BG-21": [_adjustment(one, currency, language) for one in content.adjustments if one.is_charge and one.net],
        "BG-23": [_group(group, currency, shows_rate=format_ == "xrechnung") for group in content.groups],
        "BG-25": [_line(place, line, currency, language) for place, line in enumerate(content.lines, start=1)],
    }
    return _known(found | _totals(content) | _dues(content) | payment_terms(content) | _accounting(content))


def _notes(content: DocumentContent, format_: EInvoiceFormat) -> tuple[str, ...]:
    """Peppol allows one note (PEPPOL-EN16931-R002)."""
    return ("\n".join(content.notes),) if format_ == "peppol" else content.notes


def _totals(content: DocumentContent) -> Terms:
    adjustments, currency = content.adjustments, content.currency
    charges = sum(one.net for one in adjustments if one.is_charge)
    allowances = sum(one.net for one in adjustments if not one.is_charge)
    return {
        "BT-106": amount(sum(line.net for line in content.lines), currency),
        "BT-107": amount(allowances, currency) if allowances else None,
        "BT-108": amount(charges, currency) if charges else None,
        "BT-109": amount(content.net, currency),
        "BT-110": amount(content.vat, currency),
        "BT-112": amount(content.total, currency),
        "BT-113": amount(content.paid, currency) if content.paid else None,
        "BT-115": amount(content.due, currency),
    }


def _dues(content: DocumentContent) -> Terms:
    """When it is to be paid: whatever is due has a day or terms (BR-CO-25)."""
    due_on, terms = content.payment.due_on, content.payment.terms
    if content.due > 0 and not due_on and not terms:
        terms = language_of(content.language).say(N_("Payable upon receipt"))
    return {"BT-9": due_on, "BT-20": terms}


def _accounting(content: DocumentContent) -> Terms:
    vat = content.accounting
    if vat is None or vat.currency == content.currency:
        return {}
    return {"BT-6": vat.currency, "BT-111": amount(vat.amount, vat.currency)}


def _party(party: DocumentParty, *, identifies_seller: bool = False, without_vat_id: bool = False) -> Terms:
    """BG-4 or BG-7. A document outside the scope of VAT names no VAT id (BR-O-02)."""
    routing = party.routing
    vat_id = None if without_vat_id else party.vat_id
    # A seller without both is identified by its tax number (BR-CO-26).
    registration, scheme = _registration(party)
    needs_identifier = identifies_seller and not vat_id and not registration
    contact = _known({"name": party.contact, "phone": party.phone, "email": party.email})
    return {
        "name": party.name,
        "identifiers": {None: party.tax_number} if needs_identifier and party.tax_number else None,
        "legal_identifier": registration,
        "legal_identifier_schemeid": scheme,
        "vat_identifier": vat_id,
        "tax_identifier": party.tax_number if identifies_seller else None,
        "legal_info": "\n".join(filter(None, (party.register, party.representatives))) or None,
        "einvoicing_addr": routing.identifier if routing else None,
        "einvoicing_addr_schemeid": routing.scheme if routing else None,
        "contacts": [contact] if contact else None,
        **_address(party),
    }


def _registration(party: DocumentParty) -> tuple[str | None, str | None]:
    """The registration number and its scheme. Dutch ones are of two kinds, and anything else is refused (NL-R-003)."""
    number = party.registration_id
    if not number or party.address.country != "NL":
        return number, None
    scheme = _DUTCH_SCHEMES.get(len(number)) if number.isdigit() else None
    return (number, scheme) if scheme else (None, None)


def _address(party: DocumentParty) -> Terms:
    address = party.address
    return {
        "addr_l1": address.street,
        "addr_l2": address.street2,
        "postcode": address.postal_code,
        "city": address.city,
        "country_subdivision": address.state,
        "country_code": address.country,
    }


def _fall_back_on_email(terms: Terms, party: DocumentParty | None) -> None:
    """XRechnung takes an e-mail address for an electronic one."""
    if party and party.email and not party.routing:
        terms["einvoicing_addr"], terms["einvoicing_addr_schemeid"] = party.email, EMAIL_SCHEME


def _delivery(content: DocumentContent) -> Terms | None:
    """Intra-community supply names where it went (BR-IC-12): to the buyer, unless there is another address."""
    party = content.ship_to
    if party is None and any(group.vat.category == "K" for group in content.groups):
        party = content.buyer
    if party is None or not party.address.country:
        return None
    return {"name": party.name, **_address(party)}


def _adjustment(entry: Adjustment, currency: str, language: Language) -> Terms:
    reason = entry.description or language.say(N_("Charge") if entry.is_charge else N_("Discount"))
    return {
        "amount": amount(entry.net, currency),
        "reason": reason,
        "vat_category_code": entry.vat.category,
        "vat_rate": entry.vat.rate,
    }


def _group(group: VatBreakdown, currency: str, *, shows_rate: bool) -> Terms:
    """A VAT breakdown; XRechnung wants the rate of every one (BR-DE-14)."""
    return {
        "BT-116": amount(group.net, currency),
        "BT-117": amount(group.amount, currency),
        "BT-118": group.vat.category,
        "BT-119": group.vat.rate or ("0" if shows_rate else None),
        "BT-120": group.vat.reason,
        "BT-121": group.vat.reason_code,
    }


def _line(place: int, line: DocumentLine, currency: str, language: Language) -> Terms:
    price = unit_price(line, currency)
    discount = {
        "amount": amount(line.net_discount, currency),
        "reason": line.discount_reason or language.say(N_("Discount")),
    }
    return {
        "BT-126": str(place),
        "BT-129": decimal_text(line.quantity),
        "BT-130": line.unit,
        "BT-131": amount(line.net, currency),
        "BT-146": price.price,
        "BT-149": price.base,
        "BT-151": line.vat.category,
        "BT-152": line.vat.rate,
        "BT-153": line.name.strip() or line.details or "–",
        "BT-154": line.details,
        "BG-27": [discount] if line.net_discount else None,
    }


def _known(terms: Terms) -> Terms:
    """Without what is empty, at every level, and without characters that XML cannot hold."""
    return {key: plain for key, value in terms.items() if (plain := _plain(value)) not in _NOTHING}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _NOT_XML.sub("", value).strip()
    if isinstance(value, dict):
        return _known(value)
    if isinstance(value, list):
        return _filled(_plain(one) for one in value)
    return value


def _filled(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value not in _NOTHING]
