"""nats-py's client with cheaper headers and requests, and without protocol violations of our own.

On the webhook path headers and requests were a third of the processor time. The server closes a connection that sends
more than it allows, and the original client then stays closed: what is too large is refused here, before it is written,
and a violation that happens all the same is followed by a reconnection.

It overrides private methods of the client and keeps what they promise; everything else, and every caller, is as before.
The tests in ``test_lean_client.py`` compare it with the original, so that an upgrade shows a difference.
"""

import asyncio
import re
from typing import Any, Final

from nats import errors
from nats.aio.client import PING_PROTO, Client
from nats.aio.msg import Msg

from gateway_contracts.topology import SUBJECT_CHARS_MAX

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_KNOWN_NAMES_MAX: Final = 1024
# A value can never end its line and smuggle in a command.
_NEWLINES: Final = str.maketrans({"\r": " ", "\n": " "})
_VERSION: Final = "NATS/1.0\r\n"
# What the server says (in lower case) before it closes the connection for something that this client sent.
_VIOLATIONS: Final = (
    "maximum payload",
    "maximum control line",
    "unknown protocol operation",
    "parser error",
    "invalid client protocol",
    "message headers",
)


def _header_block(headers: dict[str, Any], known: set[str]) -> bytes:
    """The wire form of headers.

    Raises:
        BadHeaderError: a name that is not a token, or a value that UTF-8 cannot hold.
    """
    lines = [_VERSION]
    for name, value in headers.items():
        if name not in known:
            _learn(name, known)
        text = value.strip()
        if "\n" in text or "\r" in text:
            text = text.translate(_NEWLINES)
        lines.append(f"{name}: {text}\r\n")
    lines.append("\r\n")
    try:
        return "".join(lines).encode()
    except UnicodeEncodeError as exc:
        raise errors.BadHeaderError("a header's value is not UTF-8") from exc


def _learn(name: str, known: set[str]) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise errors.BadHeaderError(name)
    if len(known) < _KNOWN_NAMES_MAX:
        known.add(name)


def _expire(future: asyncio.Future[Msg]) -> None:
    if not future.done():
        future.set_exception(errors.TimeoutError())


class LeanClient(Client):
    """Use like `nats.aio.client.Client`."""

    def __init__(self) -> None:
        super().__init__()
        self._known_names: set[str] = set()
        self._requests_sent = 0

    async def _send_publish(
        self, subject: str, reply: str, payload: bytes, payload_size: int, headers: dict[str, Any] | None
    ) -> None:
        if len(subject) + len(reply) > 2 * SUBJECT_CHARS_MAX or not (subject.isascii() and reply.isascii()):
            raise errors.BadSubjectError
        if not headers:
            await super()._send_publish(subject, reply, payload, payload_size, headers)
            return
        block = _header_block(headers, self._known_names)
        if len(block) + payload_size > self._max_payload:
            raise errors.MaxPayloadError
        command = f"HPUB {subject} {reply} {len(block)} {len(block) + payload_size}\r\n".encode()
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += payload_size
        await self._send_command(b"".join((command, block, payload, b"\r\n")))
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    async def _send_ping(self, future: asyncio.Future[Any] | None = None) -> None:
        """Behind what waits to be written. nats-py writes it before, so that `flush` is over too early: a subscription
        that was made just before it is not known to the server yet."""
        self._pongs.append(asyncio.get_running_loop().create_future() if future is None else future)
        await self._send_command(PING_PROTO)
        await self._flush_pending()

    async def _process_pong(self) -> None:
        """Also for a flush that was canceled or took too long. nats-py raises there, which ends its reading."""
        if self._pongs and self._pongs[0].done():
            self._pongs[0] = asyncio.get_running_loop().create_future()
        await super()._process_pong()

    async def _process_err(self, err_msg: str) -> None:
        if not any(violation in err_msg for violation in _VIOLATIONS):
            await super()._process_err(err_msg)
            return
        self._err = errors.Error(f"nats: {err_msg}")
        await self._error_cb(self._err)
        await self._process_op_err(errors.ProtocolError())

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        headers: dict[str, str] = {}
        for line in raw.split(b"\r\n"):
            name, colon, value = line.partition(b":")
            name = name.strip()
            if colon and name.isascii() and len(name.split(None, 1)) == 1:
                headers[name.decode("ascii")] = value.strip().decode("utf-8", "replace")
        return headers

    async def _request_new_style(
        self, subject: str, payload: bytes, timeout: float = 1, headers: dict[str, Any] | None = None
    ) -> Msg:
        if self.is_draining_pubs:
            raise errors.ConnectionDrainingError
        if not self._resp_sub_prefix:
            await self._init_request_sub()
        assert self._resp_sub_prefix
        # The inbox's own name is random; within it a count is enough to tell answers apart.
        self._requests_sent += 1
        token = str(self._requests_sent)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Msg] = loop.create_future()
        self._resp_map[token] = future
        timer = loop.call_later(timeout, _expire, future)
        try:
            await self.publish(subject, payload, reply=self._resp_sub_prefix.decode() + token, headers=headers)
            return await future
        finally:
            timer.cancel()
            self._resp_map.pop(token, None)
