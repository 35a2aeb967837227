"""Payment provider simulators that speak the real wire protocol and sign like the real thing."""
