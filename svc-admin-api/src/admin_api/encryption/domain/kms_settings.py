"""Where a tenant's data keys are wrapped, over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway_contracts.config import KmsConfig


@dataclass(frozen=True)
class KmsSettings:
    """All generations that still wrap a key, by number, and the one that wraps new keys (0: the local service)."""

    organization_id: str
    current: int = 0
    last: int = 0
    generations: Mapping[int, KmsConfig] = field(default_factory=dict)
    revision: int = 0

    @property
    def config(self) -> KmsConfig | None:
        """Of the service in use; None for the local one."""
        return self.generations.get(self.current)

    def with_config(self, config: KmsConfig | None) -> "KmsSettings":
        """After a change; None: back to the local service."""
        if config is None:
            return replace(self, current=0, revision=self.revision + 1)
        kept = {**self.generations, config.generation: config}
        number = config.generation
        return replace(self, current=number, last=number, generations=kept, revision=self.revision + 1)

    def without(self, unused: set[int]) -> "KmsSettings":
        """After no key is wrapped by these any more."""
        kept = {number: config for number, config in self.generations.items() if number not in unused}
        return replace(self, generations=kept, revision=self.revision + 1)
