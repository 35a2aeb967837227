"""Contracts between the services: messages, subjects, streams, errors, money."""
