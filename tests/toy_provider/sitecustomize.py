"""Adds the toy to the registry of every process that is started with this folder on its path: the one line that a
provider needs outside its own folder."""

from toy.provider import TOY

from gateway_providers.registry import PROVIDERS

PROVIDERS[TOY.type] = TOY
