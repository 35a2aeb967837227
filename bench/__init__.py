"""Throughput of the gateway, measured on real processes and beside a bare ceiling of the same run."""
