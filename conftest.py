"""Loads the fixtures of ``libs/testkit`` for every member."""

pytest_plugins = ["gateway_testkit.plugin"]
