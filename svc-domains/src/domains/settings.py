"""Settings of svc-domains."""

from gateway_kit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """The shared settings of a service with a database, and what DNS checks need.

    ``RESERVED_DOMAINS`` (comma-separated) names what no merchant may register, beside the site of
    ``MAIN_FRONTEND_DOMAIN``. ``EDGE_ADDRESS`` (``host:port``) is where certificates are looked at; without it there
    are no looks. ``DNS_SERVERS`` (comma-separated ``address`` or ``address:port``) replaces the machine's
    resolvers. One check may take ``DNS_DEADLINE_S`` seconds.
    """

    main_frontend_domain: str
    reserved_domains: str = ""
    edge_address: str = ""
    dns_servers: str = ""
    dns_deadline_s: float = 6.0

    @property
    def reserved(self) -> tuple[str, ...]:
        """As names in lower case."""
        return tuple(part.strip().lower() for part in self.reserved_domains.split(",") if part.strip())

    @property
    def edge(self) -> tuple[str, int] | None:
        """Host and port of the edge.

        Raises:
            ValueError: the port is no number.
        """
        host, _, port = self.edge_address.strip().rpartition(":")
        return (host, int(port)) if host else None

    @property
    def resolvers(self) -> tuple[tuple[str, int], ...]:
        """Address and port of each server; empty means those of the machine."""
        parts = [part.strip().rpartition(":") for part in self.dns_servers.split(",") if part.strip()]
        return tuple((host, int(port)) if host else (port, 53) for host, _, port in parts)
