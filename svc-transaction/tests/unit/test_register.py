"""Every method of the contract has a handler."""

from typing import Any

from gateway_contracts.requests import (
    books,
    case,
    customer,
    dispute,
    operation,
    provider,
    refund,
    trail,
    transaction,
    webhooks,
)
from gateway_contracts.rpc import Method
from transaction.rpc.register import register_requests


class Recorder:
    """Stands in for the runtime."""

    def __init__(self) -> None:
        self.served: dict[str, Any] = {}

    def serve(self, method: Any, handler: Any) -> None:
        assert method.subject not in self.served
        self.served[method.subject] = handler


def test_all_methods_are_served() -> None:
    recorder: Any = Recorder()
    nothing: Any = None

    register_requests(recorder, nothing)

    modules = (transaction, customer, provider, books, case, refund, dispute, operation, trail, webhooks)
    declared = [value for module in modules for value in vars(module).values() if isinstance(value, Method)]
    assert set(recorder.served) == {method.subject for method in declared}
