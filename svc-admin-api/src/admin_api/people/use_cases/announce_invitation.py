"""Tell svc-notify of an invitation, which mails its link to the person."""

from admin_api.people.domain.member import Member
from admin_api.people.ports import People
from admin_api.shared.domain.roles import INSTALLATION
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.tenancy import OF_INSTALLATION, MemberInvitedV1
from gateway_contracts.ids import new_event_id
from gateway_kit.mongo.unit_of_work import Tx


def announce_invitation(
    tx: Tx, member: Member, token: str, *, email: str, name: str | None, page: str, tenancy: People
) -> None:
    """Emit the event. The link holds the token, so that all of it is encrypted, as the person's data are: under the
    organization's key, or the system key where the person will run the installation.

    Args:
        page: the address of the page that takes the token in its fragment.
    """
    assert member.invite_until is not None, "only an open invitation is announced"
    event_id, keyring = new_event_id(), tenancy.keyring

    def sealed(field: str, text: str) -> EncryptedValue:
        if member.organization_id == INSTALLATION:
            return keyring.encrypt_system(MemberInvitedV1.TYPE, event_id, field, text)
        return keyring.encrypt(member.organization_id, MemberInvitedV1.TYPE, event_id, field, text)

    tx.emit(
        MemberInvitedV1(
            object_id=member.id,
            occurred_at=tx.now,
            email=sealed("email", email),
            name=sealed("name", name) if name else None,
            link=sealed("link", f"{page}#{token}"),
            role=member.role,
            valid_until=member.invite_until,
        ),
        organization_id=member.organization_id or OF_INSTALLATION,
        # Members serve both modes; their facts count as live.
        livemode=True,
        entity_id=member.id,
        sequence=member.version,
        event_id=event_id,
    )
