"""Parameters that many routes have, with their limits."""

from typing import Final, TypeVar

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from gateway_contracts.list_filters import PeriodFields
from gateway_kit.mongo.pages import PageRequest

Q = TypeVar("Q", bound=PeriodFields)
_NAMES: Final = {"created_from": "from", "created_to": "to"}


def _parameter(field: str) -> str:
    return _NAMES.get(field) or to_camel(field)


class ListParameters(PeriodFields):
    """The query of a list: filters and page as its owner declares them."""

    model_config = ConfigDict(alias_generator=_parameter)

    def to(self, request: type[Q]) -> Q:
        """The owner's request.

        Raises:
            Unreadable: deeper than pages go.
        """
        if self.cursor is None:
            PageRequest(self.page, self.limit)
        return request(**dict(self))
