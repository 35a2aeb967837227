"""A provider that exists in the tests only: everything about it is in this folder."""
