"""WebAuthn by the library py_webauthn: options for the browser, verification of what it sends back."""

import json
from typing import Any, Final

import webauthn
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from admin_api.people.domain.passkey import CEREMONY_LIFETIME, Passkey
from admin_api.people.ports import NewCredential
from gateway_contracts.errors import Unreadable
from gateway_kit.logging import get_logger

log = get_logger(__name__)

RELYING_PARTY: Final = "Payment gateway"
_TIMEOUT_MS: Final = int(CEREMONY_LIFETIME.total_seconds() * 1000)
_ID_CHARACTERS_MAX: Final = 1_400
"""A credential id has at most 1023 bytes."""


class WebauthnAuthenticators:
    """One relying party.

    Args:
        rp_id: the host name that passkeys belong to.
        origin: of the pages where people sign in.
    """

    def __init__(self, *, rp_id: str, origin: str) -> None:
        self._rp_id = rp_id
        self._origin = origin

    def login_options(self, challenge: bytes) -> dict[str, Any]:
        # No list of passkeys: the authenticator finds its own, and no caller learns which accounts exist.
        return _json(
            webauthn.generate_authentication_options(
                rp_id=self._rp_id,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def registration_options(
        self, challenge: bytes, *, person_id: str, account: str, name: str, known: list[str]
    ) -> dict[str, Any]:
        return _json(
            webauthn.generate_registration_options(
                rp_id=self._rp_id,
                rp_name=RELYING_PARTY,
                user_id=person_id.encode(),
                user_name=account,
                user_display_name=name,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                exclude_credentials=[
                    PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(passkey)) for passkey in known
                ],
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
            )
        )

    def claimed_id(self, credential: dict[str, Any]) -> str:
        identifier = credential.get("id")
        if not isinstance(identifier, str) or not 0 < len(identifier) <= _ID_CHARACTERS_MAX:
            raise Unreadable("credential.id must be the passkey's id", code="CREDENTIAL_UNREADABLE")
        return identifier

    def verify_login(self, credential: dict[str, Any], challenge: bytes, passkey: Passkey) -> int | None:
        try:
            handle = credential["response"].get("userHandle")
            if handle and webauthn.base64url_to_bytes(handle) != passkey.person_id.encode():
                return None
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except Exception as exc:
            # The library parses bytes of an unknown sender: whatever it trips over, the answer is not valid.
            log.info("passkey.refused", error=type(exc).__name__)
            return None
        return verified.new_sign_count

    def verify_registration(self, credential: dict[str, Any], challenge: bytes) -> NewCredential | None:
        try:
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception as exc:
            # As above.
            log.info("passkey.refused", error=type(exc).__name__)
            return None
        return NewCredential(
            id=webauthn.helpers.bytes_to_base64url(verified.credential_id),
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            is_synced=verified.credential_backed_up,
        )


def _json(options: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return parsed
