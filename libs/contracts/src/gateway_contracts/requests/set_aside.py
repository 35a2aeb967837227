"""Redrive of rows that a service has set aside: answered by every service that owns such rows."""

from typing import Final

from gateway_contracts.access import ACCESS
from gateway_contracts.base import Contract
from gateway_contracts.rpc import Method


class SetAsideRow(Contract):
    """One row of the owner's database. ``source`` is its collection, ``reference`` its id there."""

    source: str
    reference: str


class RowRedriven(Contract):
    """``redriven`` is false where the row is gone or was not set aside any more."""

    redriven: bool


REDRIVE_ROW: Final[dict[str, Method[SetAsideRow, RowRedriven]]] = {
    entry.service: Method(f"rpc.{entry.rpc_name}.redrive_row", SetAsideRow, RowRedriven)
    for entry in ACCESS
    if entry.rpc_name is not None
}
"""The method of each service that answers requests; for the operator's command."""
