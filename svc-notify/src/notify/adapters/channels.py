"""The channels of this installation, with a share of the places at each mail server."""

import ssl
from collections.abc import Collection
from typing import Final

from gateway_contracts.clock import Clock
from gateway_contracts.notification_fields import MailSecurity
from gateway_kit.fairness import Busy, Shares
from gateway_kit.http.addresses import is_open, parsed_address
from gateway_kit.http.outbound import OutboundClient
from gateway_kit.http.outbound_sockets import OutboundSockets
from notify.adapters.slack import SlackChannel
from notify.adapters.smtp import SmtpChannel, SmtpLimits
from notify.domain.outcome import Outcome
from notify.domain.outgoing import Outgoing
from notify.ports import Channel, MailServer

_LOCALHOST: Final = "localhost"


class InstalledChannels:
    """See the port.

    Args:
        installation_server: for organizations without a server of their own.
        places: connections to all mail servers; of one server at most a quarter, so that one that hangs leaves most of
            them to the others.
        allow_private: whether organizations may name private addresses and plain http.
        allow_plain: whether mail may leave without TLS to other hosts.
        tls: trusted authorities of mail servers.
    """

    def __init__(
        self,
        *,
        installation_server: MailServer | None,
        sockets: OutboundSockets,
        outbound: OutboundClient,
        clock: Clock,
        slack_hosts: Collection[str],
        limits: SmtpLimits | None = None,
        places: int = 32,
        allow_private: bool = False,
        allow_plain: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._installation_server = installation_server
        self._sockets = sockets
        self._clock = clock
        self._limits = limits or SmtpLimits()
        self._allow_private = allow_private
        self._allow_plain = allow_plain
        self._tls = tls
        self._shares = Shares(places, per_lane=max(1, places // 4), reserve=places // 4)
        self._slack = SlackChannel(outbound, hosts=slack_hosts, allow_private=allow_private)

    @property
    def installation_server(self) -> MailServer | None:
        return self._installation_server

    def mail(self, server: MailServer) -> Channel:
        channel = SmtpChannel(
            server,
            sockets=self._sockets,
            clock=self._clock,
            limits=self._limits,
            allow_plain=self._allow_plain,
            allow_private=self._allow_private,
            tls=self._tls,
        )
        return _Shared(channel, self._shares, f"{server.host}:{server.port}")

    def slack(self) -> Channel:
        return self._slack

    def is_slack_url(self, url: str) -> bool:
        return self._slack.is_allowed(url)

    def server_problem(self, host: str, security: MailSecurity) -> tuple[str, str] | None:
        address = parsed_address(host)
        if address is not None and not is_open(host, allow_private=self._allow_private):
            return "smtpHost", "points to a closed address"
        is_local = host == _LOCALHOST or (address is not None and address.is_loopback)
        if security == "none" and not self._allow_plain and not is_local:
            return "smtpSecurity", "this installation sends mail to other hosts with TLS alone"
        return None


class _Shared:
    """A channel whose server has a bounded number of connections from here."""

    def __init__(self, channel: Channel, shares: Shares, lane: str) -> None:
        self._channel = channel
        self._shares = shares
        self._lane = lane

    async def send(self, outgoing: Outgoing) -> Outcome:
        """See the port.

        Raises:
            Busy: all places of the server are taken.
        """
        if self._shares.room(self._lane) < 1:
            raise Busy(self._lane)
        self._shares.take(self._lane)
        try:
            return await self._channel.send(outgoing)
        finally:
            self._shares.release(self._lane)
