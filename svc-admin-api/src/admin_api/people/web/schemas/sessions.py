"""Sessions and passkeys: what is asked and answered."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from admin_api.shared.web.schemas.base import View
from gateway_contracts.bodies import Body, ChangeBody
from gateway_contracts.fields import Email, Name, ObjectId

Token = Annotated[str, StringConstraints(min_length=20, max_length=200)]
Credential = Annotated[
    dict[str, Any],
    Field(
        max_length=20,
        description="Result of navigator.credentials, as PublicKeyCredential.toJSON() returns it.",
        examples=[{"id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key", "response": {}}],
    ),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class AuthenticateIn(Body):
    """The authenticator's answer to a sign-in."""

    ceremony_id: ObjectId = Field(description="ceremonyId from the answer that started the sign-in.")
    credential: Credential


class RegisterIn(Body):
    """A person with a bootstrap token or an invitation."""

    token: Token = Field(description="The bootstrap token, or that of an invitation.")
    email: Email | None = Field(None, description="The first operator's address.", examples=["jane@example.com"])
    name: Name | None = Field(None, description="The first operator's name.", examples=["Jane Doe"])


class RegisterCompleteIn(Body):
    """The authenticator's new passkey, for the holder of a token."""

    ceremony_id: ObjectId = Field(description="ceremonyId from the answer that started the registration.")
    token: Token = Field(description="The token that started the registration; it is used up now.")
    credential: Credential
    label: Label | None = Field(None, description="Name that the person gives to the passkey.", examples=["Laptop"])


class PasskeyCompleteIn(Body):
    """The authenticator's new passkey, for a signed-in user."""

    ceremony_id: ObjectId = Field(description="ceremonyId from the answer that started the registration.")
    credential: Credential
    label: Label | None = Field(None, description="Name that the person gives to the passkey.", examples=["Phone"])


class AcceptIn(Body):
    """An invitation for a signed-in user."""

    token: Token = Field(description="Token of the invitation.")


class LogoutIn(Body):
    """Sessions to end."""

    everywhere: bool = Field(False, description="Whether to end all sessions of the user; default: only this one.")


class CeremonyView(View):
    """A challenge for the authenticator."""

    ceremony_id: str = Field(
        description="Id of the challenge. Send it with the authenticator's answer within five minutes; it "
        "is valid once."
    )
    public_key: dict[str, Any] = Field(description="Options for navigator.credentials, in their JSON form.")


class MembershipView(View):
    """A membership of a person."""

    organization_id: str | None = Field(description="Id of the organization; null: the installation itself.")
    role: str = Field(
        description="Role of the member: viewer, support or admin; global for operators of the installation."
    )
    sign_in_again: bool = Field(
        description="Whether an admin of the organization ended this session there: sign in again to use it."
    )


class PersonView(View):
    """The signed-in user."""

    id: str = Field(description="24 hex digits.")
    email: str | None = Field(description="E-mail address of the person.")
    name: str | None = Field(description="Name of the person; null where none was given.")
    memberships: list[MembershipView] = Field(description="Organizations of the user, with their roles.")


class SessionView(View):
    """A session's new access token; the refresh token is in a cookie that pages cannot read."""

    access_token: str = Field(description="Access token: send it as `Authorization: Bearer`.")
    token_type: str = Field("Bearer", description="How the token is sent: always Bearer.")
    expires_in: int = Field(description="Seconds until the access token expires; refresh it before.")
    person: PersonView = Field(description="The signed-in user.")


class LoginCheckView(View):
    """A valid session."""

    valid: bool = Field(description="Always true: an ended session is answered with 401.")
    session_expires_at: datetime = Field(description="Latest time until the user must sign in with the passkey again.")
    person: PersonView = Field(description="The signed-in user.")


class PasskeyView(View):
    """A passkey of the person."""

    id: str = Field(description="Id of the passkey, in base64url.")
    label: str | None = Field(description="Name that the person gave to the passkey.")
    is_synced: bool = Field(
        description="Whether the passkey is stored in an account (synchronized), not on a single device."
    )
    created_at: datetime = Field(description="Time of registration, in UTC.")
    last_used_at: datetime | None = Field(
        description="Time when the passkey last opened a session; null before the first."
    )


class PasskeyPatch(ChangeBody):
    """Changes of a passkey."""

    SHOWN_BY = PasskeyView

    label: Label | None = Field(None, description="Name that the person gives to the passkey.", examples=["Laptop"])

    def changes(self) -> dict[str, str | None]:
        """Given fields."""
        return self.model_dump(exclude_unset=True)


class PasskeyListView(View):
    """All passkeys of the person."""

    passkeys: list[PasskeyView] = Field(description="Passkeys of the person, oldest first.")


class OpenSessionView(View):
    """An open session of the person."""

    id: str = Field(description="24 hex digits.")
    is_current: bool = Field(description="Whether this is the session of the request.")
    passkey_id: str = Field(description="Id of the passkey that opened the session.")
    created_at: datetime = Field(description="Time of the sign-in, in UTC.")
    last_used_at: datetime = Field(description="Time when the session last got an access token.")
    expires_at: datetime = Field(description="Latest time until the user must sign in with the passkey again.")


class OpenSessionListView(View):
    """Open sessions of a person."""

    sessions: list[OpenSessionView] = Field(description="Open sessions of the person, newest first.")


class AcceptedView(View):
    """An accepted invitation."""

    organization_id: str | None = Field(description="Id of the organization; null: the installation itself.")
    role: str = Field(description="Role of the user in the organization.")
