"""A draft is thrown away, or a published template goes out of use."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.unit_of_work import Tx
from notify.ports import Deps
from notify.use_cases.find_template import find_template


async def delete_template(template_id: str, *, scope: Scope, deps: Deps) -> None:
    """Afterwards the default template holds, unless another revision is published.

    Raises:
        TemplateNotFound: the scope has no such template.
    """
    store = deps.stores.templates

    async def work(tx: Tx) -> None:
        template = await find_template(template_id, scope=scope, store=store, tx=tx)
        if template.state == "draft":
            store.delete(tx, template)
        elif template.state == "published":
            store.replace(tx, template, template.retired())

    await deps.uow.run(work)
