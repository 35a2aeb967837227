"""The invoices and credit notes of a checkout."""

from checkout_api.errors import checkout_not_found
from checkout_api.use_cases.find_session import CUSTOMER, is_session_public_id
from gateway_contracts.requests.invoice import LIST_OWN_DOCUMENTS, CustomerDocument, OwnedDocuments
from gateway_contracts.rpc import Rpc


async def list_documents(
    session_public_id: str, *, owners: Rpc, document_id: str | None = None
) -> tuple[CustomerDocument, ...]:
    """The documents of the session that the caller can name.

    Raises:
        NotFound: the name is malformed.
    """
    if not is_session_public_id(session_public_id):
        raise checkout_not_found()
    request = OwnedDocuments(session_public_id=session_public_id, document_id=document_id)
    return (await owners.call(LIST_OWN_DOCUMENTS, request, actor=CUSTOMER)).documents
