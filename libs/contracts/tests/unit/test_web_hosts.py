"""Only well-formed hosts become part of an origin."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.web_hosts import WebOrigin, ascii_host

SAFE = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("CDN.Example.", "cdn.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("a_b.example", "a_b.example"),
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("localhost", "localhost"),
    ],
)
def test_hosts_have_one_form(host: str, expected: str) -> None:
    assert ascii_host(host) == expected


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        "-a.example",
        "a;script-src",
        "a,b",
        "a'b",
        "*.example",
        "a b",
        "a\nb",
        "a%0ab",
        "1.2.3",
        "256.1.1.1",
        "fe80::1%eth0",
        "x" * 64 + ".example",
        "a." * 130 + "example",
        "\ud800.example",
    ],
)
def test_anything_else_is_no_host(host: str) -> None:
    assert ascii_host(host) is None


@given(st.text(alphabet=st.characters(codec=None), max_size=60), st.sampled_from(["http", "https", "HTTPS"]))
def test_whatever_is_read_as_an_origin_is_safe_in_a_header(host: str, scheme: str) -> None:
    origin = WebOrigin.parse(f"{scheme}://{host}")
    assert origin is None or SAFE.fullmatch(str(origin))


@given(st.from_regex(r"\A[a-z0-9;,'*\" ]{1,8}(\.[a-z;,]{1,5})?(:[0-9;]{0,4})?\Z"))
def test_separators_of_policies_never_reach_one(host: str) -> None:
    origin = WebOrigin.parse(f"https://{host}")
    assert origin is None or SAFE.fullmatch(str(origin))


def test_credentials_are_no_part_of_an_origin() -> None:
    assert WebOrigin.parse("https://user:secret@shop.example") is None
