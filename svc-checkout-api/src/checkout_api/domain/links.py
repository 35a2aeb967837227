"""Addresses that a merchant gave us and that end up in a page."""

from urllib.parse import quote, urlsplit

_PLACEHOLDER = "{transactionId}"


def web_link(url: str | None) -> str | None:
    """The URL if it is http or https, else None: a ``javascript:`` address never becomes a link."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def with_transaction(url: str | None, transaction_id: str | None) -> str | None:
    """The link with ``{transactionId}`` replaced (by nothing where there is no transaction)."""
    link = web_link(url)
    return link.replace(_PLACEHOLDER, quote(transaction_id or "", safe="")) if link else None
