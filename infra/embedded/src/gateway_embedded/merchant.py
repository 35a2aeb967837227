"""The demo merchant's server: receives IPNs, verifies their signatures, keeps them for readers.

``python -m gateway_embedded.merchant``; ``GET /received?transactionId=`` lists what came. Customers come back to
``/thanks?transaction=`` and ``/cart``.
"""

import hashlib
import hmac
import html
import json
import os
import time
from collections import deque
from typing import Any

from aiohttp import web

from gateway_embedded.layout import Layout, default_layout, read_json
from gateway_embedded.servers.process import LOOPBACK

SIGNATURE_HEADER = "X-Signature-HMAC-SHA256"
TIMESTAMP_HEADER = "X-Signature-Timestamp"
TOLERANCE_S = 300
_KEPT_MAX = 10_000
_WORDS = {-2: "canceled", 0: "pending", 1: "succeeded", 2: "failed", 3: "refunded", 4: "chargeback"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Demo shop</title><style>:root{{color-scheme:light dark}}
body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}}
p{{overflow-wrap:anywhere}}</style>
<h1>{title}</h1><p>{text}</p></html>"""


def signature_is_valid(secret: str, timestamp: str, body: bytes, signature: str, *, now: float) -> bool:
    """Whether the sender knows the site's secret and signed this body within the last five minutes."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


class Merchant:
    """Keeps what arrived, newest last."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._received: deque[dict[str, Any]] = deque(maxlen=_KEPT_MAX)

    async def receive(self, request: web.Request) -> web.Response:
        """``POST /ipn``: 200 for a genuine notification, 400 for anything else."""
        body = await request.read()
        secret = str(read_json(self._layout.seed).get("demo", {}).get("ipnSecret", ""))
        timestamp, signature = request.headers.get(TIMESTAMP_HEADER, ""), request.headers.get(SIGNATURE_HEADER, "")
        valid = bool(secret) and signature_is_valid(secret, timestamp, body, signature, now=time.time())
        entry = {"at": time.time(), "valid": valid, "headers": dict(request.headers), "body": _parsed(body)}
        self._received.append(entry)
        return web.json_response({"received": valid}, status=200 if valid else 400)

    async def thank(self, request: web.Request) -> web.Response:
        """``GET /thanks``: the address proves nothing, so it shows what genuine notifications said."""
        wanted = request.query.get("transaction", "")
        statuses = [entry["body"].get("status") for entry in self._received if entry["valid"] and _names(entry, wanted)]
        words = ", then ".join(f"{status} ({_WORDS.get(status, 'unknown')})" for status in statuses) or "nothing yet"
        text = f"Transaction {wanted or 'unknown'}. The gateway reported to this shop: {words}."
        return _page("Thank you for your order", text)

    async def show_cart(self, request: web.Request) -> web.Response:
        """``GET /cart``: where customers are who gave up."""
        return _page("Your cart", "Nothing was charged: this order is not paid.")

    async def list_received(self, request: web.Request) -> web.Response:
        """``GET /received``: all, or those of one transaction."""
        wanted = request.query.get("transactionId")
        found = [entry for entry in self._received if wanted is None or _names(entry, wanted)]
        return web.json_response({"data": found})


def build_app(layout: Layout) -> web.Application:
    """The merchant's whole web application."""
    merchant = Merchant(layout)

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.add_routes(
        [
            web.get("/health", health),
            web.post("/ipn", merchant.receive),
            web.get("/received", merchant.list_received),
            web.get("/thanks", merchant.thank),
            web.get("/cart", merchant.show_cart),
        ]
    )
    return app


def _page(title: str, text: str) -> web.Response:
    return web.Response(text=_PAGE.format(title=title, text=html.escape(text)), content_type="text/html")


def _names(entry: dict[str, Any], transaction_id: str) -> bool:
    return bool(entry["body"].get("id") == transaction_id)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def main() -> None:
    """Serves until SIGTERM."""
    web.run_app(build_app(default_layout()), host=LOOPBACK, port=int(os.environ["MERCHANT_PORT"]), print=None)


if __name__ == "__main__":
    main()
