"""International names and the public suffix list (its copy comes with the package; nothing is downloaded)."""

import idna
from publicsuffixlist import PublicSuffixList


class WorldNames:
    """The Names port."""

    def __init__(self) -> None:
        self._suffixes = PublicSuffixList()

    def to_ascii(self, text: str) -> str:
        """See the port. ``idna.IDNAError`` is a ValueError."""
        return idna.encode(text, uts46=True, std3_rules=True).decode().lower()

    def is_public_suffix(self, name: str) -> bool:
        """See the port."""
        return bool(self._suffixes.is_public(name))

    def own_zone(self, name: str) -> str:
        """See the port; a name that is itself a public suffix is its own zone."""
        return self._suffixes.privatesuffix(name) or name
