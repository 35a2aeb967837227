"""Pages: templates, languages, and the headers that go with them."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from babel import Locale
from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from admin_api.console.figures import day_text, decimal_text
from admin_api.console.forms.provider_fields import title_of
from admin_api.console.invoice_words import category_word, lacking
from admin_api.console.message_words import failure_of, masked
from admin_api.console.navigation import place_of, places_for
from admin_api.console.story_words import story_word
from admin_api.console.translations import LANGUAGES, translations
from admin_api.console.visitor import Visitor
from admin_api.console.words import domain_problem, notified_status, status_tone, status_word
from admin_api.explanations.domain.failure_words import failure_words
from admin_api.explanations.domain.sentences import answer_word
from gateway_contracts.amount_format import to_minor
from gateway_kit.pages.assets import Assets, static_files
from gateway_kit.pages.locales import accepted_languages, amount_text, choose_locale, moment_text, number_text

_HERE: Final = Path(__file__).parent
ASSETS_PATH: Final = "/console/assets"
LANGUAGE_COOKIE: Final = "consoleLanguage"
_COMMAND: Final = re.compile("`([^`]+)`")
_OF_ONE_MODE: Final = frozenset({"cursor", "start", "after", "providerId", "entityId", "done", "problem"})
"""Parameters of pages that name something of one mode: a place in a list, an object, what a form has done."""


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        template: file name.
        title: of the window and the heading, in English; translated here.
        visitor: None before a sign-in.
        values: what the template uses besides.
        has_frames: whether it shows pages or files of this origin in frames.
        is_framed: whether pages of this origin may show it in a frame.
        is_mail: whether it shows a mail, which has nothing but inline styles.
    """

    template: str
    title: str
    visitor: Visitor | None = None
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    has_frames: bool = False
    is_framed: bool = False
    is_mail: bool = False


@cache
def assets() -> Assets:
    """Static files of the console."""
    return Assets(ASSETS_PATH, static_files(_HERE / "static"))


def locale_of(request: Request) -> Locale:
    """The chosen language, else the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return choose_locale([chosen, *accepted_languages(request.headers.get("accept-language"))], LANGUAGES)


@cache
def environment_of(language: str) -> Environment:
    """The templates in one language; every value is escaped, also where it is translated."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # With newstyle every result of `gettext` would count as markup, also of a text that a merchant typed.
    environment.install_gettext_translations(translations(language), newstyle=False)  # type: ignore[attr-defined]
    environment.globals.update(asset=assets().address, languages=LANGUAGES, places_for=places_for, place_of=place_of)
    environment.globals["domain_problem"] = partial(domain_problem, translate=translations(language).gettext)
    environment.filters.update(tone=status_tone, word=status_word, title_of=title_of, story=story_word)
    environment.filters.update(masked=masked, refusal=failure_of)
    environment.filters.update(notified=notified_status, answer=answer_word, failure=_failure, marked=_marked)
    environment.filters.update(lacking=lacking, category=category_word)
    return environment


def _marked(text: str) -> Markup:
    """A sentence whose commands stand in backticks, with them as code."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped before


def _failure(failure: Mapping[str, Any]) -> str:
    return failure_words(failure["code"], failure.get("providerCode"), failure["message"])


def address_of(request: Request) -> str:
    """The page's path with its query, such as the filters of a list."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _address_in_other_mode(request: Request) -> str:
    """The same with the filters that the other mode understands."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in _OF_ONE_MODE and value]
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


def render(page: Page, request: Request) -> HTMLResponse:
    """The page in the visitor's language, with a policy of its own."""
    locale, nonce = locale_of(request), secrets.token_urlsafe(16)
    environment = environment_of(locale.language)
    html = environment.get_template(page.template).render(
        title=page.title,
        visitor=page.visitor,
        path=request.url.path,
        page_address=address_of(request),
        other_mode_address=_address_in_other_mode(request),
        lang=locale.language,
        nonce=nonce,
        new_key=lambda: secrets.token_urlsafe(16),
        number=lambda count: number_text(f"{count:,}", locale),
        money=lambda amount, row: money_text(amount, row, locale),
        moment=lambda text: moment_text(datetime.fromisoformat(text), locale),
        day=lambda text: day_text(text, locale),
        decimal=lambda number: decimal_text(number, locale),
        **page.values,
    )
    return HTMLResponse(html, status_code=page.status, headers=_headers(nonce, page))


def money_text(amount: int, row: Mapping[str, Any], locale: Locale) -> str:
    """An amount of an object of the API, which writes it as the shop does."""
    minor = to_minor(amount, row["currency"], row.get("amountFormat", "minor"))
    return amount_text(minor, row["currency"], locale)


def _headers(nonce: str, page: Page) -> dict[str, str]:
    frames, ancestors = "'self'" if page.has_frames else "'none'", "'self'" if page.is_framed else "'none'"
    styles = "'self' 'unsafe-inline'" if page.is_mail else "'self'"
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src {styles}; img-src 'self' data:; "
        f"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src {frames}; frame-ancestors {ancestors}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "SAMEORIGIN" if page.is_framed else "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
    }
