"""The operating system user the servers run as. PostgreSQL refuses root, so root lends its servers another one."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from historia_local.errors import LocalError

UNPRIVILEGED = ("postgres", "nobody")
Completed: TypeAlias = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def lent(self) -> bool:
        """Whether it is somebody else's account, which only root can use."""
        return self.uid != os.geteuid()

    def run(self, argv: Sequence[str], environment: Mapping[str, str], timeout: float) -> Completed:
        """Run a program to its end as this user, from a folder that everybody may enter, with both outputs in one."""
        lent: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.lent else {}
        done: Completed = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd="/",
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            **lent,
        )
        return done

    def can_execute(self, program: Path) -> bool:
        """Whether this user reaches the program through every folder above it."""
        try:
            return self.run([str(program), "--version"], {}, 30).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def can_enter(self, folder: Path) -> bool:
        return not self.lent or self.run(["test", "-x", str(folder)], {"PATH": os.defpath}, 30).returncode == 0

    def give(self, path: Path) -> None:
        """Make this user the owner of a file or of a whole folder."""
        if not self.lent:
            return
        shutil.chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)


def server_account() -> Account:
    """Ourselves, or as root the first unprivileged user that exists."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LocalError(
        f"PostgreSQL no se ejecuta como root y no existe ninguno de los usuarios {', '.join(UNPRIVILEGED)}."
    )
