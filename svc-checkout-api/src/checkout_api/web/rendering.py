"""Pages: templates, static files and the headers that go with them."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from checkout_api.web.branding import Branding
from checkout_api.web.policy import Policy, new_nonce
from checkout_api.web.presentation import CardScript
from checkout_api.web.wording import Wording
from gateway_providers.registry import PROVIDERS

_HERE = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
ASSETS_PATH = "/checkout/assets"


@dataclass(frozen=True)
class Page:
    """Everything that one page shows.

    Attributes:
        template: file name of the template.
        values: what the template uses beside wording and branding.
        script: name of the page's script, if it has one.
        config: handed to the script as JSON; holds no secret.
        card_scripts: set where the page takes cards.
    """

    template: str
    wording: Wording
    branding: Branding
    site_name: str
    title: str
    values: dict[str, Any] = field(default_factory=dict)
    script: str | None = None
    config: dict[str, Any] | None = None
    card_scripts: tuple[CardScript, ...] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def scripts(self) -> list[str]:
        """Names of its scripts, in the order in which they run."""
        adapters = [adapter_name(card.provider_type) for card in self.card_scripts]
        return [*adapters, self.script] if self.script else adapters


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_path
    return environment


def render(page: Page) -> HTMLResponse:
    """The page with a fresh nonce and its own content security policy."""
    nonce = new_nonce()
    policy = Policy(nonce, page.card_scripts, page.branding.logo_url)
    html = (
        _environment()
        .get_template(page.template)
        .render(
            **page.values,
            # A namespace, because a mapping would answer `t.copy` with its own method.
            t=SimpleNamespace(**page.wording.texts),
            lang=page.wording.tag,
            wording=page.wording,
            brand=page.branding,
            site_name=page.site_name,
            title=page.title,
            scripts=page.scripts,
            config=page.config,
            nonce=nonce,
        )
    )
    headers = {
        "Content-Security-Policy": policy.header(),
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        "X-Robots-Tag": "noindex, nofollow",
        **page.headers,
    }
    return HTMLResponse(html, status_code=page.status, headers=headers)


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    """Static files by their public name, which changes with their content."""
    found: dict[str, tuple[bytes, str]] = {}
    sources = {path.name: path for path in sorted((_HERE / "static").iterdir()) if path.suffix in _MEDIA_TYPES}
    sources |= {adapter_name(name): it.card_fields.adapter for name, it in PROVIDERS.items() if it.card_fields}
    for name, path in sources.items():
        data, stem, suffix = path.read_bytes(), Path(name).stem, Path(name).suffix
        found[f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}{suffix}"] = (data, name)
    return found


def adapter_name(provider_type: str) -> str:
    """File name of the script between the page and the card fields of that type."""
    return f"{provider_type}-card-fields.js"


def asset_path(name: str) -> str:
    """The address of a static file.

    Raises:
        KeyError: there is no such file.
    """
    for public, (_, source) in _assets().items():
        if source == name:
            return f"{ASSETS_PATH}/{public}"
    raise KeyError(name)


def asset_response(public_name: str) -> Response | None:
    """A static file, cacheable without end: another content has another name."""
    entry = _assets().get(public_name)
    if entry is None:
        return None
    media_type = _MEDIA_TYPES[Path(public_name).suffix]
    return Response(entry[0], media_type=media_type, headers={"Cache-Control": "public, max-age=31536000, immutable"})
