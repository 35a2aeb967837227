"""Languages of documents and mail."""

from typing import Final, Literal, get_args

Language = Literal["en", "de", "fr", "es", "it", "nl", "pl", "pt", "ar"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
"""The first one stands in for all others."""
