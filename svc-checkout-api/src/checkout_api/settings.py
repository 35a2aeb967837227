"""Settings of this service."""

from gateway_kit.settings import HttpSettings


class Settings(HttpSettings):
    """``STRIPE_JS_URL`` is Stripe's script, or the simulator's drop-in for it."""

    stripe_js_url: str = "https://js.stripe.com/v3/"
    # A stream holds a connection and a little memory; beyond this, pages fall back to asking now and then.
    event_streams_max: int = 2000
