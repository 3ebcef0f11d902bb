"""The heads that seals have seen, in a database of SQLite without a name: beyond a few megabytes it lies on disk, and
is gone when it is closed.
"""

import sqlite3
from collections.abc import Iterator
from typing import TextIO

from historia_hooks.audit.chain import Point
from historia_hooks.audit.seals import Begin, Digest, Head, Key, Seal, read, root

SCHEMA = """
CREATE TABLE visto (clase TEXT, cadena TEXT, seq INTEGER, hash TEXT, presente INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY (clase, cadena, seq)) WITHOUT ROWID
"""
LAST = """
SELECT clase, cadena, seq, hash FROM visto v
 WHERE seq = (SELECT max(seq) FROM visto WHERE clase = v.clase AND cadena = v.cadena) ORDER BY clase, cadena
"""


class Memory:
    """What a file of seals says, and what is wrong with the file itself."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute(SCHEMA)
        self.seals: list[Seal] = []
        self.faults: list[str] = []

    def close(self) -> None:
        self._kept.close()

    def learn(self, file: TextIO, key: Key) -> None:
        """Every seal is verified as it comes, and the root of the last one against all that was read."""
        digest, faults = Digest(), list[str]()
        self._kept.execute("BEGIN")
        for number, line, said in read(file):
            match said:
                case Begin():  # what came since the last seal has none
                    self._kept.execute("ROLLBACK")
                    self._kept.execute("BEGIN")
                    digest, faults = Digest(), []
                case Head():
                    digest.add(line)
                    if not self._add(said):
                        faults.append(f"línea {number}: la cabeza está repetida")
                case Seal():
                    self._kept.execute("COMMIT")
                    self._kept.execute("BEGIN")
                    self.faults += faults
                    self.faults += (f"sello {said.sello}: {fault}" for fault in self._faults(said, digest, key))
                    self.seals.append(said)
                    digest, faults = Digest(), []
                case None:
                    faults.append(f"línea {number}: no se entiende")
        self._kept.execute("ROLLBACK")
        if self.seals and root(self.heads()) != (self.seals[-1].raiz, self.seals[-1].cadenas, self.seals[-1].eventos):
            self.faults.append(f"sello {self.seals[-1].sello}: su raíz no es la de las cabezas del archivo")

    def heads(self) -> Iterator[Head]:
        """Of each chain the last that was seen, in the order of roots."""
        for row in self._kept.execute(LAST):
            yield Head(*row)

    def points(self, kind: str, chain: str) -> list[Point]:
        """Of a chain all that were seen; it is present, then."""
        self._kept.execute("UPDATE visto SET presente = 1 WHERE clase = ? AND cadena = ?", (kind, chain))
        rows = self._kept.execute(
            "SELECT seq, hash FROM visto WHERE clase = ? AND cadena = ? ORDER BY seq", (kind, chain)
        )
        return [Point(seq, bytes.fromhex(text)) for seq, text in rows]

    def absent(self) -> Iterator[Head]:
        """Chains that were sealed and that nobody has asked for."""
        for row in self._kept.execute(LAST):
            head = Head(*row)
            [present] = self._kept.execute(
                "SELECT max(presente) FROM visto WHERE clase = ? AND cadena = ?", (head.kind, head.chain)
            ).fetchone()
            if not present:
                yield head

    def _add(self, head: Head) -> bool:
        """Whether it was not there."""
        added = self._kept.execute(
            "INSERT OR IGNORE INTO visto (clase, cadena, seq, hash) VALUES (?, ?, ?, ?)",
            (head.kind, head.chain, head.seq, head.hash),
        )
        return added.rowcount == 1

    def _faults(self, seal: Seal, digest: Digest, key: Key) -> Iterator[str]:
        if not key.verifies(seal):
            yield "la firma no es de esta clave"
        if (seal.cambios, seal.huella) != (digest.lines, digest.hex()):
            yield "las cabezas que le preceden no son las que se sellaron"
        if self.seals and seal.anterior != self.seals[-1].digest():
            yield "no sigue al sello anterior"
