"""Which addresses the API may ask, as a person wrote them or another server gave them."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

WRITTEN = re.compile(r"[!-~]{1,2000}")


def may_be_asked(address: str) -> bool:
    """https, or http to this very machine: nobody on the way can say something else."""
    if not WRITTEN.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        named = parts.hostname and parts.port != 0
    except ValueError:
        return False
    if not named or "@" in parts.netloc or "#" in address:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(str(parts.hostname)))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
