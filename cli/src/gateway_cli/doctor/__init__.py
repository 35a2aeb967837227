"""``gateway doctor``: the checks of `gateway_kit.health_report` on the installation of the command."""
