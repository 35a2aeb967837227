"""Pages that only say something: ended checkouts, errors."""

from checkout_api.domain.links import with_transaction
from checkout_api.web.branding import Branding
from checkout_api.web.rendering import Page
from checkout_api.web.wording import Wording
from gateway_contracts.requests.customer import Session

# An ended checkout is not an error of the address: the page exists and says why nothing can be paid.
_ENDED = {"expired": "expired", "completed": "completed", "canceled": "closed"}


def ended_page(session: Session, wording: Wording, branding: Branding) -> Page:
    """The checkout is paid, or expired or canceled without anything that was charged or is under way."""
    kind = _ENDED[session.status]
    link = with_transaction(session.cancel_url, session.transaction_id)
    details = None
    if session.status == "completed":
        link = with_transaction(session.return_url, session.transaction_id)
        details = f"/checkout/{session.short_code}/result/{session.transaction_id}" if session.transaction_id else None
    return _notice(kind, wording, branding, site_name=session.site_name, link=link, details_url=details)


def missing_page(wording: Wording) -> Page:
    """404 for people."""
    return _notice("missing", wording, _plain(), status=404)


def not_yours_page(wording: Wording) -> Page:
    """403 for people who follow the link of another buyer's document."""
    return _notice("not_yours", wording, _plain(), status=403)


def unavailable_page(wording: Wording, retry_after_s: int) -> Page:
    """503 for people; the browser tries again by itself."""
    headers = {"Retry-After": str(retry_after_s), "Refresh": str(max(retry_after_s, 5))}
    return _notice("unavailable", wording, _plain(), status=503, headers=headers, can_reload=True)


def broken_page(wording: Wording, request_id: str, status: int) -> Page:
    """Anything else that went wrong."""
    return _notice("broken", wording, _plain(), status=status, number=request_id, can_reload=True)


def _plain() -> Branding:
    return Branding.of({}, is_https=True)


def _notice(
    kind: str,
    wording: Wording,
    branding: Branding,
    *,
    site_name: str = "",
    link: str | None = None,
    details_url: str | None = None,
    number: str | None = None,
    can_reload: bool = False,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Page:
    heading = wording.texts[f"{kind}_heading"]
    values = {
        "kind": kind,
        "heading": heading,
        "text": wording.texts[f"{kind}_text"],
        "link": link,
        "details_url": details_url,
        "number": number,
        "can_reload": can_reload,
    }
    title = f"{heading} · {site_name}" if site_name else heading
    return Page(
        "notice.html", wording, branding, site_name, title=title, values=values, status=status, headers=headers or {}
    )
