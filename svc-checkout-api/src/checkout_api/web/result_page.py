"""The page that shows what became of a payment, and changes by itself until nothing more will happen."""

from typing import Any

from markupsafe import Markup

from checkout_api.domain.links import web_link
from checkout_api.domain.progress import is_final
from checkout_api.use_cases.watch_transaction import Snapshot
from checkout_api.web.branding import Branding
from checkout_api.web.rendering import Page
from checkout_api.web.wording import Wording
from gateway_contracts.requests.transaction import BankDetails, Session, StatusView
from gateway_providers.wire.epc import epc_svg

# After the invoice is there (or will not come), the customer goes back to the shop unless they stay.
_RETURN_AFTER_S = 20
_SLOW_PROVIDERS = frozenset({"gocardless"})
_OPEN = frozenset({"initiated", "pending_provider"})


def result_page(
    session: Session, snapshot: Snapshot, wording: Wording, branding: Branding, *, transfer_sent: bool = False
) -> Page:
    """The state of one transaction of that session; ``transfer_sent`` is what the customer says of a transfer."""
    view = snapshot.view
    kind = page_kind(view, transfer_sent=transfer_sent)
    amount = wording.amount(view.amount, view.currency)
    base_path = f"/checkout/{session.short_code}"
    values: dict[str, Any] = {
        "kind": kind,
        "sign": "wire" if _takes_days(kind, view) else kind,
        "heading": wording.texts["pending_days_heading" if _takes_days(kind, view) else f"{kind}_heading"],
        "text": _text("pending_days" if _takes_days(kind, view) else kind, wording, amount, session.site_name),
        "failure_text": _failure_text(view, wording),
        "amount": amount,
        "bank": _bank_view(view.bank_details, wording) if kind in {"wire", "wire_waiting"} else None,
        "documents": [
            {
                "kind": wording.texts[document.kind],
                "number": document.number,
                "url": f"{base_path}/documents/{document.id}/pdf" if document.document else None,
            }
            for document in snapshot.documents
        ],
        "expects_document": view.status == "succeeded" and not snapshot.documents,
        "retry_url": base_path if view.checkout_status == "pending" else None,
        "return_url": web_link(view.return_url if view.status != "canceled" else view.cancel_url or view.return_url),
        "is_final": is_final(view.status),
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


def page_kind(view: StatusView, *, transfer_sent: bool = False) -> str:
    """Which of the page's faces is shown. Bank details stay in sight until the customer says that the money is sent."""
    if view.provider_type in ("wire", "wise") and view.bank_details is not None and view.status in _OPEN:
        return "wire_waiting" if transfer_sent else "wire"
    return {"pending_provider": "pending"}.get(view.status, view.status)


def _takes_days(kind: str, view: StatusView) -> bool:
    """Whether nobody should sit before the page until the money arrives."""
    return kind == "pending" and view.provider_type in _SLOW_PROVIDERS


def _text(kind: str, wording: Wording, amount: str, site_name: str) -> str:
    key = {"wire": "wire_explain", "wire_waiting": "wire_waiting"}.get(kind, f"{kind}_text")
    return wording.texts[key].format(amount=amount, site=site_name)


def _failure_text(view: StatusView, wording: Wording) -> str | None:
    if view.status != "failed" or view.failure is None:
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
        "status": view.status,
        "documents": sum(1 for document in values["documents"] if document["url"]),
        "isComplete": snapshot.is_complete,
        "returnUrl": values["return_url"] if view.status == "succeeded" else None,
        "returnAfterS": _RETURN_AFTER_S,
        "texts": {key: wording.texts[key] for key in ("return_soon", "copied", "error_unavailable", "error_offline")},
    }
