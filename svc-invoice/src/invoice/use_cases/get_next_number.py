"""The number that the next document would get."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_contracts.numbering import LayoutRefused, NumberLayout, layout_from_settings
from gateway_contracts.requests.invoice_settings import LayoutFields, NextNumber, NextNumberQuery
from gateway_contracts.time_zones import day_in
from invoice.domain.invoice import series_name
from invoice.domain.register import Counter, register_name
from invoice.errors import LayoutInvalid, SettingsUnavailable
from invoice.ports import Organizations, OrganizationSettings, Stores
from invoice.use_cases.assign_number import LAYOUTS, zone_of
from invoice.use_cases.number_series import highest_printed


async def get_next_number(
    query: NextNumberQuery, *, scope: Scope, organizations: Organizations, stores: Stores, clock: Clock
) -> NextNumber:
    """By the settings of the organization, with the given parts of a layout in place of theirs. Nothing is taken.

    Raises:
        SettingsUnavailable: the organization is not known yet.
        LayoutInvalid: the layout cannot be used.
    """
    settings = organizations.settings(scope.organization_id, livemode=scope.mode)
    if settings is None:
        raise SettingsUnavailable
    layout, zone = _layout(query, settings), zone_of(settings)
    today = day_in(clock.now(), zone)
    register = register_name(scope.organization_id, query.kind, livemode=scope.mode)
    series = series_name(register, layout, today)
    counter = await stores.counters.get(None, series) or Counter(id=series, register=register)
    printed = await highest_printed(stores, None, register, layout.stem(today, livemode=scope.mode))
    sequence = counter.next_after(printed, start=layout.start_number).value
    number = layout.number(sequence, today, livemode=scope.mode)
    return NextNumber(kind=query.kind, number=number, issued_on=today, time_zone=zone)


def _layout(query: NextNumberQuery, settings: OrganizationSettings) -> NumberLayout:
    name, default = LAYOUTS[query.kind]
    given = query.model_dump(by_alias=True, exclude_none=True, include=set(LayoutFields.model_fields))
    try:
        return layout_from_settings({**(settings.invoicing.get(name) or {}), **given}, default)
    except LayoutRefused as exc:
        raise LayoutInvalid.field(exc.field, exc.reason) from exc
