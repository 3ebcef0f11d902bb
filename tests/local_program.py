"""`historia-local` as `make` calls it, with a state folder and ports of its own."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

Local = Callable[..., "subprocess.CompletedProcess[str]"]


def local_program(folder: pathlib.Path, pg_port: int, api_port: int, engine: str) -> Local:
    """A function local(*arguments, **variables); the variables are those that `make up` takes."""
    own = {"HISTORIA_STATE": str(folder), "PG_PORT": str(pg_port), "API_PORT": str(api_port), "ENGINE": engine}

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [pathlib.Path(sys.executable).with_name("historia-local"), *arguments],
            env=dict(os.environ) | own | variables,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return run
