"""The address of a PostgreSQL as its own programs take it: variables of the environment."""

from __future__ import annotations

from sqlalchemy import make_url

_BY_VARIABLE = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "passfile": "PGPASSFILE",
}


def environ_of(address: str) -> dict[str, str]:
    """Return an address as the variables of PostgreSQL's own programs: a password is not seen."""
    url = make_url(address)
    hosts = url.query.get("host", url.host or "")
    each = [hosts] if isinstance(hosts, str) else list(hosts)
    pairs = [host.rsplit(":", 1) if host.count(":") == 1 else [host] for host in each]
    ports = [pair[1] if len(pair) == 2 else str(url.port or 5432) for pair in pairs]
    found = {
        "PGHOST": ",".join(pair[0] for pair in pairs),
        "PGPORT": ",".join(ports),
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
        "PGTARGETSESSIONATTRS": "read-write" if len(pairs) > 1 else "",
        **{to: str(url.query.get(name, "")) for name, to in _BY_VARIABLE.items()},
    }
    return {name: value for name, value in found.items() if value}
