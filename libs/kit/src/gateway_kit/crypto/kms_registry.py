"""The kinds of key-management services that can be brought; a further one is a connector and a line in `KMS_KINDS`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway_contracts.errors import Invalid
from gateway_kit.crypto.kms import RemoteKms
from gateway_kit.crypto.kms_access import HttpPost, KmsAccess
from gateway_kit.crypto.kms_aws import AwsKms
from gateway_kit.crypto.kms_vault import VaultTransit
from gateway_kit.http.outbound import ForbiddenTarget, check_target

_VALUE_CHARACTERS_MAX: Final = 4_096


@dataclass(frozen=True)
class KmsKind:
    """Settings of a kind. Names beginning with ``?`` may be left out.

    Attributes:
        key_id: the form of a key's name.
        endpoint: the address where none is given, made from the settings; empty: it must be given.
    """

    open: Callable[[KmsAccess, HttpPost], RemoteKms]
    key_id: str
    settings: tuple[str, ...]
    credentials: tuple[str, ...]
    endpoint: str = ""


KMS_KINDS: Final[dict[str, KmsKind]] = {
    "aws": KmsKind(
        AwsKms,
        key_id=r"[A-Za-z0-9:/_-]{1,2048}",
        settings=("region",),
        credentials=("accessKeyId", "secretAccessKey", "?sessionToken"),
        endpoint="https://kms.{region}.amazonaws.com/",
    ),
    "vault": KmsKind(
        VaultTransit,
        key_id=r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}",
        settings=("?mount", "?namespace"),
        credentials=("token",),
    ),
}
_SETTING: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/-]{0,127}")


def checked_access(
    kind: str,
    *,
    key_id: str,
    endpoint: str | None,
    settings: Mapping[str, str],
    credentials: Mapping[str, str],
    is_private_allowed: bool,
    is_http_allowed: bool,
) -> KmsAccess:
    """The given settings, checked for the kind.

    ``is_private_allowed``: the endpoint may be inside a private network (the operator's own service, or development).

    Raises:
        Invalid: naming the field.
    """
    known = KMS_KINDS.get(kind)
    if known is None:
        raise Invalid.field("kms", f"must be local or one of {', '.join(sorted(KMS_KINDS))}", code="KMS_UNKNOWN")
    if not re.fullmatch(known.key_id, key_id):
        raise Invalid.field("keyId", "does not have the form of a key's name")
    _check_names("settings", known.settings, settings)
    _check_names("credentials", known.credentials, credentials)
    for name, value in settings.items():
        if not _SETTING.fullmatch(value) or ".." in value:
            raise Invalid.field(f"settings.{name}", "has characters that are not allowed")
    url = endpoint or known.endpoint.format_map(settings)
    if not url:
        raise Invalid.field("endpoint", "is required for this kind")
    _check_endpoint(url, is_private_allowed=is_private_allowed, is_http_allowed=is_http_allowed)
    return KmsAccess(key_id, url, dict(settings), dict(credentials))


def _check_names(place: str, wanted: tuple[str, ...], given: Mapping[str, str]) -> None:
    allowed = {name.lstrip("?") for name in wanted}
    for name in wanted:
        if not name.startswith("?") and not given.get(name):
            raise Invalid.field(f"{place}.{name}", "is required for this kind")
    for name, value in given.items():
        if name not in allowed:
            raise Invalid.field(f"{place}.{name[:40]}", "is not known to this kind")
        if not value.isascii() or not value.isprintable() or len(value) > _VALUE_CHARACTERS_MAX:
            raise Invalid.field(f"{place}.{name}", "must be printable ASCII")


def _check_endpoint(url: str, *, is_private_allowed: bool, is_http_allowed: bool) -> None:
    try:
        parsed = check_target(url, allow_private=is_private_allowed)
    except ForbiddenTarget as exc:
        raise Invalid.field("endpoint", exc.message, code="TARGET_FORBIDDEN") from exc
    if parsed.scheme != "https" and not is_http_allowed:
        raise Invalid.field("endpoint", "the URL must start with https://", code="TARGET_FORBIDDEN")
    if parsed.user is not None or parsed.query_string or parsed.fragment:
        raise Invalid.field("endpoint", "must have no credentials, query or fragment", code="TARGET_FORBIDDEN")
