"""Rules of texts that people type, the same at every API that takes them."""

import re
from typing import Final

EMAIL_CHARACTERS_MAX: Final = 254
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def has_control_characters(text: str) -> bool:
    """Whether it holds any but line ends and tabs. Documents cannot hold them (XML has no NUL), and logs, mails and
    terminals act on them."""
    return _CONTROL.search(text) is not None


def is_email_address(text: str) -> bool:
    """Whether mail could be sent there: something, an at sign, a domain with a dot; no spaces, not too long.

    More is not asked: who has an address knows it better than any pattern.
    """
    local, _, domain = text.rpartition("@")
    is_plain = not any(character.isspace() or ord(character) < 32 for character in text)
    return bool(local) and "." in domain.strip(".") and is_plain and len(text) <= EMAIL_CHARACTERS_MAX
