"""What the commands raise when they stop on purpose; each error knows the exit code a Job reads. It must not print."""

# Where a message leads: one line for each page of docs/runbooks
MOVES_RUNBOOK = "Más: docs/runbooks/mover-fragmentos.md"
ABSENT_RUNBOOK = "Más: docs/runbooks/worker-no-responde.md"
CERTIFICATES_RUNBOOK = "Más: docs/runbooks/certificados.md"
LOGIN_RUNBOOK = "Más: docs/runbooks/nodo-no-deja-entrar.md"
SPACE_RUNBOOK = "Más: docs/runbooks/sin-espacio.md"
SPREAD_RUNBOOK = "Más: docs/runbooks/reparto-distinto.md"
UNFIT_RUNBOOK = "Más: docs/runbooks/worker-no-sirve.md"
UPGRADE_RUNBOOK = "Más: docs/runbooks/actualizar-citus.md"
LOST_RUNBOOK = "Más: docs/runbooks/worker-perdido.md"
CLONED_RUNBOOK = "Más: docs/runbooks/volumen-clonado.md"
AUDIT_RUNBOOK = "Más: docs/runbooks/auditoria-alterada.md"
BUCKET_RUNBOOK = "Más: docs/runbooks/sellos-atrasados.md"
STOPPED_RUNBOOK = "Más: docs/runbooks/worker-apagado.md"


class HookError(Exception):
    """A stop with a sentence for people; the message never holds a secret."""

    exit_code = 1


class TryAgain(HookError):  # noqa: N818 - it is what the caller should do, and reads so in a raise
    """Something is not ready yet; the same command will work later."""

    exit_code = 75


class Misconfigured(HookError):  # noqa: N818 - as above
    """A person has to change a value; running again changes nothing."""

    exit_code = 78


class Tampered(HookError):  # noqa: N818 - as above
    """The audit is not as it was written; nothing that this program could do makes that good."""

    exit_code = 65
