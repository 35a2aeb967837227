"""A draft comes into use."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.unit_of_work import Tx
from notify.domain.template import Template
from notify.errors import NotADraft
from notify.ports import Deps
from notify.use_cases.find_template import find_template


async def publish_template(template_id: str, *, scope: Scope, deps: Deps) -> Template:
    """The published revision, in place of the one before. A repetition changes nothing.

    Raises:
        TemplateNotFound: the scope has no such template.
        NotADraft: it is out of use.
    """
    store = deps.stores.templates

    async def work(tx: Tx) -> Template:
        draft = await find_template(template_id, scope=scope, store=store, tx=tx)
        if draft.state == "published":
            return draft
        if draft.state != "draft":
            raise NotADraft
        of_key = {"kind": draft.kind, "channel": draft.channel, "language": draft.language}
        before = await store.first(tx, scope, {**of_key, "state": "published"})
        if before is not None:
            store.replace(tx, before, before.retired())
        return store.replace(tx, draft, draft.published(tx.now))

    return await deps.uow.run(work)
