"""Where a tenant's data keys are wrapped, over time."""

from collections.abc import Mapping
from typing import Final

from pydantic import Field, field_serializer

from gateway_contracts.aggregates import Entity
from gateway_contracts.config import KmsConfig

_SYSTEM: Final = "system"


class KmsSettings(Entity):
    """All generations that still wrap a key, by number, and the one that wraps new keys (0: the local service)."""

    organization_id: str
    current: int = 0
    last: int = 0
    generations: Mapping[int, KmsConfig] = Field(default_factory=dict)
    revision: int = 0

    @classmethod
    def of(cls, organization_id: str) -> "KmsSettings":
        """Of a tenant that was not configured yet; the empty id is the system."""
        return cls(id=organization_id or _SYSTEM, organization_id=organization_id)

    @property
    def config(self) -> KmsConfig | None:
        """Of the service in use; None for the local one."""
        return self.generations.get(self.current)

    def with_config(self, config: KmsConfig | None) -> "KmsSettings":
        """After a change; None: back to the local service."""
        if config is None:
            return self.changed(current=0, revision=self.revision + 1)
        kept = {**self.generations, config.generation: config}
        number = config.generation
        return self.changed(current=number, last=number, generations=kept, revision=self.revision + 1)

    def without(self, unused: set[int]) -> "KmsSettings":
        """After no key is wrapped by these any more."""
        kept = {number: config for number, config in self.generations.items() if number not in unused}
        return self.changed(generations=kept, revision=self.revision + 1)

    @field_serializer("generations")
    def _wire(self, generations: Mapping[int, KmsConfig]) -> dict[str, object]:
        return {str(number): config.wire() for number, config in generations.items()}
