"""Access tokens: client credentials for a token that opens the client's account."""

import base64
import binascii
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from gateway_simulators.control import json_response
from gateway_simulators.ids import random_text
from gateway_simulators.paypal.context import World, account_of_client
from gateway_simulators.paypal.errors import TokenError

TOKEN_S: Final = 32_400
_SCOPE: Final = "https://uri.paypal.com/services/payments/payment openid"


def token_route(world: World) -> Callable[[Request], object]:
    """``POST /v1/oauth2/token``. The first secret of a client is the right one."""

    async def handle(request: Request) -> Response:
        form = parse_qs((await request.body()).decode(errors="replace"))
        client, secret = _basic(request)
        known = world.store.get("client", client)
        if not client or not secret or form.get("grant_type") != ["client_credentials"]:
            return json_response(TokenError().body(), 401)
        if known is not None and known["secret"] != secret:
            return json_response(TokenError().body(), 401)
        world.store.put("client", client, {"id": client, "secret": secret})
        text = f"A21AA{random_text(60)}"
        ends_at = world.now() + TOKEN_S
        world.store.put("token", text, {"text": text, "account": account_of_client(client), "ends_at": ends_at})
        token = {"access_token": text, "token_type": "Bearer", "expires_in": TOKEN_S, "scope": _SCOPE}
        body = {**token, "app_id": "APP-80W284485P519543T", "nonce": text[:8]}
        return json_response(body, 200, {"Cache-Control": "no-store"})

    return handle


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret
