"""Composition of sessions and passkeys, and the line that lets the first operator in."""

import json
import sys
from datetime import datetime
from urllib.parse import urlsplit

from admin_api.people.adapters.session_tokens import JwtAccessTokens
from admin_api.people.adapters.signing_keys import SigningKeys
from admin_api.people.adapters.webauthn_passkeys import WebauthnAuthenticators
from admin_api.people.domain.session import SigningKey
from admin_api.people.ports import People, SessionAccess
from admin_api.people.store.documents import (
    BootstrapDocument,
    CeremonyDocument,
    PasskeyDocument,
    SessionDocument,
    SigningKeyDocument,
)
from admin_api.people.store.passkeys import BootstrapTokens, Ceremonies, Passkeys
from admin_api.people.store.sessions import Sessions
from admin_api.people.use_cases.issue_bootstrap_token import has_operator, issue_bootstrap_token
from gateway_kit.crypto.kms import derive_key, parse_system_key
from gateway_kit.logging import get_logger
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import MongoRows, RowsOf

log = get_logger(__name__)


def open_signing_keys(system_encryption_key: str, rows: RowsOf = MongoRows) -> SigningKeys:
    """The keys of access tokens, derived from the system's encryption key."""
    root = parse_system_key("SYSTEM_ENCRYPTION_KEY", system_encryption_key)
    stored: GlobalStore[SigningKey] = GlobalStore(SigningKeyDocument, rows(SigningKeyDocument))
    return SigningKeys(stored, lambda name: derive_key(root, f"gateway access tokens v1 {name}"))


def open_bootstrap(rows: RowsOf = MongoRows) -> BootstrapTokens:
    """The token of the first operator."""
    return BootstrapTokens(BootstrapDocument, rows(BootstrapDocument))


def open_sessions(
    tenancy: People, *, system_encryption_key: str, frontend_origin: str, rows: RowsOf = MongoRows
) -> SessionAccess:
    """The ports around sessions.

    Args:
        frontend_origin: of the pages where people sign in; passkeys belong to its host name.

    Raises:
        ValueError: it is no origin.
    """
    parts = urlsplit(frontend_origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("ADMIN_FRONTEND_ORIGIN must be an origin such as https://dashboard.example.com")
    return SessionAccess(
        tenancy=tenancy,
        sessions=Sessions(SessionDocument, rows(SessionDocument)),
        passkeys=Passkeys(PasskeyDocument, rows(PasskeyDocument)),
        ceremonies=Ceremonies(CeremonyDocument, rows(CeremonyDocument)),
        bootstrap=open_bootstrap(rows),
        tokens=JwtAccessTokens(open_signing_keys(system_encryption_key, rows)),
        authenticators=WebauthnAuthenticators(
            rp_id=parts.hostname, origin=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        ),
    )


async def announce_bootstrap(access: SessionAccess) -> None:
    """Print the one-time bootstrap token once, to this process's output, while no operator exists."""
    if await has_operator(access.tenancy):
        return
    issued = await issue_bootstrap_token(tenancy=access.tenancy, bootstrap=access.bootstrap)
    if issued is None:
        log.info("bootstrap.waiting", hint="printed at an earlier start; `gateway operators invite` renews it")
        return
    print_bootstrap_token(*issued)


def print_bootstrap_token(token: str, until: datetime) -> None:
    """One line of JSON. Not through the log, which hides secrets: this one is meant to be read."""
    line = {
        "event": "bootstrap.token",
        "bootstrapToken": token,
        "validUntil": until.isoformat(),
        "hint": "register the first operator's passkey with it (POST /api/v1/auth/register); usable once",
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
