"""Wise's account details, as a merchant enters them."""

import json
import re
from typing import Final

from gateway_providers.setup_checks import iban_problem, without_spaces

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_ACCOUNT_FIELDS: Final = frozenset({"accountHolder", "iban", "accountNumber", "routingCode", "bic", "bankName"})


def accounts_problem(text: str, livemode: bool) -> str | None:
    """Account details by currency: a JSON object, currency → IBAN, or account number and routing code."""
    try:
        accounts = json.loads(text)
    except ValueError:
        return "is not JSON"
    if not isinstance(accounts, dict) or not accounts:
        return "needs the account of at least one currency"
    for currency, account in accounts.items():
        problem = _account_problem(account, livemode) if _CURRENCY.fullmatch(currency) else "is not a currency"
        if problem:
            return f"{currency}: {problem}"
    return None


def _account_problem(account: object, livemode: bool) -> str | None:
    if not isinstance(account, dict) or not all(isinstance(value, str) for value in account.values()):
        return "is not an object of texts"
    if unknown := account.keys() - _ACCOUNT_FIELDS:
        return f"unknown field {min(unknown)}"
    if account.get("iban"):
        problem = iban_problem(without_spaces(account["iban"]), livemode)
        return f"iban {problem}" if problem else None
    return None if account.get("accountNumber") else "needs iban or accountNumber"
