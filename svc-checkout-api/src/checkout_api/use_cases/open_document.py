"""Fetch one rendered document."""

import base64

from checkout_api.errors import document_not_found, document_not_ready
from checkout_api.use_cases.list_documents import list_documents
from gateway_contracts.documents import Documents
from gateway_contracts.ids import is_object_id
from gateway_contracts.requests.invoice import DocumentRef
from gateway_contracts.rpc import Rpc


async def open_document(
    session_public_id: str, document_id: str, *, owners: Rpc, documents: Documents
) -> tuple[DocumentRef, bytes]:
    """The document of that session and its bytes.

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
        reference = found.document
        return reference, await documents.get(reference.object_name, base64.b64decode(reference.key))
    raise document_not_found()
