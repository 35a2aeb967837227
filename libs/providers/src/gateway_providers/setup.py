"""Values that an account at a provider needs: declared by each provider, checked here for all of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gateway_contracts.errors import FieldProblem, Invalid

VALUE_CHARACTERS_MAX: Final = 512
LONG_CHARACTERS_MAX: Final = 4096

Check = Callable[[str, bool], str | None]
"""The problem of a value in live or test mode; None when there is none."""


def _no_problem(value: str, livemode: bool) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class SetupField:
    """One value of an account.

    Attributes:
        description: what it is, for the API reference.
        is_secret: a credential: encrypted, and shown masked.
        is_personal: shown, but personal data (a bank account): encrypted all the same.
        may_follow: the provider issues it only for the webhook's address, which exists once the account is stored.
        shape: ``accounts`` is an object in the API (fields by currency) and its JSON text here.
        normalize: the form that is stored.
        problem: the check of the normalized value.
    """

    description: str
    is_secret: bool = False
    is_personal: bool = False
    is_required: bool = True
    may_follow: bool = False
    shape: Literal["text", "accounts"] = "text"
    normalize: Callable[[str], str] = str.strip
    problem: Check = _no_problem
    characters_max: int = VALUE_CHARACTERS_MAX

    @property
    def is_encrypted(self) -> bool:
        """Whether it is stored encrypted."""
        return self.is_secret or self.is_personal


SetupFields = Mapping[str, SetupField]
"""Fields by their public names."""


@dataclass(frozen=True)
class Setup:
    """Checked values, by how they are stored: in clear, or encrypted (credentials and personal data)."""

    public: dict[str, str]
    encrypted: dict[str, str]


def check_setup(
    provider_type: str,
    fields: SetupFields,
    values: Mapping[str, str | None],
    *,
    livemode: bool,
    is_complete: bool,
    stored: Collection[str] = (),
) -> Setup:
    """Normalize and check the given values.

    Args:
        is_complete: the values are those of a whole account, so required ones that cannot follow must be there;
            otherwise they are changes, and None clears a value that is not required.
        stored: names of values that stay unless they are given, as in changes.

    Raises:
        Invalid: a field of another type, a missing or malformed value.
    """
    given = {name: value for name, value in values.items() if value is not None}
    problems = [FieldProblem(name, f"unknown field for {provider_type}") for name in given if name not in fields]
    normalized = {name: fields[name].normalize(value) for name, value in given.items() if name in fields}
    for name, field in fields.items():
        must_be_given = is_complete and name not in stored
        if not must_be_given and field.is_required and name in values.keys() - given.keys():
            problems.append(FieldProblem(name, "cannot be cleared"))
        if problem := _value_problem(field, normalized.get(name), livemode=livemode, is_complete=must_be_given):
            problems.append(FieldProblem(name, problem))
    if problems:
        raise Invalid("; ".join(f"{item.field}: {item.message}" for item in problems), details=problems)
    return Setup(
        public={name: value for name, value in normalized.items() if value and not fields[name].is_encrypted},
        encrypted={name: value for name, value in normalized.items() if value and fields[name].is_encrypted},
    )


def missing_values(fields: SetupFields, present: Collection[str]) -> tuple[str, ...]:
    """Names of required values that are still to follow."""
    return tuple(name for name, field in fields.items() if field.is_required and name not in present)


def _value_problem(field: SetupField, value: str | None, *, livemode: bool, is_complete: bool) -> str | None:
    if not value and is_complete and field.may_follow:
        return None
    if value is None:
        return "is required" if is_complete and field.is_required else None
    if not value:
        return "must not be empty" if field.is_required else None
    if len(value) > field.characters_max:
        return f"must be at most {field.characters_max} characters"
    return field.problem(value, livemode)
