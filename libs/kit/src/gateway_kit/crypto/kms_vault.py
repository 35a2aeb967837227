"""HashiCorp Vault and OpenBao: the transit engine's encrypt and decrypt over our guarded client."""

import base64
import json
from typing import Any, Final
from urllib.parse import quote

from gateway_contracts.errors import Invalid
from gateway_kit.crypto.errors import KmsRefused, KmsUnreachable
from gateway_kit.crypto.kms import DekPlace
from gateway_kit.crypto.kms_access import HttpPost, KmsAccess
from gateway_kit.http.outbound import OutboundAnswer, OutboundFailed

DEFAULT_MOUNT: Final = "transit"
# 400: no such key, wrong associated data, a key below its minimum version. 404: no such engine.
# 403 is also what an expired token gets, which says nothing about the key: it counts as unreachable.
_REFUSALS: Final = frozenset({400, 404, 405})


class VaultTransit:
    """One key of a transit engine (of a kind that takes associated data, such as aes256-gcm96)."""

    def __init__(self, access: KmsAccess, http: HttpPost) -> None:
        mount = access.settings.get("mount", DEFAULT_MOUNT).strip("/")
        self._base = f"{access.endpoint.rstrip('/')}/v1/{quote(mount)}"
        self._key = quote(access.key_id, safe="")
        self._headers = {"X-Vault-Token": access.credentials["token"], "Content-Type": "application/json"}
        if namespace := access.settings.get("namespace"):
            self._headers["X-Vault-Namespace"] = namespace
        self._http = http

    async def wrap(self, dek: bytes, place: DekPlace) -> bytes:
        answer = await self._call("encrypt", {"plaintext": base64.b64encode(dek).decode()}, place)
        return _text_of(answer, "ciphertext").encode()

    async def unwrap(self, wrapped: bytes, place: DekPlace) -> bytes:
        answer = await self._call("decrypt", {"ciphertext": wrapped.decode("ascii", "replace")}, place)
        try:
            return base64.b64decode(_text_of(answer, "plaintext"), validate=True)
        except ValueError as exc:
            raise KmsUnreachable("the vault gives no readable answer", reason="no plaintext") from exc

    async def _call(self, action: str, fields: dict[str, str], place: DekPlace) -> dict[str, Any]:
        bound = base64.b64encode(place.additional_data()).decode()
        body = json.dumps({**fields, "associated_data": bound}).encode()
        try:
            answer = await self._http.post(f"{self._base}/{action}/{self._key}", body, self._headers)
        except (OutboundFailed, Invalid) as exc:
            raise KmsUnreachable("the vault does not answer", reason=str(getattr(exc, "fault", "forbidden"))) from exc
        return _read(answer)


def _read(answer: OutboundAnswer) -> dict[str, Any]:
    if answer.status in _REFUSALS:
        raise KmsRefused("the vault does not allow the use of the key", reason=f"status {answer.status}")
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError) as exc:
        raise KmsUnreachable("the vault gives no readable answer", reason=f"status {answer.status}") from exc
    if answer.status != 200 or not isinstance(content, dict) or not isinstance(content.get("data"), dict):
        raise KmsUnreachable("the vault does not do it now", reason=f"status {answer.status}")
    data: dict[str, Any] = content["data"]
    return data


def _text_of(data: dict[str, Any], name: str) -> str:
    text = data.get(name)
    if not isinstance(text, str):
        raise KmsUnreachable("the vault gives no readable answer", reason=f"no {name}")
    return text
