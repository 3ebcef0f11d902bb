"""The seals of the audit on a real cluster: made, kept on a volume of their own, verified; and the Job that fails."""

import base64
import json
import pathlib

import pytest
from cluster.release import WORKERS, Release, until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from historia_hooks.audit.seals import Seal, read_key, read_seal

CEDULA = "0102030405"
SETTINGS = (
    f"workers.count={WORKERS}",
    "audit.seals.enabled=true",
    "audit.seals.existingSecret=seals",
    "audit.seals.suspend=true",  # until somebody makes a Job of it
    "audit.seals.persistence.enabled=true",
    "audit.verify.enabled=true",
    "audit.verify.existingSecret=seals",
    "audit.verify.suspend=true",
)


def create_keys(release: Release) -> None:
    private = Ed25519PrivateKey.generate()
    keys = {
        "sellos.pem": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "sellos-publica.pem": private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }
    data = {name: base64.b64encode(text).decode() for name, text in keys.items()}
    made = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "seals"}, "data": data}
    release.kubectl("create", "-f", "-", input=json.dumps(made))


def claim(release: Release) -> str:
    """What becomes of the volume; empty where there is none."""
    return release.kubectl(
        "get", "pvc", "hc-audit-seals", "--ignore-not-found", "-o", "jsonpath={.metadata.uid} {.status.phase}"
    )


@pytest.fixture(scope="module")
def installed(release: Release) -> Release:
    """First with a volume that nobody brings: to `--wait` it is as one that waits for the first pod that wants it."""
    create_keys(release)
    release.install(*SETTINGS, "audit.seals.persistence.storageClass=none-such")
    assert claim(release).endswith(" Pending")
    release.kubectl("delete", "pvc", "hc-audit-seals")
    release.upgrade(*SETTINGS)
    patient = {"cedula": CEDULA, "nombre": "Ana", "apellido": "Prueba"}
    assert release.post("/api/v1/pacientes", patient).status == 201
    return release


def ended(release: Release, command: str, job: str) -> tuple[str, str]:
    """How a Job of the CronJob ended, and what it printed."""
    release.kubectl("create", "job", job, f"--from=cronjob/hc-{command}")
    state = ("get", "job", job, "-o", "jsonpath={range .status.conditions[?(@.status=='True')]}{.type} {end}")
    ends = {"Complete", "Failed"}
    until(lambda: ends & set(release.kubectl(*state).split()), f"the end of the Job {job}")
    (end,) = ends & set(release.kubectl(*state).split())
    return end, release.kubectl("logs", f"job/{job}")


def seal(release: Release, job: str) -> Seal:
    end, printed = ended(release, "seal-audit", job)
    assert end == "Complete", printed
    (found,) = (one for one in map(read_seal, printed.splitlines()) if one)
    return found


def verified(release: Release, job: str) -> tuple[str, str]:
    return ended(release, "verify-audit", job)


def test_seals_are_printed_signed_and_follow_each_other(installed: Release, tmp_path: pathlib.Path) -> None:
    public = tmp_path / "public.pem"
    held = installed.kubectl("get", "secret", "seals", "-o", r"jsonpath={.data.sellos-publica\.pem}")
    public.write_bytes(base64.b64decode(held))
    first, second = seal(installed, "first"), seal(installed, "second")
    assert claim(installed).endswith(" Bound")
    assert all(read_key(public).verifies(one) for one in (first, second))
    assert second.sello == first.sello + 1
    assert second.anterior == first.digest(), "the file is there the next time"
    assert first.cadenas > 0
    end, printed = verified(installed, "sound")
    assert end == "Complete", printed
    assert f" {second.sello} sellos" in printed


def test_an_upgrade_leaves_the_volume_alone(installed: Release) -> None:
    before = claim(installed)
    installed.upgrade(*SETTINGS, "audit.seals.schedule=@daily")
    assert claim(installed) == before


def test_an_altered_row_makes_the_job_fail_once_and_its_log_names_nobody(installed: Release) -> None:
    seal(installed, "before")
    first = f"paciente_id = '{CEDULA}' AND seq = 1"
    ((said,),) = installed.sql(f"SELECT accion FROM auditoria WHERE {first}")
    installed.sql(f"UPDATE auditoria SET accion = 'otra' WHERE {first}")
    end, printed = verified(installed, "altered")
    installed.sql(f"UPDATE auditoria SET accion = '{said}' WHERE {first}")
    assert end == "Failed"
    assert "el contenido de la fila no corresponde a su hash" in printed
    assert CEDULA not in printed
    pods = installed.kubectl("get", "pods", "-l", "batch.kubernetes.io/job-name=altered", "-o", "name").split()
    assert len(pods) == 1
    assert verified(installed, "restored")[0] == "Complete"


def test_a_key_that_is_absent_or_the_wrong_one_is_refused(installed: Release) -> None:
    refused = installed.upgrade(*SETTINGS, "audit.seals.secretKey=elsewhere.pem", check=False)
    assert 'audit.seals.secretKey: al Secret "seals" le falta la clave "elsewhere.pem".' in refused.stderr
    swapped = ("audit.seals.secretKey=sellos-publica.pem", "audit.verify.secretKey=sellos.pem")
    refused = installed.upgrade(*SETTINGS, *swapped, check=False)
    assert 'audit.seals.secretKey: en el Secret "seals", "sellos-publica.pem" es la clave pública' in refused.stderr
    assert 'audit.verify.secretKey: en el Secret "seals", "sellos.pem" es la clave privada' in refused.stderr


def test_the_seals_outlive_the_release(installed: Release) -> None:
    before, last = claim(installed), seal(installed, "last")
    installed.helm("uninstall", "hc", "--wait")
    installed.install(*SETTINGS)
    assert claim(installed).split()[0] == before.split()[0]
    assert seal(installed, "next").anterior == last.digest()
