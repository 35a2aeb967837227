"""The documents of svc-reporting in MongoDB."""

from typing import ClassVar

from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import RowsOf
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import UnitOfWork
from reporting.domain.figures import Bucket, Fact, Projection
from reporting.ports import Figures

_DATABASE = "gw_reporting"


class FactDocument(Fact, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "facts")
    guard: ClassVar = ("sequence",)


class BucketDocument(Bucket, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "buckets")


class ProjectionDocument(Projection, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "projections")
    guard: ClassVar = ("serving", "counting")


DOCUMENTS = (FactDocument, BucketDocument, ProjectionDocument)


def open_figures(rows_of: RowsOf, uow: UnitOfWork) -> Figures:
    """The stores over MongoDB, or over its twin in memory."""
    return Figures(
        uow=uow,
        facts=Store(FactDocument, rows_of(FactDocument)),
        buckets=Store(BucketDocument, rows_of(BucketDocument)),
        projections=GlobalStore(ProjectionDocument, rows_of(ProjectionDocument)),
    )
