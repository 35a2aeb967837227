"""``gateway tail``: events of one organization as they come."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from gateway_cli.event_filters import filter_options
from gateway_cli.merchants_api import Connection, MerchantsApi, Query, api_options
from gateway_cli.output import write_columns, write_json
from gateway_cli.running import run

if TYPE_CHECKING:
    from gateway_cli.event_stream import EventStream, Followed
    from gateway_cli.ipn_forwarding import Forwarder, Sent

_WIDTHS: Final = (24, 28, 24)
WAITING_MAX: Final = 100
"""Events that wait for their notification to be forwarded; the stream waits behind them."""


@dataclass(frozen=True)
class _Output:
    """Output of the command: results on standard output, everything about the connection on standard error."""

    as_json: bool

    def event(self, event: dict[str, Any]) -> None:
        if self.as_json:
            write_json(event)
        else:
            write_columns((event["time"], event["type"], event["entityId"], event["id"]), _WIDTHS)

    def sent(self, sent: "Sent") -> None:
        if self.as_json:
            write_json({"forwarded": asdict(sent)})
        else:
            outcome = sent.problem or f"HTTP {sent.status}"
            write_columns(
                ("  forwarded", sent.event_type, outcome, f"{sent.delivery_id} ({sent.duration_ms} ms)"), _WIDTHS
            )

    def notice(self, sentence: str) -> None:
        click.echo(sentence, err=True)


@dataclass
class _Progress:
    """The place after the last event that is done with."""

    place: str | None


@click.command(short_help="Follow events as they come; forward notifications.")
@filter_options
@click.option("--cursor", metavar="CURSOR", help="Begin after this place instead of now.")
@click.option("--limit", type=click.IntRange(1), help="End after so many events.")
@click.option("--forward", "url", metavar="URL", help="Send each notification there, signed as for the shop's server.")
@click.option("--allow-remote", is_flag=True, help="Let --forward send to other machines than this one.")
@click.option("--json", "as_json", is_flag=True, help="Write each event as one line of JSON.")
@api_options
def tail(
    api: MerchantsApi,
    filters: Query,
    cursor: str | None,
    limit: int | None,
    url: str | None,
    allow_remote: bool,
    as_json: bool,
) -> None:
    """Follow events of an organization as they come, until Ctrl-C.

    A lost connection is made again, and goes on where it was: nothing is lost and nothing comes twice. Asks the API
    with a key of the organization: GATEWAY_API and GATEWAY_KEY, or --key-file. Needs the scope event:read.

    --forward sends the notifications of these events to a server on this machine: the exact body with genuine
    signatures, which the API makes; the secret stays there. Needs the scope transaction:execute, and checkouts with an
    ipnUrl, which may be any address. It is no attempt of the delivery, and is not repeated.
    """
    if url is not None:
        _require_receiver(url, allow_remote=allow_remote)
    output, progress = _Output(as_json), _Progress(cursor)
    try:
        run(_follow(api, filters, progress, limit, url, output))
    except KeyboardInterrupt:
        pass
    finally:
        if progress.place is not None:
            output.notice(f"To go on from here: --cursor {progress.place}")


def _require_receiver(url: str, *, allow_remote: bool) -> None:
    from urllib.parse import urlsplit

    from gateway_cli.ipn_forwarding import is_loopback

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise click.UsageError("--forward takes an address such as http://localhost:3000/hook.")
    if not allow_remote and not is_loopback(url):
        raise click.UsageError(
            "--forward sends to this machine only (localhost, 127.0.0.1, ::1), unless --allow-remote."
        )


async def _follow(
    api: MerchantsApi, filters: Query, progress: _Progress, limit: int | None, url: str | None, output: _Output
) -> None:
    from gateway_cli.event_stream import EventStream

    async with api.connected() as connection, _forwarder(connection, url, output) as forwarder:
        stream = EventStream(connection, filters, progress.place, output.notice)
        count = 0
        async with contextlib.aclosing(_read_ahead(stream)) as steps:
            async for followed, came_at in steps:
                output.event(followed.event)
                if forwarder is not None:
                    await forwarder.forward(followed.event, came_at)
                progress.place = followed.place
                count += 1
                if count == limit:
                    return


async def _read_ahead(stream: "EventStream") -> AsyncGenerator[tuple["Followed", float], None]:
    """Events with the time at which they came: one whose notification is waited for holds up no other one's time."""
    now = asyncio.get_running_loop().time
    waiting: asyncio.Queue[tuple[Followed, float] | Exception] = asyncio.Queue(WAITING_MAX)

    async def read() -> None:
        try:
            async with contextlib.aclosing(stream.events()) as events:
                async for followed in events:
                    await waiting.put((followed, now()))
        except Exception as exc:
            await waiting.put(exc)

    reading = asyncio.create_task(read())
    try:
        while True:
            step = await waiting.get()
            if isinstance(step, Exception):
                raise step
            yield step
    finally:
        reading.cancel()
        await asyncio.wait([reading])


@contextlib.asynccontextmanager
async def _forwarder(connection: Connection, url: str | None, output: _Output) -> AsyncIterator["Forwarder | None"]:
    import httpx

    from gateway_cli.ipn_forwarding import FORWARD_S, Forwarder

    if url is None:
        yield None
        return
    # A proxy of the environment is another machine.
    async with httpx.AsyncClient(trust_env=False, timeout=FORWARD_S) as receiver:
        yield Forwarder(connection, receiver, url, output.sent, output.notice)
