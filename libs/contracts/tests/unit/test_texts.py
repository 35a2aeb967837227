import pytest

from gateway_contracts.texts import is_email_address, text_problem


@pytest.mark.parametrize("text", ["a@b.example", "a+b@b.co", "\u00e4@b\u00fccher.example", "a@b@c.example"])
def test_addresses(text: str) -> None:
    assert is_email_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.example", "a@b", "a@.", "a b@c.example", "a@b.example\n", "a\x00@b.example", "a@b." * 99],
)
def test_what_is_none(text: str) -> None:
    assert not is_email_address(text)


@pytest.mark.parametrize("text", ["a\x00", "\x1b[2J", "\x7f", "a\x0bb"])
def test_control_characters(text: str) -> None:
    assert text_problem(text) is not None


def test_line_ends_and_tabs_are_typed_too() -> None:
    assert text_problem("Main Street 1\r\n\tBack yard \u00e9\u202e") is None
