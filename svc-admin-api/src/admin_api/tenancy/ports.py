"""Ports of the use cases of tenancy."""

from dataclasses import dataclass

from admin_api.shared.ports import SharedPorts
from admin_api.tenancy.store.api_keys import ApiKeys
from admin_api.tenancy.store.data_keys import DataKeys
from admin_api.tenancy.store.records import Records
from gateway_contracts.config import OrganizationConfig, ProviderConfig, SiteConfig


@dataclass(frozen=True)
class Tenancy(SharedPorts):
    """The ports around organizations, sites, providers and their keys."""

    organizations: Records[OrganizationConfig]
    sites: Records[SiteConfig]
    providers: Records[ProviderConfig]
    api_keys: ApiKeys
    deks: DataKeys
