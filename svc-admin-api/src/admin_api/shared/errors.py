"""Errors of this service. Each is one the caller can act on.

Rejected
├─ Unauthenticated  INVALID_API_KEY · INVITATION_INVALID · LOGIN_FAILED · REGISTRATION_FAILED · BOOTSTRAP_TOKEN_INVALID
│                   SESSION_INVALID · REFRESH_TOKEN_REUSED · SIGN_IN_AGAIN ·
│                   FRESH_SIGN_IN_REQUIRED
├─ Forbidden        MISSING_SCOPE · MISSING_ROLE · SYSTEM_KEY_REQUIRED · ORGANIZATION_KEY_REQUIRED
│                   SCOPE_NOT_GRANTABLE · ROLE_NOT_GRANTABLE · ADDRESS_NOT_ALLOWED · LIVEMODE_MISMATCH
├─ NotFound         ORGANIZATION_ · SITE_ · PROVIDER_ · API_KEY_ · CLIENT_ · MEMBER_ · DOMAIN_ · INVOICE_NOT_FOUND
├─ Conflict         CHANGED_MEANWHILE · IDEMPOTENCY_IN_PROGRESS · API_KEY_ALREADY_CREATED · API_KEY_REVOKED
│                   ALREADY_MEMBER · LAST_ADMIN · CLIENT_EXISTS · INVITATION_ACCEPTED
├─ Unreadable       CURSOR_REQUIRED · CURSOR_INVALID · INVALID_IDEMPOTENCY_KEY
└─ Invalid          field rules · UNKNOWN_PARAMETER · IDEMPOTENCY_KEY_REUSED · PROVIDER_TYPE_UNSUPPORTED
"""

from gateway_contracts.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unreadable


def not_found(kind: str) -> NotFound:
    """The object does not exist for this caller. The answer does not reveal whether it exists for others."""
    return NotFound(f"no such {kind}", code=f"{kind.upper().replace(' ', '_')}_NOT_FOUND")


def invalid_api_key() -> Unauthenticated:
    """Missing, malformed, unknown, revoked: one answer for all."""
    return Unauthenticated("a valid API key is required (Authorization: Bearer sk_…)", code="INVALID_API_KEY")


def system_key_required() -> Forbidden:
    return Forbidden("a system API key is required", code="SYSTEM_KEY_REQUIRED")


def organization_key_required() -> Forbidden:
    return Forbidden("an API key of an organization is required", code="ORGANIZATION_KEY_REQUIRED")


def address_not_allowed() -> Forbidden:
    """The key is valid, the address is not allowed. Only a caller with the whole key gets this answer."""
    return Forbidden("this API key may not be used from this address", code="ADDRESS_NOT_ALLOWED")


def credential_changed() -> Forbidden:
    """A request that takes long goes on under the rights that it began with, or not at all."""
    return Forbidden("the credential changed meanwhile; begin again", code="CREDENTIAL_CHANGED")


def already_member() -> Conflict:
    return Conflict("this person is a member or invited already", code="ALREADY_MEMBER")


def last_admin() -> Conflict:
    """An organization without an admin could not be managed by its own people any more."""
    return Conflict("the last admin cannot leave or change role", code="LAST_ADMIN")


def login_failed() -> Unauthenticated:
    """Unknown passkey, wrong signature, stale challenge: one answer for all."""
    return Unauthenticated("the sign-in failed; begin again", code="LOGIN_FAILED")


def registration_failed() -> Unauthenticated:
    return Unauthenticated("the registration failed; begin again", code="REGISTRATION_FAILED")


def bootstrap_invalid() -> Unauthenticated:
    """Spent, expired, or not needed any more."""
    return Unauthenticated("an operator exists, or the token is used up", code="BOOTSTRAP_TOKEN_INVALID")


def session_invalid() -> Unauthenticated:
    """Forged, expired, ended: one answer for all."""
    return Unauthenticated("the session is over; sign in again", code="SESSION_INVALID")


def refresh_reused() -> Unauthenticated:
    """Another client has, or had, the same token."""
    return Unauthenticated("this session was ended: its refresh token was used twice", code="REFRESH_TOKEN_REUSED")


def sign_in_again() -> Unauthenticated:
    """The session lives, but not for this any more: the person shows the passkey again."""
    return Unauthenticated("an admin ended your sessions in an organization: sign in again", code="SIGN_IN_AGAIN")


def fresh_sign_in_required() -> Unauthenticated:
    """A stolen session must not be able to create lasting access."""
    return Unauthenticated("a recent sign-in is required: sign in again", code="FRESH_SIGN_IN_REQUIRED")


def organization_not_selected() -> Unreadable:
    return Unreadable(
        "several organizations are possible: name one in the path, or in the cookie selectedOrganization",
        code="ORGANIZATION_NOT_SELECTED",
    )


def foreign_origin() -> Forbidden:
    """A request that lives on a cookie came from a page that is not ours."""
    return Forbidden("this request is accepted only from the operator's own pages", code="ORIGIN_NOT_ALLOWED")
