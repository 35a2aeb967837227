"""Redrive of a message by the service whose consumer gave it up."""

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from gateway_contracts.errors import Forbidden, NotFound
from gateway_contracts.requests.set_aside import SetAsideMessage
from gateway_contracts.rpc import Call, Empty
from gateway_contracts.topology import CONSUMERS
from gateway_kit.logging import get_logger
from gateway_kit.nats.backlog import Backlog, message_of
from gateway_kit.nats.retries import REDRIVEN_LETTER
from gateway_kit.set_aside import OPERATOR

log = get_logger(__name__)


class MessageRedrive:
    """Takes messages from their stream into the backlog, where they are due at once.

    Nothing is published: the message that is processed again is the one that its owner published.
    """

    def __init__(self, js: JetStreamContext, backlog: Backlog, service: str) -> None:
        self._js = js
        self._backlog = backlog
        self._own = {spec.durable: spec for spec in CONSUMERS if spec.service == service}

    async def redrive(self, request: SetAsideMessage, call: Call) -> Empty:
        """The request of the operators' pages.

        Raises:
            Forbidden: the caller is no operator.
            NotFound: this service has no such consumer, or the message left its stream.
        """
        if call.actor != OPERATOR:
            raise Forbidden("only the operator redrives")
        spec = self._own.get(request.consumer)
        if spec is None:
            raise NotFound("this service has no such consumer", code="SOURCE_UNKNOWN")
        try:
            found = await self._js.get_msg(spec.stream, seq=request.sequence)
        except NotFoundError as exc:
            raise NotFound(f"the message of letter {request.letter} is gone", code="MESSAGE_GONE") from exc
        headers = {**(found.headers or {}), REDRIVEN_LETTER: str(request.letter)}
        message = message_of(
            spec, request.sequence, subject=found.subject or "", headers=headers, body=found.data or b""
        )
        await self._backlog.add(message)
        log.info("set_aside.message_redriven", consumer=spec.durable, letter=request.letter)
        return Empty()
