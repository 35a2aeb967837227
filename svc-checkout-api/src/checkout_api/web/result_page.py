"""The page that shows the state of a payment, and updates itself until the state is final."""

from typing import Any

from markupsafe import Markup

from checkout_api.domain.links import web_link
from checkout_api.domain.outcome import TRANSFER_OPEN, Outcome, outcome_of
from checkout_api.domain.progress import is_final
from checkout_api.use_cases.watch_transaction import Snapshot
from checkout_api.web.branding import Branding
from checkout_api.web.outcome_texts import say
from checkout_api.web.presentation import family_of
from checkout_api.web.rendering import Page
from checkout_api.web.schemas import shown_state
from checkout_api.web.wording import Wording
from gateway_contracts.payment_family import PaymentFamily
from gateway_contracts.requests.customer import BankDetails, Session, StatusView
from gateway_providers.epc import epc_svg

# After the invoice is there (or none came), the customer goes back to the shop unless they stay.
_RETURN_AFTER_S = 20
_UNPAID = frozenset({Outcome.INITIATED, Outcome.FAILED, Outcome.CANCELED})
# Here the customer has something to do on this page, or nothing to go back for.
_WITHOUT_RETURN = frozenset({Outcome.INITIATED, Outcome.CLOSING, Outcome.WIRE, Outcome.WIRE_PARTIAL, Outcome.OVERTAKEN})
# Nothing changes here before the customer does something.
_STILL = frozenset({Outcome.INITIATED, Outcome.WIRE, Outcome.WIRE_PARTIAL})
_REPLACEABLE = frozenset({Outcome.UNCONFIRMED, Outcome.WIRE, Outcome.WIRE_WAITING, Outcome.SENT_BACK})
_OTHER_QUERY = "?other=1"
"""Asks the checkout's link for the ways to pay although a payment is under way."""
# Without its script, the page is asked for again as often as this.
_REFRESH_S = 30


def result_page(
    session: Session, snapshot: Snapshot, wording: Wording, branding: Branding, *, shows_documents: bool = False
) -> Page:
    """The state of one transaction of that session.

    Args:
        shows_documents: whether the reader's browser paid; others learn only that there are documents.
    """
    view = snapshot.view
    outcome, family = outcome_of(view), family_of(view)
    said = say(view, outcome, family, wording, session.site_name)
    base_path = f"/checkout/{session.short_code}"
    reason = _reason(view, outcome, family, wording)
    values: dict[str, Any] = {
        "kind": outcome.value,
        "sign": said.sign,
        "heading": said.heading,
        "failure_text": reason,
        "text": said.text,
        "next_text": None if reason else _next_text(view, outcome, wording),
        "rows": said.rows,
        "bank": _bank_view(view.bank_details, wording) if outcome in TRANSFER_OPEN else None,
        "is_waiting": outcome in {Outcome.WIRE_WAITING, Outcome.WIRE_PARTIAL_WAITING},
        "can_mark_sent": outcome in {Outcome.WIRE, Outcome.WIRE_PARTIAL},
        "documents": [
            {
                "kind": wording.texts[document.kind],
                "number": document.number,
                "url": f"{base_path}/documents/{document.id}/pdf" if document.document else None,
            }
            for document in (snapshot.documents if shows_documents else ())
        ],
        "documents_elsewhere": bool(snapshot.documents) and not shows_documents,
        "sent_url": f"{base_path}/result/{view.id}/sent",
        "refresh_s": None if is_final(view.status) or outcome in _STILL else _REFRESH_S,
        "retry_url": base_path if outcome in _UNPAID and _is_payable(view) else None,
        "other_url": base_path + _OTHER_QUERY if _may_pay_otherwise(view, outcome) else None,
        "paid_url": base_path if outcome is Outcome.OVERTAKEN else None,
        "is_final": is_final(view.status),
        "return_url": None if outcome in _WITHOUT_RETURN else _way_back(view),
    }
    return Page(
        "result.html",
        wording,
        branding,
        session.site_name,
        title=f"{values['heading']} · {session.site_name}",
        values=values,
        script="result.js",
        config=_script_config(snapshot, values, wording),
    )


def _is_payable(view: StatusView) -> bool:
    return view.checkout_status == "pending"


def _may_pay_otherwise(view: StatusView, outcome: Outcome) -> bool:
    """A transfer may be replaced until money of it is there, and again when that has gone back. What is processed at a
    provider may not, but what was only approved there and is not captured may be given up."""
    is_approved = outcome is Outcome.PENDING and not view.committed
    return (outcome in _REPLACEABLE or is_approved) and _is_payable(view)


def _way_back(view: StatusView) -> str | None:
    """The shop thanks at its return URL: a payment without success does not lead there."""
    return web_link(view.cancel_url if view.status in {"failed", "canceled"} else view.return_url)


def _next_text(view: StatusView, outcome: Outcome, wording: Wording) -> str | None:
    if outcome is Outcome.PENDING:
        return wording.texts["next_wait"]
    if outcome not in _UNPAID:
        return None
    return wording.texts["next_try_again" if _is_payable(view) else "next_shop"]


def _reason(view: StatusView, outcome: Outcome, family: PaymentFamily, wording: Wording) -> str | None:
    """Why a card was declined; the advice that goes with it needs a checkout that can still be paid."""
    if (
        outcome is not Outcome.FAILED
        or family is not PaymentFamily.CARD
        or view.failure is None
        or not _is_payable(view)
    ):
        return None
    codes = (view.failure.provider_code, view.failure.code.lower())
    known = (wording.texts.get(f"decline_{code}") for code in codes if code)
    return next((text for text in known if text), wording.texts["decline_generic"])


def _bank_view(bank: BankDetails | None, wording: Wording) -> dict[str, Any] | None:
    if bank is None:
        return None
    amount = wording.amount(bank.amount, bank.currency)
    rows = [
        ("account_holder", bank.account_holder, bank.account_holder),
        ("iban", _grouped(bank.iban), bank.iban.replace(" ", "")),
        ("account_number", bank.account_number, bank.account_number),
        ("routing_code", bank.routing_code, bank.routing_code),
        ("bic", bank.bic, bank.bic),
        ("bank_name", bank.bank_name, None),
        ("amount", amount, None),
        ("reference", bank.reference, bank.reference.replace(" ", "")),
    ]
    # Our own generator made the picture from our own text: markup that may stand in the page.
    code = Markup(epc_svg(bank.epc_qr)) if bank.epc_qr else None  # noqa: S704 - see the line above
    return {
        "rows": [
            {"label": wording.texts[key], "key": key, "value": value, "to_copy": to_copy}
            for key, value, to_copy in rows
            if value
        ],
        "instructions": bank.instructions,
        "code": code,
    }


def _grouped(iban: str) -> str:
    compact = iban.replace(" ", "")
    return " ".join(compact[index : index + 4] for index in range(0, len(compact), 4))


def _script_config(snapshot: Snapshot, values: dict[str, Any], wording: Wording) -> dict[str, Any]:
    view = snapshot.view
    return {
        "transactionId": view.id,
        "shown": shown_state(view),
        "documents": sum(1 for document in values["documents"] if document["url"]),
        "isComplete": snapshot.is_complete,
        "isPaid": snapshot.is_paid,
        "returnUrl": values["return_url"] if values["kind"] == Outcome.SUCCEEDED.value else None,
        "returnAfterS": _RETURN_AFTER_S,
        "texts": {key: wording.texts[key] for key in ("return_soon", "copied", "error_unavailable", "error_offline")},
    }
