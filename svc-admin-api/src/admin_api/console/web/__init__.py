"""Pages by subject."""

from admin_api.console.web import cases, lists, payments, selection, sign_in, static

CONSOLE_ROUTERS = (
    static.router,
    sign_in.router,
    sign_in.ceremonies,
    selection.router,
    payments.router,
    cases.router,
    # Last: its paths are the slugs of all lists.
    lists.router,
)
