"""An organization looks at its templates."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.notify import TemplateQuery
from gateway_kit.mongo.pages import Page, PageRequest
from notify.domain.template import Template
from notify.ports import Deps


async def list_templates(query: TemplateQuery, *, scope: Scope, deps: Deps) -> Page[Template]:
    """One page of all revisions, newest first.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: invalid cursor.
    """
    request = PageRequest(query.page, query.limit, query.cursor, query.created_from, query.created_to)
    given = {"kind": query.event, "channel": query.channel, "language": query.language, "state": query.state}
    where = {name: value for name, value in given.items() if value is not None}
    return await deps.stores.templates.page(scope, request, where)
