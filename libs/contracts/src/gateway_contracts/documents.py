"""Rendered documents, as far as the APIs hand them out."""

from typing import Protocol


class Documents(Protocol):
    """Reads documents."""

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: another document's key, changed bytes, or bytes that belong to another name.
        """
        ...
