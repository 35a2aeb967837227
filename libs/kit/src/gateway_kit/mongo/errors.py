"""Errors of the database that work outside of the kernel acts on."""

from typing import Final

from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError

from gateway_contracts.errors import ChangedMeanwhile

UNREACHABLE: Final = ConnectionFailure
"""The database is away, for everything."""

COLLISIONS: Final = (BulkWriteError, ChangedMeanwhile, DuplicateKeyError)
"""A lost race: what was read has changed, or a unique key exists by now. Work that begins anew sees why."""

DatabaseError: Final = PyMongoError
"""Any failure of the database or the way to it; says nothing about what was to be stored."""


class RunAgain(OperationFailure):
    """The work of the transaction read a state that has gone: the unit of work runs it again, on the present one."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, details={"errorLabels": ["TransientTransactionError"]})
