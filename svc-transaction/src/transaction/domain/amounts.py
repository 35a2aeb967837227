"""Amounts of requests as minor units. Pure."""

from collections.abc import Mapping
from typing import Final

from gateway_contracts.amount_format import AmountFormat, InexactAmount, to_minor
from gateway_contracts.errors import FieldProblem, Invalid
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.requests.refund import CreateRefund
from gateway_contracts.requests.transaction import CreateCheckout
from transaction.domain.transaction import Transaction

AMOUNT_NOT_EXACT: Final = "AMOUNT_NOT_EXACT"


def minor_amounts(named: Mapping[str, int], currency: str, amount_format: AmountFormat) -> dict[str, int]:
    """Amounts by the name of their field, as minor units.

    Raises:
        Invalid: hundredths of a currency that has no unit that small (``AMOUNT_NOT_EXACT``), or too large an amount;
            with one problem per field.
    """
    read, problems, code = {}, [], None
    for name, amount in named.items():
        try:
            read[name] = to_minor(amount, currency, amount_format)
        except InexactAmount:
            code = AMOUNT_NOT_EXACT
            text = f"must be a whole number of the smallest unit of {currency}; this site sends hundredths"
            problems.append(FieldProblem(name, text))
            continue
        if abs(read[name]) > AMOUNT_MINOR_MAX:
            problems.append(FieldProblem(name, "is too large"))
    if problems:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", code=code, details=problems)
    return read


def minor_checkout(command: CreateCheckout) -> CreateCheckout:
    """The command in minor units; its currency was checked.

    Raises:
        Invalid: see `minor_amounts`.
    """
    if command.amount_format == "minor":
        return command
    names = [f"items[{index}].unitPrice" for index in range(len(command.items))]
    prices = dict(zip(names, (item.unit_price for item in command.items), strict=True))
    read = minor_amounts({"amount": command.amount, **prices}, command.currency, command.amount_format)
    items = [
        item.model_copy(update={"unit_price": read[name]}) for name, item in zip(names, command.items, strict=True)
    ]
    return command.model_copy(update={"amount": read["amount"], "items": tuple(items)})


def minor_refund(request: CreateRefund, transaction: Transaction) -> CreateRefund:
    """The request in minor units, read as the transaction's amounts are written.

    Raises:
        Invalid: see `minor_amounts`.
    """
    if transaction.amount_format == "minor":
        return request
    names = [f"lines[{index}].amount" for index in range(len(request.lines))]
    given = {} if request.amount is None else {"amount": request.amount}
    parts = dict(zip(names, (line.amount for line in request.lines), strict=True))
    read = minor_amounts({**given, **parts}, transaction.currency, transaction.amount_format)
    lines = [line.model_copy(update={"amount": read[name]}) for name, line in zip(names, request.lines, strict=True)]
    return request.model_copy(update={"amount": read.get("amount"), "lines": tuple(lines)})
