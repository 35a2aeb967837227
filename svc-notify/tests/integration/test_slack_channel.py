"""Posts to a webhook against a real HTTP server: the suite of channels, and where posts may go."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from channel_conformance import ChannelConformance, OtherSide

from gateway_kit.http.outbound import OutboundClient, OutboundLimits
from notify.adapters.slack import SlackChannel
from notify.domain.outgoing import Outgoing
from notify.domain.template import Sources


class SlackSide(OtherSide):
    """An HTTP server that answers as Slack does."""

    def __init__(self, stack: AsyncExitStack, outbound: OutboundClient) -> None:
        self.status = 200
        self.silent = False
        self.bodies: list[str] = []
        self._stack = stack
        self._outbound = outbound

    async def answer(self, request: web.Request) -> web.Response:
        if self.silent:
            await asyncio.Event().wait()
        if self.status == 200:
            self.bodies.append(json.loads(await request.read())["text"])
        return web.Response(status=self.status, text="no_service" if self.status >= 400 else "ok")

    def channel(self) -> SlackChannel:
        return SlackChannel(self._outbound, hosts={"127.0.0.1"}, allow_private=True)

    def refuse(self, *, for_good: bool) -> None:
        self.status = 404 if for_good else 503

    def fall_silent(self) -> None:
        self.silent = True

    async def go_away(self) -> None:
        await self._stack.aclose()

    def texts(self) -> list[str]:
        return self.bodies


@asynccontextmanager
async def running_slack() -> AsyncIterator[SlackSide]:
    limits = OutboundLimits(total_s=1, connect_s=1, read_s=1)
    async with AsyncExitStack() as ends, AsyncExitStack() as stack:
        outbound = OutboundClient(allow_private=True, limits=limits)
        ends.push_async_callback(outbound.aclose)
        side = SlackSide(stack, outbound)
        app = web.Application()
        app.add_routes([web.post("/services/{name}", side.answer)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        side.recipient = f"http://127.0.0.1:{runner.addresses[0][1]}/services/T0B0"
        yield side


class TestSlack(ChannelConformance):
    async def other_side(self) -> AsyncIterator[OtherSide]:
        async with running_slack() as side:
            yield side


async def test_posts_go_to_named_hosts_alone() -> None:
    outbound = OutboundClient()
    channel = SlackChannel(outbound, hosts={"hooks.slack.com"})
    assert channel.is_allowed("https://hooks.slack.com/services/T0/B0/x")
    for url in (
        "http://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com.evil.example/services/T0",
        "https://user@evil.example/hooks.slack.com",
        "https://evil.example/?hooks.slack.com",
        "https://127.0.0.1/services/T0",
        "https://[::1]/services/T0",
        "not a url",
    ):
        assert not channel.is_allowed(url), url
        outcome = await channel.send(Outgoing("id", "organization", url, Sources("text")))
        assert (outcome.verdict, outcome.error) == ("permanent", "forbidden_target")
    await outbound.aclose()
