"""The form of keys for secret scanners, read from docs/security.md and computed in another way."""

import re
import zlib
from pathlib import Path

import pytest

from gateway_contracts.ids import new_object_id
from gateway_kit.crypto.api_keys import KeyMode, new_api_key, parse_api_key

PAGE = (Path(__file__).parents[4] / "docs" / "security.md").read_text()
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def documented() -> re.Pattern[str]:
    found = re.search(r"`(sk_\(test\|live\|sys\)[^`]+)`", PAGE)
    assert found is not None
    return re.compile(found[1])


def is_ours(text: str) -> bool:
    """The checksum as the page tells it: CRC-32 of all that stands before, to the base of 62, in six digits."""
    number = 0
    for character in text[-6:]:
        number = number * 62 + DIGITS.index(character)
    return number == zlib.crc32(text[:-6].encode())


@pytest.mark.parametrize("mode", ["test", "live", "sys"])
def test_a_scanner_finds_every_key_in_a_text(mode: KeyMode) -> None:
    keys = [str(new_api_key(mode, new_object_id())) for _ in range(200)]
    text = "\n".join(f'GATEWAY_KEY="{key}"; # a comment' for key in keys)
    assert [match[0] for match in documented().finditer(text)] == keys
    assert all(is_ours(key) for key in keys)


def test_the_key_of_the_page_is_one() -> None:
    [example] = {match[0] for match in documented().finditer(PAGE)}
    assert is_ours(example)
    assert parse_api_key(example) is not None


def test_text_that_only_looks_like_a_key_is_distinguished() -> None:
    key = str(new_api_key("live", new_object_id()))
    for place in range(len("sk_live_"), len(key)):
        other = "a" if key[place] != "a" else "b"
        changed = key[:place] + other + key[place + 1 :]
        assert not documented().fullmatch(changed) or not is_ours(changed), place
