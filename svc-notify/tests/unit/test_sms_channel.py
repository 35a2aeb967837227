"""The port of channels holds for SMS too: a fake of a provider keeps to the same suite. None is installed yet."""

import asyncio
from collections.abc import AsyncIterator

from channel_conformance import ChannelConformance, OtherSide

from notify.domain.outcome import SENT, Outcome, permanent, temporary
from notify.domain.outgoing import Outgoing

_PATIENCE_S = 0.05


class FakeSms(OtherSide):
    """A provider of SMS and the channel to it."""

    recipient = "+49301234567"

    def __init__(self) -> None:
        self._reply: Outcome = SENT
        self._is_silent = False
        self._received: dict[str, str] = {}

    def channel(self) -> "FakeSms":
        return self

    def refuse(self, *, for_good: bool) -> None:
        self._reply = permanent("refused", 400) if for_good else temporary("refused", 503)

    def fall_silent(self) -> None:
        self._is_silent = True

    async def go_away(self) -> None:
        self._reply = temporary("not_connected")

    def texts(self) -> list[str]:
        return list(self._received.values())

    async def send(self, outgoing: Outgoing) -> Outcome:
        """The port."""
        if self._is_silent:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await asyncio.Event().wait()
            except TimeoutError:
                return temporary("timeout")
        if self._reply is SENT:
            self._received[outgoing.id] = outgoing.text.text
        return self._reply


class TestSms(ChannelConformance):
    async def other_side(self) -> AsyncIterator[OtherSide]:
        yield FakeSms()
