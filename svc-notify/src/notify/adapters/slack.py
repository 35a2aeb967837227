"""Posts to incoming webhooks of Slack."""

import json
from collections.abc import Collection
from typing import Final

from gateway_kit.http.outbound import ForbiddenTarget, OutboundClient, OutboundFailed, check_target
from notify.domain.outcome import SENT, Outcome, permanent, temporary
from notify.domain.outgoing import Outgoing

_MAY_PASS: Final = frozenset({408, 425, 429})


class SlackChannel:
    """One webhook each; only hosts that the operator named.

    Args:
        allow_private: as of ``outbound``: opens plain http and private addresses.
    """

    def __init__(self, outbound: OutboundClient, *, hosts: Collection[str], allow_private: bool = False) -> None:
        self._outbound = outbound
        self._hosts = hosts
        self._allow_private = allow_private

    def is_allowed(self, url: str) -> bool:
        """Whether posts may go there."""
        try:
            return check_target(url, allow_private=self._allow_private).host in self._hosts
        except ForbiddenTarget:
            return False

    async def send(self, outgoing: Outgoing) -> Outcome:
        """See the port."""
        if not self.is_allowed(outgoing.recipient):
            return permanent("forbidden_target")
        body = json.dumps({"text": outgoing.text.text}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            answer = await self._outbound.post(outgoing.recipient, body, headers, tenant=outgoing.organization_id)
        except ForbiddenTarget:
            return permanent("forbidden_target")
        except OutboundFailed as exc:
            return temporary(exc.fault)
        if 200 <= answer.status < 300:
            return SENT
        make = temporary if answer.status >= 500 or answer.status in _MAY_PASS else permanent
        return make("refused", answer.status)
