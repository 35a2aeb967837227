"""Fixtures, fakes and builders for the tests of every member."""
