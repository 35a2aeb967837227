"""Settings of organizations, also of those that were closed."""

from typing import Any, cast

from gateway_contracts.config import OrganizationConfig
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.nats.config_cache import ConfigCache
from gateway_kit.nats.config_records import read_entry
from invoice.adapters.organizations import ConfiguredOrganizations

ORGANIZATION = "a" * 24


def known(*records: OrganizationConfig) -> ConfiguredOrganizations:
    config = ConfigCache(cast(Any, None))
    for revision, record in enumerate(records, start=1):
        config._take(read_entry(f"org.{record.id}", revision, None, record.wire_json()))
    return ConfiguredOrganizations(config, cast(Keyring, None))


def test_what_was_paid_gets_its_document_also_after_the_organization_was_closed() -> None:
    opened = OrganizationConfig(id=ORGANIZATION, version=1, name="Shop", country="DE", invoicing={"enabled": True})
    closed = opened.model_copy(update={"version": 2, "deleted": True})

    settings = known(opened, closed).settings(ORGANIZATION, livemode=True)

    assert settings is not None
    assert (settings.name, settings.country, settings.invoicing) == ("Shop", "DE", {"enabled": True})


def test_an_organization_that_is_not_known_yet_has_no_settings() -> None:
    assert known().settings(ORGANIZATION, livemode=True) is None


def test_what_a_test_key_set_holds_for_test_documents_only() -> None:
    record = OrganizationConfig(
        id=ORGANIZATION,
        version=1,
        name="Shop",
        invoicing={"companyName": "Shop GmbH", "locale": "de"},
        invoicing_test={"companyName": "Try-out"},
    )
    by_mode = {mode: known(record).settings(ORGANIZATION, livemode=mode) for mode in (True, False)}

    assert {mode: settings.invoicing for mode, settings in by_mode.items() if settings} == {
        True: {"companyName": "Shop GmbH", "locale": "de"},
        False: {"companyName": "Try-out", "locale": "de"},
    }
