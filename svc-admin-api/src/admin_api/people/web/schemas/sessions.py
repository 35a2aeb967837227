"""Sessions and passkeys: what is asked and answered."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from admin_api.shared.web.schemas.base import View
from gateway_contracts.bodies import Body
from gateway_contracts.fields import Email, Name, ObjectId

Token = Annotated[str, StringConstraints(min_length=20, max_length=200)]
Credential = Annotated[
    dict[str, Any],
    Field(
        max_length=20,
        description="The answer of navigator.credentials, in the form of PublicKeyCredential.toJSON().",
        examples=[{"id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key", "response": {}}],
    ),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class AuthenticateIn(Body):
    """The authenticator's answer to a sign-in."""

    ceremony_id: ObjectId = Field(description="Of the answer that began the sign-in.")
    credential: Credential


class RegisterIn(Body):
    """A person with a bootstrap token or an invitation."""

    token: Token = Field(description="The bootstrap token, or that of an invitation.")
    email: Email | None = Field(None, description="The first operator's address.", examples=["jane@example.com"])
    name: Name | None = Field(None, description="The first operator's name.", examples=["Jane Doe"])


class RegisterCompleteIn(Body):
    """The authenticator's new passkey, for who holds the token."""

    ceremony_id: ObjectId = Field(description="Of the answer that began the registration.")
    token: Token = Field(description="The same token; it is spent now.")
    credential: Credential
    label: Label | None = Field(None, description="The person's own name for the passkey.", examples=["Laptop"])


class PasskeyCompleteIn(Body):
    """The authenticator's new passkey, for who is signed in."""

    ceremony_id: ObjectId = Field(description="Of the answer that began the registration.")
    credential: Credential
    label: Label | None = Field(None, description="The person's own name for the passkey.", examples=["Phone"])


class AcceptIn(Body):
    """An invitation for a signed-in user."""

    token: Token = Field(description="Of the invitation.")


class LogoutIn(Body):
    """Sessions to end."""

    everywhere: bool = Field(False, description="End all sessions of the person, not only this one.")


class CeremonyView(View):
    """A challenge for the authenticator."""

    ceremony_id: str = Field(description="Send it back with the answer, within five minutes, once.")
    public_key: dict[str, Any] = Field(description="Options for navigator.credentials, in their JSON form.")


class MembershipView(View):
    """Where a person may act."""

    organization_id: str | None = Field(description="Null: the installation itself.")
    role: str = Field(description="viewer, support or admin; global for those who run the installation.")
    sign_in_again: bool = Field(description="Whether an admin there ended this session: it opens nothing of theirs.")


class PersonView(View):
    """The signed-in user."""

    id: str = Field(description="24 hex digits.")
    email: str | None = Field(description="Their e-mail address.")
    name: str | None = Field(description="Name of the person; null where none was given.")
    memberships: list[MembershipView] = Field(description="Where they may act.")


class SessionView(View):
    """A session's new access token; the refresh token is in a cookie that pages cannot read."""

    access_token: str = Field(description="Send it as Authorization: Bearer.")
    token_type: str = Field("Bearer", description="How the token is sent: always Bearer.")
    expires_in: int = Field(description="Seconds until the access token ends; refresh it before.")
    person: PersonView = Field(description="The signed-in user.")


class LoginCheckView(View):
    """A session that is alive."""

    valid: bool = Field(description="Always true; a session that is over answers 401.")
    session_expires_at: datetime = Field(description="When the passkey is asked for again at the latest.")
    person: PersonView = Field(description="The signed-in user.")


class PasskeyView(View):
    """A passkey of the person."""

    id: str = Field(description="The authenticator's id, base64url.")
    label: str | None = Field(description="The person's own name for it.")
    is_synced: bool = Field(description="Whether it is kept in an account and not on one device alone.")
    created_at: datetime = Field(description="When it was registered.")
    last_used_at: datetime | None = Field(description="When it last opened a session.")


class PasskeyListView(View):
    """All passkeys of the person."""

    passkeys: list[PasskeyView] = Field(description="Passkeys of the person, oldest first.")


class OpenSessionView(View):
    """A session of the person that is not over."""

    id: str = Field(description="24 hex digits.")
    is_current: bool = Field(description="Whether it is the one that asks.")
    passkey_id: str = Field(description="The passkey that opened it.")
    created_at: datetime = Field(description="When the person signed in.")
    last_used_at: datetime = Field(description="When it last got an access token.")
    expires_at: datetime = Field(description="When the passkey is asked for again at the latest.")


class OpenSessionListView(View):
    """Where the person is signed in."""

    sessions: list[OpenSessionView] = Field(description="Open sessions of the person, newest first.")


class AcceptedView(View):
    """An accepted invitation."""

    organization_id: str | None = Field(description="Null: the installation itself.")
    role: str = Field(description="Role of the user in the organization.")
