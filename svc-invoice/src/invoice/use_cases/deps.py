"""Everything that the changes of invoices need."""

from dataclasses import dataclass

from gateway_contracts.clock import Clock
from gateway_kit.mongo.unit_of_work import UnitOfWork
from invoice.field_cipher import FieldCipher
from invoice.ports import Organizations, Payments, Stores
from invoice.use_cases.number_series import NumberSeries


@dataclass(frozen=True, kw_only=True)
class Deps:
    """Handed to the use cases that merchants ask for."""

    uow: UnitOfWork
    clock: Clock
    organizations: Organizations
    cipher: FieldCipher
    stores: Stores
    series: NumberSeries
    payments: Payments
