"""``/auth/passkeys``: a signed-in person's own passkeys and invitations."""

from typing import Annotated

from fastapi import Path
from fastapi.responses import Response

from admin_api.edge.routing import new_router
from admin_api.edge.session import SessionIn
from admin_api.people.domain.passkey import COLLECTION, LABEL, Passkey
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.accept_invitation import accept_invitation, find_invitation
from admin_api.people.use_cases.register_passkey import begin_further_registration, finish_further_registration
from admin_api.people.use_cases.remove_passkey import remove_passkey
from admin_api.people.use_cases.rename_passkey import rename_passkey
from admin_api.people.web.schemas.sessions import (
    AcceptedView,
    AcceptIn,
    CeremonyView,
    PasskeyCompleteIn,
    PasskeyListView,
    PasskeyPatch,
    PasskeyView,
)
from admin_api.people.web.session_dependencies import AccessIn, FreshIn, OpenIn
from gateway_contracts.errors import Unauthenticated

router = new_router(prefix="/auth", tags=["sessions"])
PasskeyId = Annotated[str, Path(max_length=1400, description="Id of the passkey, in base64url.")]


@router.get("/passkeys", response_model=PasskeyListView)
async def list_own(session: SessionIn, access: AccessIn) -> PasskeyListView:
    """Passkeys of the user."""
    found = await access.passkeys.of_person(session.person_id)
    return PasskeyListView(passkeys=[_view(passkey, access) for passkey in found])


@router.post("/passkeys", response_model=CeremonyView)
async def begin(session: FreshIn, access: AccessIn) -> CeremonyView:
    """Start the registration of another passkey. Needs a sign-in of the last 15 minutes."""
    ceremony, options = await begin_further_registration(session.person_id, access=access)
    return CeremonyView(ceremony_id=ceremony.id, public_key=options)


@router.post("/passkeys/complete", status_code=201, response_model=PasskeyView)
async def complete(body: PasskeyCompleteIn, session: FreshIn, access: AccessIn) -> PasskeyView:
    """Register the passkey."""
    made = await finish_further_registration(
        session.person_id, body.ceremony_id, body.credential, body.label, access=access
    )
    return _view(made, access)


@router.patch("/passkeys/{passkey_id}", response_model=PasskeyView)
async def rename(passkey_id: PasskeyId, body: PasskeyPatch, session: OpenIn, access: AccessIn) -> PasskeyView:
    """Give the passkey another name; null removes it, and a name that is not given stays."""
    return _view(await rename_passkey(session.person_id, passkey_id, body.changes(), access=access), access)


@router.delete("/passkeys/{passkey_id}", status_code=204)
async def remove(passkey_id: PasskeyId, session: FreshIn, access: AccessIn) -> Response:
    """Remove a passkey and end the sessions that it opened. The last one cannot be removed.

    Needs a sign-in of the last 15 minutes.
    """
    await remove_passkey(session.person_id, passkey_id, access=access)
    return Response(status_code=204)


@router.post("/invitations/accept", response_model=AcceptedView)
async def accept(body: AcceptIn, session: OpenIn, access: AccessIn) -> AcceptedView:
    """Accept an invitation to a further organization."""
    member = await find_invitation(body.token, tenancy=access.tenancy)
    if member.person_id != session.person_id:
        raise Unauthenticated("the invitation is invalid or has expired", code="INVITATION_INVALID")
    member = await accept_invitation(body.token, tenancy=access.tenancy)
    return AcceptedView(organization_id=member.organization_id or None, role=member.role)


def _view(passkey: Passkey, access: SessionAccess) -> PasskeyView:
    decrypt = access.tenancy.keyring.decrypt_system
    label = decrypt(passkey.label, COLLECTION, passkey.id, LABEL).decode() if passkey.label else None
    return PasskeyView(**{**vars(passkey), "label": label})
