"""Real servers (MongoDB, NATS, Caddy) from packaged binaries, each started on a loopback port."""
