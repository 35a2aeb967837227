"""Languages, amounts, branding and the content security policy."""

from string import Formatter

import pytest

from checkout_api.web.branding import Branding, readable_on
from checkout_api.web.policy import Policy, new_nonce
from checkout_api.web.presentation import CardScript
from checkout_api.web.wording import LANGUAGES, choose, texts_of
from gateway_providers.stripe.provider import STRIPE


@pytest.mark.parametrize(
    ("locale", "minor", "currency", "expected"),
    [
        ("en-GB", 4900, "EUR", "€49.00"),
        ("en-US", 123456, "USD", "$1,234.56"),
        ("de-DE", 123456, "EUR", "1.234,56\xa0€"),
        ("de-AT", 123456, "EUR", "€\xa01.234,56"),
        ("de-CH", 123456, "CHF", "CHF\xa01\u2019234.56"),
        ("en-GB", 1200, "JPY", "JP¥1,200"),
        ("de-DE", 1250, "KWD", "1,250\xa0KWD"),
        ("en-GB", 1250, "BHD", "BHD\xa01.250"),
        ("en-GB", 1250, "HUF", "HUF\xa012.50"),
        ("en-GB", -500, "EUR", "-€5.00"),
        ("en-GB", 99_999_999_999_999, "EUR", "€999,999,999,999.99"),
    ],
)
def test_amounts_have_the_currencys_decimals_and_the_locales_form(
    locale: str, minor: int, currency: str, expected: str
) -> None:
    assert choose(locale, None).amount(minor, currency) == expected


@pytest.mark.parametrize(
    ("session_locale", "accept_language", "language"),
    [
        ("de-DE", "en", "de"),
        ("de_AT", None, "de"),
        (None, "fr;q=0.9, de;q=0.8, en;q=0.7", "de"),
        (None, "en;q=0.5, de", "de"),
        (None, "de;q=0", "en"),
        ("fr-FR", "de", "de"),
        ("zz-ZZ", None, "en"),
        (None, "*", "en"),
        (None, "de;q=abc,;;,en-;q=1", "en"),
        ("<script>", "x" * 5000, "en"),
        (None, None, "en"),
    ],
)
def test_language_comes_from_the_checkout_then_the_browser(
    session_locale: str | None, accept_language: str | None, language: str
) -> None:
    assert choose(session_locale, accept_language).language == language


def test_every_language_has_every_text() -> None:
    keys = [set(texts_of(language)) for language in LANGUAGES]
    assert all(found == keys[0] for found in keys)
    assert all(text.strip() for language in LANGUAGES for text in texts_of(language).values())


def test_placeholders_are_the_same_in_every_language() -> None:
    def placeholders(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for key, text in texts_of("en").items():
        assert placeholders(text) == placeholders(texts_of("de")[key]), key


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "#123456;}", "url(x)", ""])
def test_color_that_is_none_is_replaced(color: str) -> None:
    assert Branding.of({"primaryColor": color}, is_https=True).primary == "#2f5d50"


def test_text_on_the_brand_color_is_readable() -> None:
    assert readable_on("#000000") == "#ffffff"
    assert readable_on("#ffffff") == "#000000"
    assert readable_on("#f2c14e") == "#000000"
    assert readable_on("#2f5d50") == "#ffffff"


def test_logo_must_be_a_web_address_of_the_pages_own_scheme() -> None:
    def logo(url: str, *, is_https: bool) -> str | None:
        return Branding.of({"logo": url}, is_https=is_https).logo_url

    assert logo("https://cdn.example/l.svg", is_https=True) == "https://cdn.example/l.svg"
    assert logo("http://cdn.example/l.svg", is_https=True) is None
    assert logo("http://cdn.example/l.svg", is_https=False) is not None
    assert logo("javascript:alert(1)", is_https=True) is None


def directives(policy: Policy) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.header().split("; ")]
    return {part[0]: part[1:] for part in parts}


def test_page_without_cards_allows_nothing_foreign() -> None:
    found = directives(Policy("N"))

    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'nonce-N'"]
    assert found["frame-src"] == ["'none'"]
    assert found["connect-src"] == ["'self'"]
    assert found["base-uri"] == found["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in Policy("N").header()


def card_script(url: str) -> CardScript:
    assert STRIPE.card_fields is not None
    return CardScript("stripe", url, STRIPE.card_fields)


def test_page_with_cards_allows_the_scripts_origin_only() -> None:
    scripts = (card_script("http://127.0.0.1:12111/v3/"),)
    found = directives(Policy("N", scripts, "https://cdn.example/logo.svg"))

    assert found["script-src"] == ["'nonce-N'", "http://127.0.0.1:12111"]
    assert found["frame-src"] == ["http://127.0.0.1:12111"]
    assert found["connect-src"] == ["'self'", "http://127.0.0.1:12111"]
    assert found["img-src"] == ["'self'", "data:", "https://cdn.example"]


ODD_HOSTS = (
    "cdn.example;script-src",
    "cdn.example,*",
    "*",
    "'unsafe-inline'",
    "cdn.example;report-uri",
    "a..b",
    "ü\ud800",
)


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_a_stored_logo_with_an_odd_host_adds_nothing_to_the_policy(host: str) -> None:
    assert Policy("N", logo_url=f"https://{host}/logo.svg").header() == Policy("N").header()
    assert Branding.of({"logo": f"https://{host}/logo.svg"}, is_https=True).logo_url is None


def test_an_international_logo_host_is_written_in_ascii() -> None:
    assert directives(Policy("N", logo_url="https://münchen.example/l.svg"))["img-src"][-1] == (
        "https://xn--mnchen-3ya.example"
    )


def test_live_stripe_gets_the_origins_that_it_documents() -> None:
    found = directives(Policy("N", (card_script("https://js.stripe.com/v3/"),)))

    assert "https://hooks.stripe.com" in found["frame-src"]
    assert found["connect-src"] == ["'self'", "https://js.stripe.com", "https://api.stripe.com"]


def test_nonces_are_never_repeated() -> None:
    assert len({new_nonce() for _ in range(100)}) == 100
