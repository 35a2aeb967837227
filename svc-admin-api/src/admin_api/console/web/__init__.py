"""Pages by subject."""

from admin_api.console.web import (
    account,
    cases,
    domains,
    events,
    exports,
    home,
    lists,
    objects,
    operations,
    payments,
    providers,
    selection,
    settings,
    setup,
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
    home.router,
    settings.router,
    payments.router,
    cases.router,
    events.router,
    why.router,
    setup.router,
    providers.router,
    domains.router,
    operations.router,
    exports.router,
    # Last: their paths are the slugs of all lists.
    objects.router,
    lists.router,
)
