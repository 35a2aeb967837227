"""Merchant and operator REST API; owner of tenancy."""
