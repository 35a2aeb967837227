"""Find one rendered document."""

from checkout_api.errors import document_not_found, document_not_ready
from checkout_api.use_cases.list_documents import list_documents
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.invoice import DocumentRef
from gateway_contracts.rpc import Rpc


async def open_document(session_public_id: str, document_id: str, *, owners: Rpc) -> DocumentRef:
    """Where the document of that session lies, and what opens it.

    Raises:
        NotFound: not a document of this session.
        Transient: it is still being rendered.
    """
    if not is_object_id(document_id):
        raise document_not_found()
    for found in await list_documents(session_public_id, owners=owners, document_id=document_id):
        if found.id != document_id:
            continue
        if found.document is None:
            raise document_not_ready()
        return found.document
    raise document_not_found()
