"""Dependencies of the use cases."""

from dataclasses import dataclass

from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import UnitOfWork
from reporting.domain.figures import Bucket, Fact, Projection


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All stored figures."""

    uow: UnitOfWork
    facts: Store[Fact]
    buckets: Store[Bucket]
    projections: GlobalStore[Projection]
