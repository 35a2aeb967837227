"""Stored documents as answers."""

import base64
from typing import Any, Final
from urllib.parse import quote

from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn
from gateway_contracts.requests.invoice import DocumentRef

PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/pdf": {}}, "description": "The document."}
}


async def pdf_response(document: DocumentRef, deps: DepsIn, if_none_match: str | None) -> Response:
    """The decrypted document, or 304 if the caller names its ETag."""
    etag = f'"{document.sha256}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and etag in [part.strip() for part in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    data = await deps.documents.get(document.object_name, base64.b64decode(document.key))
    headers["Content-Disposition"] = content_disposition(document.file_name)
    return Response(data, headers=headers, media_type=document.media_type)


def content_disposition(file_name: str) -> str:
    """As attachment; the plain name for old clients, the exact one beside it."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
