"""Redrive of rows and messages that a service has set aside: answered by every service that owns them."""

from typing import Final

from gateway_contracts.access import ACCESS
from gateway_contracts.base import Contract
from gateway_contracts.rpc import Empty, Method


class SetAsideRow(Contract):
    """One row of the owner's database. ``source`` is its collection, ``reference`` its id there."""

    source: str
    reference: str


class RowRedriven(Contract):
    """``redriven`` is false where the row is gone or was not set aside any more."""

    redriven: bool


class SetAsideMessage(Contract):
    """One message that a consumer of the service gave up.

    Attributes:
        consumer: the durable.
        sequence: the number of the message in the consumer's stream.
        letter: the number of its dead letter.
    """

    consumer: str
    sequence: int
    letter: int


REDRIVE_ROW: Final[dict[str, Method[SetAsideRow, RowRedriven]]] = {
    entry.service: Method(f"rpc.{entry.rpc_name}.redrive_row", SetAsideRow, RowRedriven)
    for entry in ACCESS
    if entry.rpc_name is not None
}
"""The method of each service that answers requests; for the operator's command."""

REDRIVE_MESSAGE: Final[dict[str, Method[SetAsideMessage, Empty]]] = {
    entry.service: Method(f"rpc.{entry.rpc_name}.redrive_message", SetAsideMessage, Empty)
    for entry in ACCESS
    if entry.rpc_name is not None
}
"""The same for messages; for the console, which may publish no events of other services."""
