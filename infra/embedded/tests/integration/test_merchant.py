import hashlib
import hmac
import json
import time
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from gateway_embedded.layout import Layout, write_json
from gateway_embedded.merchant import SIGNATURE_HEADER, TIMESTAMP_HEADER, build_app, signature_is_valid

SECRET = "whsec_of_the_site"


def _signature(timestamp: str, body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def test_a_signature_holds_for_its_body_time_and_secret_only() -> None:
    signature = _signature("1700000000", b"{}")
    assert signature_is_valid(SECRET, "1700000000", b"{}", signature, now=1_700_000_100)
    assert not signature_is_valid(SECRET, "1700000000", b"{ }", signature, now=1_700_000_100)
    assert not signature_is_valid(SECRET, "1700000001", b"{}", signature, now=1_700_000_100)
    assert not signature_is_valid("whsec_other", "1700000000", b"{}", signature, now=1_700_000_100)
    assert not signature_is_valid(SECRET, "1700000000", b"{}", signature, now=1_700_000_301)
    assert not signature_is_valid(SECRET, "soon", b"{}", signature, now=1_700_000_100)


async def test_the_merchant_accepts_what_is_genuine_and_remembers_it(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    write_json(layout.seed, {"demo": {"ipnSecret": SECRET}})
    body = json.dumps({"id": "65a500000000000000000009", "status": 1}).encode()
    timestamp = str(int(time.time()))
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: _signature(timestamp, body)}
    async with TestClient(TestServer(build_app(layout))) as client:
        assert (await client.post("/ipn", data=body, headers=headers)).status == 200
        assert (await client.post("/ipn", data=body + b" ", headers=headers)).status == 400
        found = (await (await client.get("/received?transactionId=65a500000000000000000009")).json())["data"]
    assert [(entry["valid"], entry["body"]["status"]) for entry in found] == [(True, 1), (False, 1)]


async def test_the_shop_shows_a_returning_customer_what_was_reported(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    write_json(layout.seed, {"demo": {"ipnSecret": SECRET}})
    timestamp = str(int(time.time()))
    async with TestClient(TestServer(build_app(layout))) as client:
        assert "nothing yet" in await (await client.get("/thanks?transaction=t1")).text()
        for body in (b'{"id":"t1","status":1}', b'{"id":"t2","status":2}'):
            headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: _signature(timestamp, body)}
            await client.post("/ipn", data=body, headers=headers)
        await client.post("/ipn", data=b'{"id":"t1","status":3}')
        thanks = await (await client.get("/thanks?transaction=t1")).text()
        assert "succeeded" in thanks
        assert "failed" not in thanks
        assert "refunded" not in thanks, "unsigned"
        assert "<script>" not in await (await client.get("/thanks?transaction=<script>")).text()
        assert "not paid" in await (await client.get("/cart")).text()
