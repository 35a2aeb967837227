"""``/api/v1/checkouts``: the session and its documents."""

from typing import Any

from fastapi import Request, Response

from checkout_api.use_cases.list_documents import list_documents
from checkout_api.use_cases.open_document import open_document
from checkout_api.use_cases.read_checkout import read_checkout
from checkout_api.web.dependencies import CurrentDeps, page_of
from checkout_api.web.schemas import CheckoutBody, DocumentBody, DocumentsBody
from gateway_contracts.requests.invoice import DocumentRef
from gateway_kit.http.routing import Router

router = Router(prefix="/api/v1/checkouts")

# A browser's PDF viewer is a document of its own; the strict default would leave it blank.
_PDF_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/{session_public_id}")
async def get_checkout(session_public_id: str, request: Request, response: Response, deps: CurrentDeps) -> CheckoutBody:
    """Read a checkout with its offered providers and the state of its payment."""
    page = page_of(request)
    session = await read_checkout(
        session_public_id,
        page,
        own_host=request.headers.get("host"),
        owners=deps.owners,
        directory=deps.directory,
        rules=deps.rules,
    )
    if request.headers.get("origin"):
        # Also a page of the site's own list may read the answer.
        response.headers["Access-Control-Allow-Origin"] = str(page)
    return CheckoutBody.of(session, names_it=session_public_id == session.id)


@router.get("/{session_public_id}/documents", response_model_exclude_none=True)
async def get_documents(session_public_id: str, deps: CurrentDeps) -> DocumentsBody:
    """List the invoices and credit notes of a checkout."""
    found = await list_documents(session_public_id, owners=deps.owners)
    base_path = f"/api/v1/checkouts/{session_public_id}/documents"
    return DocumentsBody(documents=[DocumentBody.of(document, base_path) for document in found])


@router.get(
    "/{session_public_id}/documents/{document_id}/pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The document."}},
)
async def get_document_pdf(session_public_id: str, document_id: str, deps: CurrentDeps) -> Response:
    """Download the PDF of an invoice or credit note."""
    reference, data = await open_document(session_public_id, document_id, owners=deps.owners, documents=deps.documents)
    return document_response(reference, data)


def document_response(reference: DocumentRef, data: bytes) -> Response:
    """The file, shown in the browser, under its own name."""
    headers: dict[str, Any] = {
        "Content-Disposition": f'inline; filename="{_file_name(reference.file_name)}"',
        "Cache-Control": "private, no-cache",
        "ETag": f'"{reference.sha256}"',
        "Content-Security-Policy": _PDF_POLICY,
    }
    return Response(data, media_type=reference.media_type, headers=headers)


def _file_name(name: str) -> str:
    kept = "".join(character for character in name if character.isalnum() or character in "-_. ")
    return kept.encode("ascii", "ignore").decode().strip() or "document.pdf"
