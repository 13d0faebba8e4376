"""Where a host is. Pure."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine: nobody is in between, certificates may be of its own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
