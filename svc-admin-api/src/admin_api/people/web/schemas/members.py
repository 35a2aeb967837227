"""Members: what is asked and answered."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from admin_api.people.domain.member import Member, Person
from admin_api.people.ports import People
from admin_api.people.use_cases.invite_member import invited_in_clear, person_in_clear
from admin_api.shared.web.schemas.base import ListView, View
from gateway_contracts.bodies import Body
from gateway_contracts.fields import Email, Name


class MemberIn(Body):
    """A person to invite."""

    email: Email = Field(description="E-mail address of the person.", examples=["jane@example.com"])
    name: Name | None = Field(None, description="Name of the person.", examples=["Jane Doe"])
    role: Literal["viewer", "support", "admin"] = Field(
        description="viewer reads; support also works with checkouts, payments, clients and invoices; admin does all.",
        examples=["support"],
    )


class OperatorIn(Body):
    """A person to invite as operator."""

    email: Email = Field(description="E-mail address of the person.", examples=["john@example.com"])
    name: Name | None = Field(None, description="Name of the person.", examples=["John Doe"])


class MemberView(View):
    """A person in an organization."""

    id: str = Field(description="Id of the membership: 24 hex digits.")
    person_id: str | None = Field(
        description="Id of the person, the same in every organization; null until the invitation is accepted."
    )
    email: str | None = Field(
        description="E-mail address of the person; until the invitation is accepted, as it was given there."
    )
    name: str | None = Field(
        description="Name of the person, null where none was given; until the invitation is accepted, as given there."
    )
    role: str = Field(
        description="Role of the member: viewer, support or admin; global for operators of the installation."
    )
    state: str = Field(description="State of the membership: invited or active.")
    invited_until: datetime | None = Field(description="Time when the invitation expires; null without an open one.")
    created_at: datetime = Field(description="Time of the invitation, in UTC.")
    updated_at: datetime = Field(description="Time of the last change of the membership, in UTC.")


class MemberPatch(Body):
    """A new role for a member."""

    SHOWN_BY = MemberView

    role: Literal["viewer", "support", "admin"] = Field(
        description="New role; it applies from the member's next request.", examples=["viewer"]
    )


class InvitationView(View):
    """A member and the token that accepts the invitation."""

    member: MemberView = Field(description="The member that was invited.")
    token: str = Field(description="Hand it to the person. Shown once, valid for seven days.")


class MemberListView(ListView):
    """Members, newest first."""

    members: list[MemberView] = Field(description="Rows of this page, newest first.")


def member_view(member: Member, person: Person | None, tenancy: People) -> MemberView:
    """The member with the person's data in clear."""
    if member.state == "invited":
        facts = vars(member) | invited_in_clear(member, person, tenancy.keyring) | {"person_id": None}
    else:
        facts = vars(member) | person_in_clear(person, tenancy.keyring)
    return MemberView(**facts, invited_until=member.invite_until)
