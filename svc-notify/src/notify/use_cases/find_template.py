"""A template by its id."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from notify.domain.template import Template
from notify.errors import TemplateNotFound


async def find_template(template_id: str, *, scope: Scope, store: Store[Template], tx: Tx | None = None) -> Template:
    """The revision.

    Raises:
        TemplateNotFound: the scope has no such template.
    """
    template = await store.get(tx, scope, template_id)
    if template is None:
        raise TemplateNotFound
    return template
