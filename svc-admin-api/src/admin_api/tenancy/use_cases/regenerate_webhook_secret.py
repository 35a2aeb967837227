"""Give a site a new notification secret."""

from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.records import IPN_SECRETS_MAX, next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import SITE, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig
from gateway_kit.crypto.config_secrets import ipn_secrets, seal_ipn_secret
from gateway_kit.crypto.signing import new_webhook_secret


async def regenerate_webhook_secret(
    site_id: str, *, keep_previous: bool, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> str:
    """The new secret of the actor's mode. With ``keep_previous``, notifications are signed with both for now.

    Raises:
        NotFound: not a site of the actor's organization.
    """
    secret = new_webhook_secret()
    sealed = seal_ipn_secret(tenancy.keyring, site_id, livemode=actor.livemode, secret=secret)
    mode = "live" if actor.livemode else "test"

    def change(before: SiteConfig) -> SiteConfig:
        previous = before.ipn_secrets.get(mode, ()) if keep_previous else ()
        kept = (sealed, *previous)[:IPN_SECRETS_MAX]
        return next_version(before, ipn_secrets={**before.ipn_secrets, mode: kept})

    site = await change_record(
        SITE,
        site_id,
        change,
        actor=actor,
        action="site.regenerate_webhook_secret",
        tenancy=tenancy,
        attempt=attempt,
    )
    # What is stored now: after a repeated operation that is the first execution's secret.
    return ipn_secrets(tenancy.keyring, site.record, livemode=actor.livemode)[0]
