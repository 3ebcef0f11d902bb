"""What a person can say by environment variables to the local mode (`make up ENGINE=postgresql API_PORT=9090`)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from historia_local.errors import ConfigurationError

Wanted = Literal["auto", "citus", "docker", "postgresql"]
DEFAULT_WORKERS = 2
DEFAULT_PG_PORT = 15432
DEFAULT_API_PORT = 8080


@dataclass(frozen=True)
class Options:
    """None: not said, so the earlier run decides, or the default."""

    engine: Wanted
    workers: int | None
    pg_port: int | None
    api_port: int | None
    image: str
    state: Path

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Options":
        engine = environment.get("ENGINE") or "auto"
        if engine not in get_args(Wanted):
            raise ConfigurationError(f"ENGINE={engine} no existe; puede ser {', '.join(get_args(Wanted))}.")
        return cls(
            engine=cast("Wanted", engine),
            workers=_number(environment, "WORKERS", 0, 32),
            pg_port=_number(environment, "PG_PORT", 1, 65500),
            api_port=_number(environment, "API_PORT", 1, 65535),
            image=environment.get("CITUS_IMAGE", ""),
            state=_state_folder(environment),
        )


def _number(environment: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    said = environment.get(name, "")
    if not said:
        return None
    if not said.isdecimal() or not least <= int(said) <= most:
        raise ConfigurationError(f"{name}={said} no sirve: debe ser un número entre {least} y {most}.")
    return int(said)


def _state_folder(environment: Mapping[str, str]) -> Path:
    if said := environment.get("HISTORIA_STATE"):
        return Path(said).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/historia-clinica")
    home = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser().absolute() / "historia-clinica"
