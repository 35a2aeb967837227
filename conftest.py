"""Loads the fixtures of ``libs/testkit`` for every member, and names how thorough property tests are."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["gateway_testkit.plugin"]

# Usually: the same examples every time and on every machine, and no verdict by the clock. A slow or busy machine is not
# a fault of what is tested.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# ``pytest --hypothesis-profile nightly``: other examples every time, and many of them.
settings.register_profile(
    "nightly",
    max_examples=2_000,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")
