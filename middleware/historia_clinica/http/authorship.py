"""Who writes: the one place through which the author of each change passes."""

from historia_clinica.http.request_id import request_id

ANONYMOUS = "api"  # nobody identifies himself yet


def authorship(motivo: str | None = None) -> dict[str, str | None]:
    """What a row keeps of the current request: its author, the reason (none for a first version), its identifier."""
    return {"cambiado_por": ANONYMOUS, "motivo": motivo, "peticion": request_id()}
