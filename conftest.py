"""Loads the fixtures of ``libs/testkit`` for every member, and names how thorough property tests are."""

from hypothesis import settings

pytest_plugins = ["gateway_testkit.plugin"]

# ``pytest --hypothesis-profile nightly``: other examples every time, and many of them.
settings.register_profile("nightly", max_examples=2_000, deadline=None, print_blob=True)
