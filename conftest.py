"""Loads the fixtures of ``libs/testkit`` for every member, and names how thorough property tests are."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

pytest_plugins = ["gateway_testkit.plugin"]

# What several test files of a member share is a module beside its folders of tests (``svc-ipn/tests/ipn_bench.py``),
# under a name that no other member uses.
sys.path.extend(
    str(folder) for pattern in ("[!.]*/tests", "[!.]*/*/tests") for folder in Path(__file__).parent.glob(pattern)
)

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
