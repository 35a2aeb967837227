"""The names of query parameters: what a route does not declare is refused, because it was meant to have an effect."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params

from gateway_contracts.errors import FieldProblem, Invalid
from gateway_contracts.rules import DETAILS_MAX
from gateway_contracts.texts import clean_text
from gateway_kit.http.routing import dependants

_NAME_SHOWN: Final = 60


@dataclass(frozen=True)
class QueryNames:
    """The parameters of one route.

    Attributes:
        single: they have one value.
        lists: they may be repeated.
    """

    single: frozenset[str]
    lists: frozenset[str]

    @classmethod
    def of(cls, dependant: Dependant) -> "QueryNames":
        """The parameters that the route and its dependencies declare."""
        given = [field for part in dependants(dependant) for field in part.query_params]
        # The parameters of a model are its fields.
        fields = get_flat_params(Dependant(query_params=given))
        lists = {field.alias for field in fields if field_annotation_is_sequence(field.field_info.annotation)}
        return cls(single=frozenset({field.alias for field in fields} - lists), lists=frozenset(lists))

    def require(self, given: Iterable[tuple[str, str]]) -> None:
        """
        Raises:
            Invalid: a name that the route does not know (``UNKNOWN_PARAMETER``), or a single value given twice.
        """
        counts = Counter(name for name, _ in given)
        unknown = [name for name in counts if name not in self.single | self.lists]
        if unknown:
            raise _invalid(unknown, f"unknown parameter; {self._known()}", code="UNKNOWN_PARAMETER")
        if repeated := [name for name in self.single if counts[name] > 1]:
            raise _invalid(sorted(repeated), "is given twice")

    def _known(self) -> str:
        known = sorted(self.single | self.lists)
        return f"known here: {', '.join(known)}" if known else "there is none here"


def _invalid(names: list[str], message: str, *, code: str | None = None) -> Invalid:
    shown = [clean_text(name, _NAME_SHOWN) for name in names[:DETAILS_MAX]]
    details = [FieldProblem(name, message) for name in shown]
    return Invalid(f"{', '.join(shown[:3])}: {message}", code=code, details=details)
