"""Rules of all channels: inherit the suite and say how the other side behaves."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from notify.domain.outgoing import Outgoing
from notify.domain.template import Sources
from notify.ports import Channel

SECRET = "Jane-owes-49-euro"


class OtherSide(ABC):
    """The recipient's side of a channel."""

    recipient: str

    @abstractmethod
    def channel(self) -> Channel:
        """The channel under test; it waits for at most a second or two."""

    @abstractmethod
    def refuse(self, *, for_good: bool) -> None:
        """Answer so from now on."""

    @abstractmethod
    def fall_silent(self) -> None:
        """Take connections and say nothing more."""

    @abstractmethod
    async def go_away(self) -> None:
        """Take no connections."""

    @abstractmethod
    def texts(self) -> list[str]:
        """Texts that arrived, the oldest first."""


class ChannelConformance(ABC):
    """The suite."""

    @abstractmethod
    def other_side(self) -> AsyncIterator[OtherSide]:
        """The other side, until the end of the test."""

    @pytest_asyncio.fixture
    async def side(self) -> AsyncIterator[OtherSide]:
        async for side in self.other_side():
            yield side

    def message(self, side: OtherSide, text: str = SECRET) -> Outgoing:
        return Outgoing(
            "65f0c0ffee65f0c0ffee65f0.0", "65a500000000000000000001", side.recipient, Sources(text, "Hello")
        )

    async def test_what_is_taken_is_sent_once(self, side: OtherSide) -> None:
        outcome = await side.channel().send(self.message(side))
        assert (outcome.verdict, outcome.error) == ("sent", None)
        assert len(side.texts()) == 1
        assert SECRET in side.texts()[0]

    @pytest.mark.parametrize("for_good", [False, True])
    async def test_a_refusal_says_whether_it_may_pass(self, side: OtherSide, *, for_good: bool) -> None:
        side.refuse(for_good=for_good)
        outcome = await side.channel().send(self.message(side))
        assert outcome.verdict == ("permanent" if for_good else "temporary")
        assert outcome.error == "refused"
        assert outcome.reply_code is not None

    async def test_silence_ends_in_time_and_may_pass(self, side: OtherSide) -> None:
        side.fall_silent()
        outcome = await side.channel().send(self.message(side))
        assert (outcome.verdict, outcome.error) == ("temporary", "timeout")

    async def test_a_closed_port_may_pass(self, side: OtherSide) -> None:
        channel = side.channel()
        await side.go_away()
        outcome = await channel.send(self.message(side))
        assert outcome.verdict == "temporary"
        assert outcome.error in ("not_connected", "disconnected")

    async def test_outcome_and_message_show_nothing_of_the_content(self, side: OtherSide) -> None:
        side.refuse(for_good=True)
        message = self.message(side)
        shown = f"{message!r} {await side.channel().send(message)!r}"
        assert SECRET not in shown
        assert side.recipient not in shown

    async def test_text_of_every_language_arrives(self, side: OtherSide) -> None:
        text = "Grüße, Łódź, مرحبا, 東京 😀"
        assert (await side.channel().send(self.message(side, text))).verdict == "sent"
        assert text in side.texts()[0]
