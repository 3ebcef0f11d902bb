"""What an earlier `make up` left in the state folder, so that the next one goes on with the same nodes."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from historia_local.endpoints import SECRETS
from historia_local.engine import Kind
from historia_local.errors import ConfigurationError, LocalError

OURS = ("nodes", "logs", "blank", *SECRETS, "pgpass", "container.env", "api.pid", "lock")  # blank: of earlier releases


@dataclass(frozen=True)
class State:
    kind: Kind
    reason: str
    ports: list[int]
    api_port: int
    binaries: str = ""
    embedded: bool = False
    major: int = 0
    image: str = ""

    @property
    def workers(self) -> int:
        return len(self.ports) - 1

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / "state.json.partial"
        partial.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")
        partial.replace(folder / "state.json")


def load(folder: Path) -> State | None:
    """None: nothing was ever started here."""
    try:
        return State(**json.loads((folder / "state.json").read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise LocalError(f"No se entiende {folder / 'state.json'}; make clean empieza de nuevo.") from error


def started(folder: Path) -> bool:
    """Whether something was ever started here, understood or not."""
    return (folder / "state.json").exists()


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Only one command at a time changes what runs."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise ConfigurationError(
            f"No se puede escribir en {folder} ({error.strerror}); elija otra con HISTORIA_STATE."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(f"Otra orden está trabajando con {folder}; espere a que termine.") from None
        try:
            yield
        finally:
            if not started(folder):  # nothing came of it
                (folder / "lock").unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    folder.rmdir()


def remove(folder: Path) -> None:
    """Everything we put there, and nothing that somebody else may have."""
    for path in (*(folder / name for name in OURS), *folder.glob("state.json*"), *folder.glob("postgresql-*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
