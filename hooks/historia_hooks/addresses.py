"""The address of a node: the name and port under which PostgreSQL answers and Citus registers it. No I/O."""

from dataclasses import dataclass

DEFAULT_PORT = 5432


@dataclass(frozen=True, order=True)
class Address:
    name: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


def parse_address(text: str, default_port: int = DEFAULT_PORT) -> Address:
    """`name` or `name:port`."""
    name, _, port = text.strip().partition(":")
    number = int(port) if port.isdecimal() else 0 if port else default_port
    if not name or not 1 <= number <= 65535:
        raise ValueError("no es nombre ni nombre:puerto")
    return Address(name, number)


def parse_addresses(text: str) -> tuple[Address, ...]:
    """A comma separated list; empty parts do not count, repeated ones are refused."""
    found = tuple(parse_address(part) for part in text.split(",") if part.strip())
    if len(set(found)) != len(found):
        raise ValueError("hay un nodo repetido")
    return found
