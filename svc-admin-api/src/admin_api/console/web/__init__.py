"""Pages by subject."""

from admin_api.console.web import (
    account,
    cases,
    events,
    lists,
    objects,
    payments,
    selection,
    settings,
    sign_in,
    static,
    why,
)

CONSOLE_ROUTERS = (
    static.router,
    sign_in.router,
    sign_in.ceremonies,
    selection.router,
    account.ceremonies,
    account.router,
    settings.router,
    payments.router,
    cases.router,
    events.router,
    why.router,
    # Last: their paths are the slugs of all lists.
    objects.router,
    lists.router,
)
