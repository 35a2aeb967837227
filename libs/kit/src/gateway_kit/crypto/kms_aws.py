"""AWS KMS: its JSON protocol over our guarded client, signed by botocore."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final

from gateway_contracts.errors import Invalid
from gateway_kit.crypto.errors import KmsRefused, KmsUnreachable
from gateway_kit.crypto.kms import DekPlace
from gateway_kit.crypto.kms_access import HttpPost, KmsAccess
from gateway_kit.http.outbound import OutboundAnswer, OutboundFailed

Sign = Callable[[str, bytes, dict[str, str]], dict[str, str]]

# What its owner did to the key. Everything else (throttling, expired or unknown credentials, faults) may pass.
_REFUSALS: Final = frozenset(
    {
        "AccessDeniedException",
        "DisabledException",
        "IncorrectKeyException",
        "InvalidArnException",
        "InvalidCiphertextException",
        "InvalidKeyUsageException",
        "KMSInvalidStateException",
        "NotFoundException",
        "ValidationException",
    }
)


class AwsKms:
    """One symmetric key. The place of a data key is its encryption context, which also shows in the owner's trail."""

    def __init__(self, access: KmsAccess, http: HttpPost) -> None:
        self._key_id = access.key_id
        self._url = access.endpoint.rstrip("/") + "/"
        self._sign = _signer(access)
        self._http = http

    async def wrap(self, dek: bytes, place: DekPlace) -> bytes:
        answer = await self._call("Encrypt", {"Plaintext": base64.b64encode(dek).decode()}, place)
        return _bytes_of(answer, "CiphertextBlob")

    async def unwrap(self, wrapped: bytes, place: DekPlace) -> bytes:
        answer = await self._call("Decrypt", {"CiphertextBlob": base64.b64encode(wrapped).decode()}, place)
        return _bytes_of(answer, "Plaintext")

    async def _call(self, action: str, fields: dict[str, str], place: DekPlace) -> dict[str, Any]:
        body = json.dumps({"KeyId": self._key_id, "EncryptionContext": place.context(), **fields}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{action}"}
        try:
            answer = await self._http.post(self._url, body, self._sign(self._url, body, headers))
        except (OutboundFailed, Invalid) as exc:
            raise KmsUnreachable("AWS KMS does not answer", reason=str(getattr(exc, "fault", "forbidden"))) from exc
        return _read(answer)


def _signer(access: KmsAccess) -> Sign:
    # Imported here: it takes a third of a second, and most processes never talk to AWS.
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped]  # botocore has no types
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # as above
    from botocore.credentials import Credentials  # type: ignore[import-untyped]  # as above

    given = access.credentials
    credentials = Credentials(given["accessKeyId"], given["secretAccessKey"], given.get("sessionToken"))
    signer = SigV4Auth(credentials, "kms", access.settings["region"])

    def sign(url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
        request = AWSRequest(method="POST", url=url, data=body, headers=headers)
        signer.add_auth(request)
        return dict(request.headers.items())

    return sign


def _read(answer: OutboundAnswer) -> dict[str, Any]:
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError) as exc:
        raise KmsUnreachable("AWS KMS gives no readable answer", reason=f"status {answer.status}") from exc
    if answer.status == 200 and isinstance(content, dict):
        return content
    kind = str(content.get("__type", "") if isinstance(content, dict) else "").rpartition("#")[2][:80]
    if kind in _REFUSALS:
        raise KmsRefused("AWS KMS does not allow the use of the key", reason=kind)
    raise KmsUnreachable("AWS KMS does not do it now", reason=kind or f"status {answer.status}")


def _bytes_of(answer: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(answer[name], validate=True)
    except (KeyError, TypeError, ValueError) as exc:
        raise KmsUnreachable("AWS KMS gives no readable answer", reason=f"no {name}") from exc
