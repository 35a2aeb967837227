"""``/api/v1/checkouts``: the session and its documents."""

import base64

from fastapi import Request, Response

from checkout_api.use_cases.list_documents import list_documents
from checkout_api.use_cases.open_document import open_document
from checkout_api.use_cases.read_checkout import read_checkout
from checkout_api.web.dependencies import CurrentDeps, page_of
from checkout_api.web.schemas import CheckoutBody, DocumentBody, DocumentsBody
from gateway_contracts.documents import Documents
from gateway_contracts.requests.invoice import DocumentRef
from gateway_kit.http.files import ANSWERS, Conditions, ConditionsIn, file_answer
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


@router.head("/{session_public_id}/documents/{document_id}/pdf", include_in_schema=False)
@router.get(
    "/{session_public_id}/documents/{document_id}/pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The document."}, **ANSWERS},
)
async def get_document_pdf(
    session_public_id: str, document_id: str, deps: CurrentDeps, conditions: ConditionsIn
) -> Response:
    """Download the PDF of an invoice or credit note."""
    reference = await open_document(session_public_id, document_id, owners=deps.owners)
    return await document_response(reference, deps.documents, conditions)


async def document_response(reference: DocumentRef, documents: Documents, conditions: Conditions) -> Response:
    """The file, shown in the browser, under its own name."""
    return await file_answer(
        conditions,
        lambda: documents.get(reference.object_name, base64.b64decode(reference.key)),
        sha256=reference.sha256,
        media_type=reference.media_type,
        disposition=f'inline; filename="{_file_name(reference.file_name)}"',
        more={"Content-Security-Policy": _PDF_POLICY},
    )


def _file_name(name: str) -> str:
    kept = "".join(character for character in name if character.isalnum() or character in "-_. ")
    return kept.encode("ascii", "ignore").decode().strip() or "document.pdf"
