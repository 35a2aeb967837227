"""Documents: where an aggregate is stored. They inherit its fields and add the collection, nothing else."""

from collections.abc import Sequence
from typing import Any, ClassVar, Never

from beanie import Document, init_beanie
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.aggregates import Entity
from gateway_contracts.collection_specs import CollectionSpec

Row = dict[str, Any]


class StoredDocument(Document):
    """The declaration of a collection: ``class DomainDocument(Domain, StoredDocument)``.

    It has no instances and no queries of its own: `gateway_kit.mongo.store.Store` reads and writes aggregates.

    Attributes:
        collection: database, name and indexes, which the topology job creates.
        guard: stored fields, dotted for a nested one, that are still as they were read when a change is written. A
            ``version`` among them is increased.
        has_modes: False: a scope without a mode finds both, such as all API keys of an organization.
        schema_version: of the stored form; written with every insert.
    """

    collection: ClassVar[CollectionSpec]
    guard: ClassVar[tuple[str, ...]] = ("version",)
    has_modes: ClassVar[bool] = True

    id: str  # type: ignore[assignment]  # Beanie expects an ObjectId; public ids are their hex text
    schema_version: int = 1

    def __init__(self, *_: Never, **__: Never) -> None:
        raise TypeError(f"{type(self).__name__} declares a collection; create the aggregate and insert it in a store")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        spec: CollectionSpec | None = cls.__dict__.get("collection")
        if spec is not None:
            # Beanie's own declaration of the same.
            cls.Settings = type("Settings", (), {"name": spec.name})

    @classmethod
    def aggregate_class(cls) -> type[Entity]:
        """The class whose fields are stored."""
        return next(base for base in cls.__mro__[1:] if issubclass(base, Entity))

    @classmethod
    def row_of(cls, aggregate: Entity) -> Row:
        """The stored form of a new aggregate."""
        row = aggregate.model_dump()
        row["_id"] = row.pop("id")
        row["schema_version"] = cls.model_fields["schema_version"].default
        return row


async def bind_documents(db: AsyncDatabase[Row], documents: Sequence[type[Document]]) -> None:
    """Bind the documents of a service to its database. Indexes are the topology job's."""
    await init_beanie(database=db, document_models=list(documents), skip_indexes=True)
