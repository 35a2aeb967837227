"""Mail by SMTP: one connection for each mail, to an address that was checked, within a deadline.

A server's refusal of the mail itself (4xx, 5xx to MAIL, RCPT or DATA) is passed on as it is. What is wrong with the
server or its settings (no connection, TLS, log-in) is always temporary: it says nothing about the mail.
"""

import asyncio
import contextlib
import re
import ssl
from dataclasses import dataclass
from typing import Any, Final

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from gateway_contracts.clock import Clock
from gateway_kit.http.outbound import OutboundFailed
from gateway_kit.http.outbound_sockets import OutboundSockets, is_loopback
from notify.adapters.dkim_keys import signed
from notify.adapters.mail import AddressRefused, ascii_address, mail_bytes
from notify.domain.outcome import SENT, TEMPORARY, Outcome, permanent, temporary
from notify.domain.outgoing import Outgoing
from notify.ports import MailServer

_QUIT_S: Final = 2.0
_ENHANCED: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class SmtpLimits:
    """Times in seconds: until there is a connection, for one command, and for all of it."""

    connect_s: float = 10.0
    command_s: float = 20.0
    total_s: float = 45.0


class SmtpChannel:
    """Sends through one server.

    Args:
        sockets: opens the connections.
        allow_plain: the operator's word that mail may leave without TLS to other hosts than this one.
        allow_private: whether an organization's server may have a private address.
        tls: trusted authorities; those of the machine unless given.
    """

    def __init__(
        self,
        server: MailServer,
        *,
        sockets: OutboundSockets,
        clock: Clock,
        limits: SmtpLimits,
        allow_plain: bool = False,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._sockets = sockets
        self._clock = clock
        self._limits = limits
        self._allow_plain = allow_plain
        self._allow_private = allow_private or server.is_operators
        self._tls = tls

    async def send(self, outgoing: Outgoing) -> Outcome:
        """See the port."""
        try:
            recipient, sender = ascii_address(outgoing.recipient), ascii_address(self._server.sender.address)
            content = await self._content(outgoing)
        except AddressRefused:
            return permanent("address_refused")
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._deliver(sender, recipient, content, outgoing.organization_id)
        except OutboundFailed as exc:
            return temporary(exc.fault)
        except (TimeoutError, SMTPTimeoutError):
            return temporary("timeout")
        except SMTPAuthenticationError as exc:
            return temporary("login_refused", exc.code, _enhanced(exc.message))
        except SMTPRecipientsRefused as exc:
            return _refusal(exc.recipients[0].code, exc.recipients[0].message)
        except SMTPServerDisconnected:
            return temporary("disconnected")
        except SMTPResponseException as exc:
            return _refusal(exc.code, exc.message)
        except ssl.SSLError:
            return temporary("tls_failed")
        except (SMTPException, OSError, ValueError):
            return temporary("not_connected")

    async def _content(self, outgoing: Outgoing) -> bytes:
        content = mail_bytes(outgoing, self._server.sender, at=self._clock.now())
        key = self._server.dkim
        return content if key is None else await asyncio.to_thread(signed, content, key)

    async def _deliver(self, sender: str, recipient: str, content: bytes, organization_id: str) -> Outcome:
        server = self._server
        opened = await self._sockets.open(
            server.host,
            server.port,
            allow_private=self._allow_private,
            tenant=organization_id,
            timeout_s=self._limits.connect_s,
        )
        if server.security == "none" and not self._allow_plain and not is_loopback(opened):
            opened.close()
            return permanent("plain_refused")
        client = aiosmtplib.SMTP(
            hostname=server.host,
            sock=opened,
            username=server.user,
            password=server.password,
            timeout=self._limits.command_s,
            use_tls=server.security == "implicit",
            start_tls=server.security == "starttls",
            tls_context=self._tls or ssl.create_default_context(),
            local_hostname=ascii_address(sender).rpartition("@")[2],
        )
        try:
            await client.connect()
            await client.sendmail(sender, [recipient], content)
            # The mail is taken: a farewell that the server does not answer changes nothing.
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=_QUIT_S)
        finally:
            # The socket belongs to the transport by now. A server that hangs is not waited for.
            transport: Any = client.transport
            client.close()
            if transport is not None:
                transport.abort()
        return SENT


def _refusal(code: int, message: str) -> Outcome:
    make = temporary if code // 100 == TEMPORARY else permanent
    return make("refused", code, _enhanced(message))


def _enhanced(message: str) -> str | None:
    found = _ENHANCED.search(message)
    return found.group(1) if found else None
