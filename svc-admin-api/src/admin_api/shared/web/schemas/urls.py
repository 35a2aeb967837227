"""URLs in requests."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from admin_api.shared.domain.urls import url_problem
from admin_api.shared.web.schemas.base import custom
from gateway_contracts.errors import Invalid
from gateway_contracts.limits import URL_BYTES_MAX


def _url(text: str) -> str:
    # Whether plain http is fine depends on the installation: `check_https` asks that.
    if problem := url_problem(text, is_http_allowed=True):
        raise custom("url_invalid", problem)
    return text


def check_https(urls: Mapping[str, str | None], *, is_http_allowed: bool) -> None:
    """
    Raises:
        Invalid: a plain http URL of another host than this machine, where that is not allowed.
    """
    for field, url in urls.items():
        if url is not None and (problem := url_problem(url, is_http_allowed=is_http_allowed)):
            raise Invalid.field(field, problem, code="URL_INVALID")


Url = Annotated[
    str,
    AfterValidator(_url),
    Field(max_length=URL_BYTES_MAX, description=f"Absolute https URL of at most {URL_BYTES_MAX:,} bytes."),
]
