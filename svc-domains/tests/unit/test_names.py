import pytest

from domains.adapters.names import WorldNames
from domains.errors import DomainNameInvalid
from domains.use_cases.register_domain import registrable_name

NAMES = WorldNames()
RESERVED = ("gateway.example",)


def registrable(text: str) -> str:
    return registrable_name(text, names=NAMES, reserved=RESERVED)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pay.shop.de", "pay.shop.de"),
        (" Pay.Shop.DE. ", "pay.shop.de"),
        ("kasse.straße.de", "kasse.xn--strae-oqa.de"),
        ("pay.例え.jp", "pay.xn--r8jz45g.jp"),
        ("shop.co.uk", "shop.co.uk"),
        ("merchant.github.io", "merchant.github.io"),
        ("mygateway.example", "mygateway.example"),
    ],
)
def test_names_become_what_dns_spells(text: str, name: str) -> None:
    assert registrable(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "localhost",
        "shop.localhost",
        "printer.local",
        "db.internal",
        "hidden.onion",
        "1.0.0.127.in-addr.arpa",
        "127.0.0.1",
        "::1",
        "[::1]",
        "com",
        "co.uk",
        "github.io",
        "shop",
        "https://pay.shop.de",
        "pay.shop.de/checkout",
        "pay.shop.de:8443",
        "*.shop.de",
        "pay shop.de",
        "pay..shop.de",
        "-pay.shop.de",
        "pay_1.shop.de",
        "shop.123",
        f"{'a' * 64}.de",
        ".".join(["abcdefgh"] * 29) + ".de",
        "gateway.example",
        "pay.GATEWAY.example",
        "pay.shop.de\nevil.de",
        "pay.\u202eshop.de",
    ],
)
def test_what_is_no_merchant_s_domain_is_refused(text: str) -> None:
    with pytest.raises(DomainNameInvalid) as refused:
        registrable(text)

    assert refused.value.code == "DOMAIN_NAME_INVALID"
    assert refused.value.details[0].field == "name"


def test_the_gateway_s_own_zone_is_the_registered_part_of_its_name() -> None:
    assert NAMES.own_zone("pay.gateway.co.uk") == "gateway.co.uk"
    assert NAMES.own_zone("co.uk") == "co.uk"
