"""Runs the whole gateway on a bare machine: real servers from packages, supervised."""
