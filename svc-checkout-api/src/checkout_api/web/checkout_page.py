"""The page on which a customer chooses how to pay."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checkout_api.domain.links import web_link, with_transaction
from checkout_api.domain.progress import is_final
from checkout_api.web.branding import Branding
from checkout_api.web.presentation import CardScript, card_scripts, kind_of
from checkout_api.web.rendering import Page
from checkout_api.web.wording import Wording
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.money import Money
from gateway_contracts.requests.customer import OfferedProvider, Session

# Above this many lines, only the first few stand above the ways to pay: on a telephone the others are pages long.
_LINES_MAX = 8
_LINES_BEFORE_FOLD = 5
# Texts that the page's script shows.
_SCRIPT_TEXTS = (
    "processing",
    "card_unavailable",
    "error_email",
    "error_generic",
    "error_unavailable",
    "error_offline",
    "error_pending",
    "error_method",
    "error_refused",
)
_INTROS = {"card": "card_needs_script", "transfer": "wire_intro", "redirect": "redirect_intro"}
_BUTTONS = {"card": "pay", "transfer": "pay_wire", "redirect": "continue"}


@dataclass(frozen=True)
class FormEntry:
    """Values of the form: empty at first, else what the page's own reader typed before it was refused.

    Attributes:
        key: names one attempt to pay, so that a form that is sent twice begins one payment.
        error: the key of the text that says why it was refused.
    """

    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    email: str = ""
    name: str = ""
    error: str | None = None


def checkout_page(
    session: Session,
    wording: Wording,
    branding: Branding,
    *,
    script_urls: Mapping[str, str],
    entry: FormEntry | None = None,
) -> Page:
    """The open checkout. It works without its script: each way to pay that needs none has a button of its own.

    Args:
        script_urls: scripts that draw card fields, by type of provider.
    """
    entry = entry or FormEntry()
    # Said at the field, where there is one.
    email_is_wrong = entry.error == "error_email" and session.email is None
    scripts = card_scripts(session.providers, script_urls)
    lines = line_views(session.items, session.currency, wording)
    shown = len(lines) if len(lines) <= _LINES_MAX else _LINES_BEFORE_FOLD
    total = wording.amount(session.amount, session.currency)
    values = {
        "session": session,
        "lines": lines[:shown],
        "folded_lines": lines[shown:],
        "total": total,
        "providers": [_provider_view(offer, wording, total) for offer in session.providers],
        "chosen_id": _chosen(session.providers),
        "cancel_url": with_transaction(session.cancel_url, session.transaction_id),
        "open_attempt": _open_attempt(session),
        "open_attempt_text": _open_attempt_text(session, wording),
        "expires_text": wording.moment(session.expires_at),
        "pay_url": f"/checkout/{session.short_code}/pay",
        "entry": entry,
        "email_is_wrong": email_is_wrong,
        "error_text": wording.texts[entry.error] if entry.error and not email_is_wrong else None,
    }
    return Page(
        "checkout.html",
        wording,
        branding,
        session.site_name,
        title=f"{wording.texts['pay_heading']} · {session.site_name}",
        values=values,
        script="checkout.js",
        config=_script_config(session, wording, branding, scripts),
        card_scripts=scripts,
    )


def line_views(items: Sequence[TransactionLine], currency: str, wording: Wording) -> list[dict[str, Any]]:
    """The order's lines, ready to be shown."""
    return [
        {
            "name": item.name or item.description,
            "description": item.description if item.name and item.description != item.name else None,
            "quantity": item.quantity,
            "unit": wording.amount(item.unit_price, currency),
            "total": wording.amount(item.unit_price * item.quantity, currency),
        }
        for item in items
    ]


def _provider_view(offer: OfferedProvider, wording: Wording, total: str) -> dict[str, Any]:
    kind = kind_of(offer.type)
    return {
        "id": offer.id,
        "type": offer.type,
        "kind": kind,
        "label": offer.label,
        "intro": wording.texts[_INTROS[kind]],
        "button": wording.texts[_BUTTONS[kind]].format(amount=total),
    }


def _chosen(offers: Sequence[OfferedProvider]) -> str | None:
    default = next((offer.id for offer in offers if offer.is_default), None)
    return default or (offers[0].id if offers else None)


def _open_attempt(session: Session) -> str | None:
    """Where a payment that was begun before can be followed."""
    if session.transaction_id is None or session.transaction_status is None:
        return None
    if is_final(session.transaction_status) and not session.holds_money:
        return None
    return f"/checkout/{session.short_code}/result/{session.transaction_id}"


def _open_attempt_text(session: Session, wording: Wording) -> str:
    is_done = session.under_way or session.holds_money
    return wording.texts["open_attempt_warning" if is_done else "open_attempt"]


def _script_config(
    session: Session, wording: Wording, branding: Branding, scripts: Sequence[CardScript]
) -> dict[str, Any]:
    texts = {key: wording.texts[key] for key in _SCRIPT_TEXTS}
    declines = {key: text for key, text in wording.texts.items() if key.startswith("decline_")}
    return {
        "shortCode": session.short_code,
        "locale": wording.tag,
        "currency": session.currency.lower(),
        "cards": _card_config(session, wording, branding, {script.provider_type: script for script in scripts}),
        "cancelUrl": web_link(session.cancel_url),
        "texts": {**texts, **declines},
    }


def _card_config(
    session: Session, wording: Wording, branding: Branding, scripts: Mapping[str, CardScript]
) -> dict[str, Any]:
    """Data for the card fields of each provider: the amount in its unit, and its public key, which is made to be
    shown."""
    return {
        offer.id: {
            "type": offer.type,
            "script": script.url,
            "key": offer.publishable_key,
            "amount": script.fields.amount(Money(session.amount, session.currency)),
            "locale": wording.tag if wording.tag in script.fields.locales else wording.language,
            "color": branding.primary,
        }
        for offer in session.providers
        if offer.publishable_key and (script := scripts.get(offer.type)) is not None
    }
