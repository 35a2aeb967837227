"""View for the template: every value a text, in the document's language and ready to print."""

import base64
from dataclasses import replace
from typing import Any, Final

from gateway_contracts.limits import LINE_CHARACTERS_MAX
from invoice.adapters.pdf.addresses import Address, AddressLine, address_lines
from invoice.adapters.pdf.amounts import amounts_of
from invoice.adapters.pdf.payment import payment_of, printed_iban
from invoice.adapters.pdf.texts import printable
from invoice.domain.content import DocumentContent, DocumentKind, DocumentParty, PostalAddress
from invoice.domain.printed import PLAIN, Look
from invoice.languages import N_, Language, language_of

_ADDRESS_LINE_MAX: Final = 2 * LINE_CHARACTERS_MAX + 1
_INK: Final = "#1c2430"
_FOOTER_LINES_MAX: Final = 3
_FOOTER_CHARACTERS_MAX: Final = 400
_PAGE: Final = "\ue000"
"""Stands in for a figure that is known only when the page is laid out."""

_TITLES: Final[dict[DocumentKind, str]] = {
    "invoice": N_("Invoice"),
    "credit_note": N_("Credit note"),
    "pro_forma": N_("Pro forma invoice"),
    "receipt": N_("Receipt"),
}
_NUMBERS: Final[dict[DocumentKind, str]] = {
    "invoice": N_("Invoice number"),
    "credit_note": N_("Credit note number"),
    "pro_forma": N_("Invoice number"),
    "receipt": N_("Receipt number"),
}
_TO: Final[dict[DocumentKind, str]] = {
    "invoice": N_("Billed to"),
    "credit_note": N_("Credited to"),
    "pro_forma": N_("Billed to"),
    "receipt": N_("Received from"),
}
_NOTICES: Final[dict[str, tuple[str, str]]] = {
    "test": (N_("TEST"), N_("Test document. It is not an invoice and no money moved.")),
    "pro_forma": (
        N_("PRO FORMA"),
        N_("Preview of an invoice that is not issued. It has no number and gives no right to deduct VAT."),
    ),
}


def view_of(content: DocumentContent, look: Look = PLAIN) -> dict[str, Any]:
    """The template's variables, beside ``_`` for texts."""
    language = language_of(content.language, content.seller.address.country)
    link = content.payment.link
    content = printable(content)
    title = language.say(_TITLES[content.kind])
    return {
        "language": language.code,
        "direction": "rtl" if language.is_right_to_left else "ltr",
        "kind": content.kind,
        "look": _look(look),
        "title": title,
        "running_title": f"{title} {content.number}" if content.number else title,
        "page_words": _page_words(language),
        "number": content.number,
        "dated": f"{content.issued_on}T00:00:00Z" if content.issued_on else None,
        "notices": _notices(content, language),
        "seller": content.seller,
        "seller_address": [line.text for line in _lines_of(replace(content.seller, name=""), language)],
        "iban": printed_iban(content.payment.iban) if content.payment.iban else None,
        "buyer_title": language.say(_TO[content.kind]),
        "buyer": _buyer_lines(content.buyer, language),
        "buyer_vat_id": content.buyer.vat_id if content.buyer else None,
        "ship_to": _ship_to(content, language),
        "facts": _facts(content, language),
        "notes": list(content.notes),
        **_footer(content),
        **amounts_of(content, language),
        **payment_of(content, language, link),
    }


def _look(look: Look) -> dict[str, Any]:
    logo = look.logo
    return {
        "paper": look.paper,
        "color": look.color,
        "ink": look.color if _is_readable(look.color) else _INK,
        "logo": f"data:{logo.media_type};base64,{base64.b64encode(logo.data).decode()}" if logo else None,
    }


def _is_readable(color: str) -> bool:
    """Whether text of that color is readable on white (WCAG: a contrast of 4.5)."""
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05) >= 4.5


def _page_words(language: Language) -> list[str]:
    """Words before, between and behind page number and number of pages."""
    words = language.say(N_("Page %(page)s of %(pages)s"), page=_PAGE, pages=_PAGE)
    return words.split(_PAGE)


def _footer(content: DocumentContent) -> dict[str, list[str]]:
    """Lines at the end of each page; more than has room there follows the sums, once."""
    lines = [line for line in (content.footer or "").splitlines() if line.strip()]
    fits = len(lines) <= _FOOTER_LINES_MAX and len(content.footer or "") <= _FOOTER_CHARACTERS_MAX
    return {"footer": lines if fits else [], "long_footer": [] if fits else lines}


def _notices(content: DocumentContent, language: Language) -> list[dict[str, str]]:
    kinds = (["pro_forma"] if content.kind == "pro_forma" else []) + ([] if content.livemode else ["test"])
    said = [(language.say(mark), language.say(text)) for mark, text in (_NOTICES[kind] for kind in kinds)]
    return [{"mark": mark, "text": text} for mark, text in said]


def _facts(content: DocumentContent, language: Language) -> list[dict[str, Any]]:
    """Names and values beside the buyer; what is not known is left out."""
    day, payment = language.day, content.payment
    dated = N_("Invoice date") if content.kind == "invoice" else N_("Date")
    number = (_NUMBERS[content.kind], content.number)
    said = [
        (dated, day(content.issued_on) if content.issued_on else None),
        (N_("Date of supply"), day(content.supplied_on) if content.supplied_on else None),
        (N_("Due on"), day(payment.due_on) if payment.due_on and content.due > 0 else None),
        (N_("Corrects invoice"), _corrects(content, language)),
    ]
    given = [
        (N_("Your reference"), content.buyer_reference),
        (N_("Purchase order"), content.order_reference),
        (N_("Order reference"), content.external_reference),
    ]
    return [
        {"name": language.say(name), "value": value, "is_number": name == number[0], "is_said": (name, value) in said}
        for name, value in [number, *said, *given]
        if value
    ]


def _corrects(content: DocumentContent, language: Language) -> str | None:
    """The preceding invoice, by number and date."""
    if content.corrects is None:
        return None
    # A number that is too long for one line with its date leaves the date whole.
    day = language.day(content.corrects.issued_on).replace(" ", "\u00a0")
    return language.say(N_("%(number)s of %(date)s"), number=content.corrects.number, date=day)


def _ship_to(content: DocumentContent, language: Language) -> list[AddressLine]:
    """Where it was delivered, if that is not the buyer's own address."""
    party = content.ship_to
    if party is None or (content.buyer and party.address == content.buyer.address and party.name == content.buyer.name):
        return []
    return _lines_of(party, language)


def _buyer_lines(buyer: DocumentParty | None, language: Language) -> list[AddressLine]:
    """Name and address as an envelope shows them; the e-mail address only where there is nothing else."""
    if buyer is None:
        return []
    lines = _lines_of(buyer, language)
    return lines if len(lines) > 1 or not buyer.email else [*lines, AddressLine(buyer.email)]


def _lines_of(party: DocumentParty, language: Language) -> list[AddressLine]:
    place: PostalAddress = party.address
    address = Address(
        people=(party.name, party.contact),
        street=(place.street, place.street2),
        postal_code=place.postal_code,
        city=place.city,
        state=place.state,
        country=place.country,
    )
    # Documents of older versions may name a country of any length; a line of them would be laid out for minutes.
    return [replace(line, text=line.text[:_ADDRESS_LINE_MAX]) for line in address_lines(address, language.code)]
