"""Errors of the database that work outside of the kernel acts on."""

from typing import Final

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

UNREACHABLE: Final = ConnectionFailure
"""The database is away, for everything."""

DatabaseError: Final = PyMongoError
"""Any failure of the database or the way to it; says nothing about what was to be stored."""


class RunAgain(OperationFailure):
    """The work of the transaction read a state that has gone: the unit of work runs it again, on the present one."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, details={"errorLabels": ["TransientTransactionError"]})
