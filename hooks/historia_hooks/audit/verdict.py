"""What a verification of the audit comes to, and how it is shown."""

import json
from dataclasses import dataclass

KINDS = {"p": "paciente", "s": "sistema"}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: with a chain of a patient (`p`) or of the system (`s`), or with the seals."""

    text: str
    kind: str | None = None
    chain: str | None = None
    seq: int | None = None


@dataclass
class Verdict:
    """What was looked at so far; faults are told as they are found, and only counted here."""

    chains: int = 0
    rows: int = 0
    seals: int = 0
    faults: int = 0


def fault_line(fault: Fault, *, as_json: bool) -> str:
    kind = KINDS[fault.kind] if fault.kind else "sellos"
    if as_json:
        said = {"clase": kind, "cadena": fault.chain, "seq": fault.seq, "hallazgo": fault.text}
        return json.dumps(said, ensure_ascii=False)
    return f"{kind:<9}{fault.chain or '':<22}{'' if fault.seq is None else fault.seq:>8}  {fault.text}"


def verdict_line(verdict: Verdict, *, as_json: bool) -> str:
    if as_json:
        said = {"cadenas": verdict.chains, "filas": verdict.rows, "sellos": verdict.seals, "hallazgos": verdict.faults}
        return json.dumps({"sana": not verdict.faults, **said})
    looked = f"{verdict.chains} cadenas, {verdict.rows} filas, {verdict.seals} sellos"
    return f"{looked}: {f'{verdict.faults} hallazgos' if verdict.faults else 'todo está como se escribió'}"
