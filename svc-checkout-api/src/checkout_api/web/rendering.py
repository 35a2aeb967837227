"""Pages: templates, static files and the headers that go with them."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from checkout_api.web.branding import Branding
from checkout_api.web.policy import Policy, new_nonce
from checkout_api.web.presentation import CardScript
from checkout_api.web.wording import Wording
from gateway_kit.pages.assets import Assets, static_files
from gateway_providers.registry import PROVIDERS

_HERE = Path(__file__).parent
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
    environment.globals["asset"] = assets().address
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
def assets() -> Assets:
    """Static files of the pages, and the scripts between pages and card fields."""
    files = static_files(_HERE / "static")
    files |= {adapter_name(name): it.card_fields.adapter for name, it in PROVIDERS.items() if it.card_fields}
    return Assets(ASSETS_PATH, files)


def adapter_name(provider_type: str) -> str:
    """File name of the script between the page and the card fields of that type."""
    return f"{provider_type}-card-fields.js"
