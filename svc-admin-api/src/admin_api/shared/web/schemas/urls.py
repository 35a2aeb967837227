"""Whether URLs of a request may be plain http: that depends on the installation."""

from collections.abc import Mapping

from gateway_contracts.errors import Invalid
from gateway_contracts.urls import url_problem


def check_https(urls: Mapping[str, str | None], *, is_http_allowed: bool) -> None:
    """
    Raises:
        Invalid: a plain http URL of another host than this machine, where that is not allowed.
    """
    for field, url in urls.items():
        if url is not None and (problem := url_problem(url, is_http_allowed=is_http_allowed)):
            raise Invalid.field(field, problem, code="URL_INVALID")
