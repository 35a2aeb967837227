"""Proofs of a caller: that it knows a session, that its browser has the payment's page, that its browser paid.

Three proofs, each stronger than the one before:

- the page's cookie: this browser opened the payment link. It is sealed, so that the link alone never tells the
  session's secret name;
- the session's secret name in a header: the merchant, or a page that the merchant gave it to;
- the payer's cookie: the payment was begun in this browser. Documents and what the buyer typed need it (ADR 0042).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import Request, Response

from checkout_api.use_cases.find_session import is_session_public_id, is_short_code
from gateway_contracts.clock import Clock
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.customer import Session
from gateway_kit.crypto.tokens import TokenSealer

HEADER: Final = "x-checkout-session"
_PAGE_PREFIX: Final = "gw_checkout_"
_PAYER_PREFIX: Final = "gw_payer_"
# A browser may have several checkouts open; more names than this are noise, and every one is asked about.
_SESSIONS_MAX: Final = 20
# Wire transfers take days; the link in the customer's hands sets the cookie again after that.
_PAGE_LIFETIME: Final = timedelta(days=3)
# No link sets this one again: long enough for transfers and debits, whose invoice comes with the money.
_PAYER_LIFETIME: Final = timedelta(days=14)


@dataclass(frozen=True)
class Proofs:
    """Sets and reads the cookies. Stateless: every instance opens what another one sealed."""

    sealer: TokenSealer
    clock: Clock
    is_https: bool

    def remember_page(self, response: Response, session: Session) -> None:
        """Let the page act for its checkout from now on."""
        name = _PAGE_PREFIX + session.short_code
        self.set_cookie(response, name, session.id, lifetime=_PAGE_LIFETIME)

    def remember_payer(self, response: Response, session_public_id: str, transaction_id: str) -> None:
        """Let this browser open the documents of the payment that it begins."""
        until = int((self.clock.now() + _PAYER_LIFETIME).timestamp())
        name = _PAYER_PREFIX + transaction_id
        self.set_cookie(response, name, f"{until} {session_public_id}", lifetime=_PAYER_LIFETIME)

    def set_cookie(self, response: Response, name: str, text: str, *, lifetime: timedelta, path: str = "/") -> None:
        """A sealed cookie that no script reads."""
        response.set_cookie(
            name,
            self.sealer.seal(text, place=name),
            max_age=int(lifetime.total_seconds()),
            path=path,
            httponly=True,
            secure=self.is_https,
            samesite="lax",
        )

    def read_cookie(self, request: Request, name: str) -> str | None:
        """The value that `set_cookie` stored."""
        return self.sealer.open(request.cookies.get(name, ""), place=name)

    def claimed_sessions(self, request: Request) -> tuple[str, ...]:
        """The sessions that the caller can name. Cookies count only for requests of our own pages."""
        named = [request.headers.get(HEADER, "")]
        if _is_own_page(request):
            pages = [name for name in request.cookies if name.startswith(_PAGE_PREFIX)]
            named += [self.read_cookie(request, name) or "" for name in pages[:_SESSIONS_MAX]]
        return tuple(dict.fromkeys(name for name in named if is_session_public_id(name)))[:_SESSIONS_MAX]

    def session_of_page(self, request: Request, short_code: str) -> str | None:
        """The public id of the session whose page has that short code, if the caller is that page."""
        if not is_short_code(short_code) or not _is_own_page(request):
            return None
        return self.read_cookie(request, _PAGE_PREFIX + short_code)

    def is_payer(self, request: Request, session_public_id: str, transaction_id: str | None) -> bool:
        """Whether this browser began that payment.

        Also true of a navigation from elsewhere: customers come back from their bank, and other pages cannot read it.
        """
        if transaction_id is None or not is_object_id(transaction_id):
            return False
        until, _, session = (self.read_cookie(request, _PAYER_PREFIX + transaction_id) or "0").partition(" ")
        return session == session_public_id and self.clock.now().timestamp() < int(until)


def _is_own_page(request: Request) -> bool:
    """A sibling site's request carries our cookies too (they are only SameSite=Lax): browsers tell it apart."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
