"""A developer's machine gets the notifications that the shop's server gets, and cannot tell the difference."""

import asyncio
import json
import sys
from typing import Any

from standardwebhooks import Webhook

from gateway_testkit.guide import Guide
from gateway_testkit.guide_shop import open_guide_shop
from gateway_testkit.merchant import running_merchant
from gateway_testkit.stack import REPOSITORY, Stack
from gateway_testkit.waiting import PATIENCE_S

GUIDE = Guide(REPOSITORY / "docs" / "integration.md")


async def tail(variables: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    """The lines of ``gateway tail`` until it ends."""
    command = [sys.executable, "-m", "gateway_cli", "tail", "--json", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, notices = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0, notices.decode()
    return [json.loads(line) for line in output.splitlines()]


def documented_check() -> Any:
    names: dict[str, Any] = {}
    exec(GUIDE.programs("python")[0], names)  # noqa: S102 - our own page, which merchants copy from
    return names["read_notification"]


async def test_a_notification_is_forwarded_with_genuine_signatures(stack: Stack) -> None:
    GUIDE.says("the exact body with genuine signatures", "The key needs `event:read` and `transaction:execute`")
    async with open_guide_shop(stack) as shop, running_merchant() as developer:
        variables = {
            "GATEWAY_API": stack.descriptor["urls"]["adminApi"],
            "GATEWAY_KEY": await shop.key_with(["event:read", "transaction:execute"]),
        }
        place = (await shop.read("/events?limit=100"))["nextCursor"]
        paid = await shop.pay(await shop.checkout())
        genuine = await shop.notified(paid, 1)

        lines = await tail(
            variables,
            *("--cursor", place, "--type", "transaction.succeeded.v1", "--limit", "1", "--forward", developer.url),
        )

        [forwarded] = developer.received
        assert forwarded.body == genuine.body
        assert documented_check()(shop.secret, forwarded.headers, forwarded.body)["id"] == paid
        Webhook(shop.secret).verify(forwarded.body, {name.lower(): text for name, text in forwarded.headers.items()})
        assert [line.get("entityId") for line in lines] == [paid, None]
        assert lines[1]["forwarded"]["status"] == 200
        noted = await shop.read(f"/audit?objectId={forwarded.json['deliveryId']}")
        assert [entry["action"] for entry in noted["entries"]] == ["ipn_delivery.sign"]
