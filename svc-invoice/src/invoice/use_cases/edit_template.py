"""Create, change and delete templates."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.templates import CreateTemplate, TemplateDesign, TemplateQuery, UpdateTemplate
from gateway_kit.mongo.pages import Page, PageRequest
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx, UnitOfWork
from invoice.domain.template import Design, Template
from invoice.errors import TemplateNotFound, TemplateTaken
from invoice.ports import ReadLogo, Stores


async def create_template(
    command: CreateTemplate,
    *,
    scope: Scope,
    operation_id: str,
    uow: UnitOfWork,
    stores: Stores,
    read_logo: ReadLogo,
) -> Template:
    """A template with a draft; no document is printed with it before it is published.

    Raises:
        Invalid: the logo is no image that can be printed.
        TemplateTaken: there is one for these documents.
    """
    design = await _design(command, read_logo)

    async def work(tx: Tx) -> Template:
        template = Template(
            id=command.template_id,
            organization_id=scope.organization_id,
            livemode=scope.mode,
            site_id=command.site_id or "",
            kind=command.kind,
            name=command.name,
            draft=design,
            created_at=tx.now,
            changed_at=tx.now,
        )
        stores.templates.insert(tx, template, otherwise=TemplateTaken())
        return template

    return await _once(work, Operation(operation_id, command.template_id), scope=scope, uow=uow, stores=stores)


async def update_template(
    command: UpdateTemplate,
    *,
    scope: Scope,
    operation_id: str,
    uow: UnitOfWork,
    stores: Stores,
    read_logo: ReadLogo,
) -> Template:
    """Another draft.

    Raises:
        Invalid: the logo is no image that can be printed.
        TemplateNotFound: none with this id in the caller's scope.
        ChangedMeanwhile: it was changed at the same moment.
    """
    template = await find_template(command.template_id, scope=scope, stores=stores)
    design = await _design(command, read_logo)

    async def work(tx: Tx) -> Template:
        return stores.templates.replace(tx, template, template.redrawn(command.name, design, at=tx.now))

    return await _once(work, Operation(operation_id, template.id), scope=scope, uow=uow, stores=stores)


async def delete_template(
    template_id: str, *, scope: Scope, operation_id: str, uow: UnitOfWork, stores: Stores
) -> Template:
    """Documents are printed with the default one from now on; those that exist are printed as they were.

    Raises:
        TemplateNotFound: none with this id in the caller's scope.
        ChangedMeanwhile: it was changed at the same moment.
    """
    template = await find_template(template_id, scope=scope, stores=stores)

    async def work(tx: Tx) -> Template:
        stores.templates.delete(tx, template)
        return template

    return await uow.run(work, operation=Operation(operation_id, template_id))


async def find_template(template_id: str, *, scope: Scope, stores: Stores) -> Template:
    """
    Raises:
        TemplateNotFound: none with this id in the caller's scope.
    """
    template = await stores.templates.get(None, scope, template_id)
    if template is None:
        raise TemplateNotFound
    return template


async def list_templates(query: TemplateQuery, *, scope: Scope, stores: Stores) -> Page[Template]:
    """One page, newest first.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: invalid cursor.
    """
    request = PageRequest(query.page, query.limit, query.cursor, query.created_from, query.created_to)
    wanted = {"site_id": query.site_id, "kind": query.kind}
    return await stores.templates.page(scope, request, {name: value for name, value in wanted.items() if value})


async def _once(
    work: Callable[[Tx], Awaitable[Template]],
    operation: Operation,
    *,
    scope: Scope,
    uow: UnitOfWork,
    stores: Stores,
) -> Template:
    """The template after the operation, which runs once."""
    try:
        return await uow.run(work, operation=operation)
    except OperationReplayed as replayed:
        return await find_template(replayed.entity_id, scope=scope, stores=stores)


async def _design(given: TemplateDesign, read_logo: ReadLogo) -> Design:
    # An image is decoded: that takes a moment, which no other request waits for.
    media_type = await asyncio.to_thread(read_logo, given.logo) if given.logo else None
    return Design(source=given.source, logo=given.logo, logo_type=media_type, color=given.color and given.color.lower())
