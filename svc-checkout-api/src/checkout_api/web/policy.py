"""The Content-Security-Policy of the hosted pages."""

import secrets
from dataclasses import dataclass

from checkout_api.domain.origins import Origin
from checkout_api.web.presentation import CardScript


def new_nonce() -> str:
    """128 random bits, for one response."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Policy:
    """Sources that one page may load.

    Attributes:
        nonce: allows this response's own scripts and style block.
        card_scripts: scripts of card fields; only their origins, and what their providers document, are allowed.
        logo_url: the merchant's logo; its origin may serve images.
    """

    nonce: str
    card_scripts: tuple[CardScript, ...] = ()
    logo_url: str | None = None

    def header(self) -> str:
        """The header's value."""
        allowed = [_sources(script) for script in self.card_scripts]
        script, frame, connect = ([source for each in allowed for source in each[place]] for place in range(3))
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


def _sources(script: CardScript) -> tuple[list[str], list[str], list[str]]:
    """Where scripts, frames and requests of card fields may go."""
    origin = Origin.parse(script.url)
    if origin is None:
        return [], [], []
    own, fields = str(origin), script.fields
    if origin != Origin.parse(fields.script_url):
        return [own], [own], [own]
    return [own, *fields.script_sources], [own, *fields.frame_sources], [own, *fields.connect_sources]
