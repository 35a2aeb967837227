"""The Content-Security-Policy of the hosted pages."""

import secrets
from dataclasses import dataclass

from checkout_api.domain.origins import Origin

_STRIPE_LIVE_HOST = "js.stripe.com"
# What Stripe documents for Elements and 3-D Secure beside the script's own origin.
_STRIPE_SCRIPT = ("https://*.js.stripe.com",)
_STRIPE_FRAME = ("https://*.js.stripe.com", "https://hooks.stripe.com")
_STRIPE_CONNECT = ("https://api.stripe.com",)


def new_nonce() -> str:
    """128 random bits, for one response."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Policy:
    """What one page may load.

    Attributes:
        nonce: allows this response's own scripts and style block.
        stripe_js_url: set on pages that take cards; only its origin (and what Stripe documents) is allowed.
        logo_url: the merchant's logo; its origin may serve images.
    """

    nonce: str
    stripe_js_url: str | None = None
    logo_url: str | None = None

    def header(self) -> str:
        """The header's value."""
        script, frame, connect = self._stripe()
        logo = Origin.parse(self.logo_url) if self.logo_url else None
        directives = {
            "default-src": ["'none'"],
            "script-src": [f"'nonce-{self.nonce}'", *script],
            "style-src": ["'self'", f"'nonce-{self.nonce}'"],
            "img-src": ["'self'", "data:", *([str(logo)] if logo else [])],
            "connect-src": ["'self'", *connect],
            "frame-src": frame or ["'none'"],
            "form-action": ["'self'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
        }
        return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())

    def _stripe(self) -> tuple[list[str], list[str], list[str]]:
        origin = Origin.parse(self.stripe_js_url) if self.stripe_js_url else None
        if origin is None:
            return [], [], []
        own = str(origin)
        if origin.host == _STRIPE_LIVE_HOST:
            return [own, *_STRIPE_SCRIPT], [own, *_STRIPE_FRAME], [own, *_STRIPE_CONNECT]
        return [own], [own], [own]
