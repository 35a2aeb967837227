"""Numbers of reports in the writing of a locale."""

import pytest
from babel import Locale

from gateway_kit.pages.locales import number_text


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("1,200", "1.200"),
        ("0", "0"),
        ("0.25 s", "0,25 s"),
        ("85 %", "85 %"),
        ("12,345.6 MiB", "12.345,6 MiB"),
        ("3.10.2", "3.10.2"),
        ("12,345x", "12,345x"),
        ("svc-ipn", "svc-ipn"),
    ],
)
def test_a_number_with_its_unit(text: str, german: str) -> None:
    assert number_text(text, Locale("de")) == german
    assert number_text(text, Locale("en")) == text
