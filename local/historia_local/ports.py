"""Ports of this machine: whether one is taken, by whom, and what a person can do about it."""

import shutil
import subprocess
from collections.abc import Mapping

from historia_local.errors import ConfigurationError
from historia_local.processes import port_is_free


def refuse_taken(wanted: Mapping[int, str]) -> None:
    """Each port with the variable that chooses it. Called before anything starts: half a system helps nobody."""
    for port, variable in wanted.items():
        if not port_is_free(port):
            raise ConfigurationError(
                f"El puerto {port} está ocupado{listener(port)}. "
                f"Elija otro, por ejemplo: make up {variable}={port + 100}"
            )


def listener(port: int) -> str:
    """Who listens on a port, as part of a sentence; empty when it is not easily known."""
    for program, arguments in (
        ("ss", ["-Hltnp", f"sport = :{port}"]),
        ("lsof", ["-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fc"]),
    ):
        if not shutil.which(program):
            continue
        shown = subprocess.run([program, *arguments], capture_output=True, text=True, check=False).stdout
        name = shown.partition('users:(("')[2].partition('"')[0] or shown.partition("\nc")[2].partition("\n")[0]
        if name:
            return f" por {name}"
    return ""
