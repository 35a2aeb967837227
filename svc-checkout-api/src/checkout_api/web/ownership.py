"""Proof that a transaction is the caller's: the session's secret name, in a header or in the page's cookie."""

from fastapi import Request, Response

from checkout_api.use_cases.find_session import is_session_public_id, is_short_code
from gateway_contracts.requests.transaction import Session

HEADER = "x-checkout-session"
_PREFIX = "gw_checkout_"
# A browser may have several checkouts open; more names than this are noise, and every one is asked about.
_SESSIONS_MAX = 20
# Wire transfers take days; the link in the customer's hands sets the cookie again after that.
_LIFETIME_S = 3 * 86_400


def cookie_name(short_code: str) -> str:
    """One cookie per checkout, so that two open checkouts do not disturb each other."""
    return _PREFIX + short_code


def claimed_sessions(request: Request) -> tuple[str, ...]:
    """The sessions that the caller can name. Cookies count only for requests of our own pages."""
    named = [request.headers.get(HEADER, "")]
    if _is_own_page(request):
        named += [value for name, value in request.cookies.items() if name.startswith(_PREFIX)]
    return tuple(dict.fromkeys(name for name in named if is_session_public_id(name)))[:_SESSIONS_MAX]


def session_of_page(request: Request, short_code: str) -> str | None:
    """The public id that the page of that short code got, if the caller is that page."""
    if not is_short_code(short_code) or not _is_own_page(request):
        return None
    value = request.cookies.get(cookie_name(short_code), "")
    return value if is_session_public_id(value) else None


def _is_own_page(request: Request) -> bool:
    """A sibling site's request carries our cookies too (they are only SameSite=Lax): browsers tell it apart."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def remember(response: Response, session: Session, *, is_https: bool) -> None:
    """Let the page prove its checkout from now on."""
    response.set_cookie(
        cookie_name(session.short_code),
        session.id,
        max_age=_LIFETIME_S,
        path="/",
        httponly=True,
        secure=is_https,
        samesite="lax",
    )
