"""Addresses that a merchant gave us and that end up in a page."""

from urllib.parse import quote

from gateway_contracts.web_hosts import WebOrigin

_PLACEHOLDER = "{transactionId}"


def web_link(url: str | None) -> str | None:
    """The URL if it is http or https and names a well-formed host, else None."""
    return url if url and WebOrigin.parse(url) is not None else None


def with_transaction(url: str | None, transaction_id: str | None) -> str | None:
    """The link with ``{transactionId}`` replaced (by nothing where there is no transaction)."""
    link = web_link(url)
    return link.replace(_PLACEHOLDER, quote(transaction_id or "", safe="")) if link else None
