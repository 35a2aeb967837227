"""Answers whose head counts although their body is broken.

The parser refuses a piece of bytes as a whole: a status that comes in one packet with a body that breaks the rules of
HTTP would be lost. Here the head is parsed by itself.
"""

import asyncio
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

_END: Final = b"\r\n\r\n"
# Of one piece: interim answers (100, 103) have heads of their own.
_HEADS_MAX: Final = 4


class HeadFirst(ResponseHandler):
    """Gives the parser what comes in pieces that end where a head ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._before = b""

    def data_received(self, data: bytes) -> None:
        """See the base class."""
        for _ in range(_HEADS_MAX):
            # The end of a head may lie across two pieces.
            at = (self._before + data).find(_END)
            size = at + len(_END) - len(self._before)
            if at < 0 or size >= len(data):
                break
            self._pass(data[:size])
            data = data[size:]
        self._pass(data)

    def _pass(self, data: bytes) -> None:
        self._before = b"" if data.endswith(_END) else (self._before + data)[1 - len(_END) :]
        super().data_received(data)


class HeadFirstConnector(aiohttp.TCPConnector):
    """The connector whose connections do so."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._factory = partial(HeadFirst, self._loop)  # type: ignore[assignment]  # a kind of what is expected
