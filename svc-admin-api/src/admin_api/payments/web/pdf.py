"""Stored documents as answers."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn
from gateway_contracts.requests.invoice import DocumentRef, MadeDocument
from gateway_kit.http.files import ANSWERS, Conditions, file_answer
from gateway_kit.http.routing import Router

PDF: Final = "application/pdf"
Endpoint = Callable[..., Any]


def document_route(router: Router, path: str, media_type: str = PDF) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint that answers a document, for GET and for HEAD."""
    answers: dict[int | str, dict[str, Any]] = {
        200: {"content": {media_type: {}}, "description": "The document."},
        **ANSWERS,
    }

    def register(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(path, endpoint, methods=["GET"], response_class=Response, responses=answers)
        router.add_api_route(path, endpoint, methods=["HEAD"], response_class=Response, include_in_schema=False)
        return endpoint

    return register


async def pdf_response(document: DocumentRef, deps: DepsIn, conditions: Conditions) -> Response:
    """The decrypted document or a part of it, or 304 if the caller names its ETag."""
    return await file_answer(
        conditions,
        lambda: deps.documents.get(document.object_name, base64.b64decode(document.key)),
        sha256=document.sha256,
        media_type=document.media_type,
        disposition=content_disposition(document.file_name),
    )


async def made_response(document: MadeDocument, conditions: Conditions) -> Response:
    """The same for a document that was made for the request."""
    data = base64.b64decode(document.pdf)

    async def load() -> bytes:
        return data

    return await file_answer(
        conditions,
        load,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=PDF,
        disposition=content_disposition(document.file_name),
    )


def content_disposition(file_name: str) -> str:
    """As attachment; the plain name for old clients, the exact one beside it."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
