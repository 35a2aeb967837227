"""A double of the transit engine of Vault and OpenBao over real HTTP: statuses and bodies as the engine gives them."""

import base64
import binascii
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


@dataclass
class VaultDouble:
    """Keys by name, each with versions; tokens that are accepted; and how it misbehaves."""

    url: str = ""
    token: str = "hvs.test"
    keys: dict[str, list[bytes]] = field(default_factory=lambda: {"gateway": [os.urandom(32)]})
    is_sealed: bool = False
    calls: int = 0

    def rotate(self, name: str) -> None:
        """A new version of a key; old ciphertexts stay readable."""
        self.keys[name].append(os.urandom(32))

    def answer(self, action: str, name: str, token: str | None, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of one request."""
        self.calls += 1
        if self.is_sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        versions = self.keys.get(name)
        if versions is None:
            return 400, {"errors": ["encryption key not found"]}
        bound = base64.b64decode(body.get("associated_data", ""))
        if action == "encrypt":
            nonce = os.urandom(_NONCE)
            sealed = nonce + AESGCM(versions[-1]).encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
            text = f"vault:v{len(versions)}:{base64.b64encode(sealed).decode()}"
            return 200, {"data": {"ciphertext": text, "key_version": len(versions)}}
        return _decrypted(versions, str(body.get("ciphertext", "")), bound)


def _decrypted(versions: list[bytes], text: str, bound: bytes) -> tuple[int, dict[str, Any]]:
    prefix, _, rest = text.partition(":v")
    number, _, encoded = rest.partition(":")
    if prefix != "vault" or not number.isdigit() or not 1 <= int(number) <= len(versions):
        return 400, {"errors": ["invalid ciphertext: no prefix"]}
    try:
        sealed = base64.b64decode(encoded, validate=True)
        plaintext = AESGCM(versions[int(number) - 1]).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError, binascii.Error):
        return 400, {"errors": ["cipher: message authentication failed"]}
    return 200, {"data": {"plaintext": base64.b64encode(plaintext).decode()}}


@asynccontextmanager
async def running_vault() -> AsyncIterator[VaultDouble]:
    """It listens on a free loopback port."""
    vault = VaultDouble()

    async def handle(request: web.Request) -> web.Response:
        action, name = request.match_info["action"], request.match_info["name"]
        status, body = vault.answer(action, name, request.headers.get("X-Vault-Token"), await request.json())
        return web.json_response(body, status=status)

    application = web.Application()
    application.router.add_post("/v1/transit/{action:encrypt|decrypt}/{name}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    vault.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield vault
    finally:
        await runner.cleanup()
