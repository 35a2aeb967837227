"""A URL as it goes out: path and query byte for byte as they were given.

Signed URLs and tokens do not survive another spelling, although ``%2F`` and ``/`` often mean the same in a query.
"""

from typing import Final
from urllib.parse import quote

from yarl import URL

# What a request line may hold; the rest (space, controls, letters beyond ASCII) has no form of its own on the wire.
_SENT_AS_IS: Final = "".join(map(chr, range(0x21, 0x7F)))


def wire_url(text: str) -> URL:
    """The URL of the text; scheme and authority in their usual form, all behind them unchanged.

    Raises:
        ValueError: not a URL.
    """
    parsed = URL(text)
    if not parsed.absolute:
        return parsed
    _, _, behind = text.partition("://")
    starts = [at for at in map(behind.find, "/?#") if at >= 0]
    target = behind[min(starts) :] if starts else ""
    slash = "" if target.startswith("/") else "/"
    return URL(f"{parsed.scheme}://{parsed.raw_authority}{slash}{quote(target, safe=_SENT_AS_IS)}", encoded=True)
