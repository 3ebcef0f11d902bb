"""What the schema cannot see is refused in Spanish, with the key and the cure, and all at once."""

import re
from typing import Any

import pytest
from chart.render import CHART, SUBCHART, refusal, render

SECRET_CERTIFICATE = {
    "tls": {"mode": "existingSecret", "existingSecret": "certificate"},
    "middleware": {"database": {"caSecret": "certificate"}},
}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "databaseHost": (
        {"coordinator": {"fullnameOverride": "db"}},
        'middleware.database.host: es "hc-coordinator", pero el Service del coordinador se llama "db". '
        "Ponga middleware.database.host=db",
    ),
    "databaseWorkers": (
        {"workers": {"fullnameOverride": "shard"}, "middleware": {"routing": "owner"}},
        'middleware.database.workers: es "hc-worker-nodes", pero el Service de los workers se llama "shard-nodes". '
        "Ponga middleware.database.workers=shard-nodes",
    ),
    "databaseSecret": (
        {"auth": {"existingSecret": "mine"}},
        'middleware.database.existingSecret: es "hc-auth", pero las contraseñas están en el Secret "mine". '
        "Ponga middleware.database.existingSecret=mine.",
    ),
    "databaseSecretKey": (
        {"auth": {"secretKeys": {"appPassword": "api"}}},
        'middleware.database.secretKey: es "app-password", pero auth.secretKeys.appPassword es "api".',
    ),
    "signingKey": (
        {"auth": {"secretKeys": {"signingKey": "signature"}}},
        'middleware.signing.secretKey: es "signing-key", pero auth.secretKeys.signingKey es "signature".',
    ),
    "secretKeys": (
        {"auth": {"secretKeys": {"postgresPassword": "app-password"}}},
        'auth.secretKeys: appPassword y postgresPassword nombran la misma clave, "app-password".',
    ),
    "names": (
        {"workers": {"fullnameOverride": "hc-coordinator"}},
        'workers.fullnameOverride: coordinador y workers se llamarían "hc-coordinator".',
    ),
    "parameters": (
        {"postgresql": {"parameters": {"port": 5433}}},
        'postgresql.parameters: "port" lo fija el chart. Quítelo',
    ),
    "clients": (
        {"middleware": {"service": {"type": "LoadBalancer"}}},
        "networkPolicy.clients: middleware.service.type es LoadBalancer, que publica la API fuera del clúster, pero la "
        "lista no admite a nadie de fuera. Añada las redes de sus usuarios",
    ),
    "extraEnv": (
        {"coordinator": {"extraEnv": {"PGSSLROOTCERT": "/elsewhere"}}},
        'coordinator.extraEnv: "PGSSLROOTCERT" lo fija el chart. Quítelo de coordinator.extraEnv',
    ),
    "latest": (
        {"postgresql": {"image": {"tag": "latest"}}},
        'postgresql.image.tag: "latest" no dice qué versión se ejecuta, y mañana puede ser otra.',
    ),
    "middleware": (
        {"middleware": {"extraEnv": {"POSTGRES_PASSWORD": "clear"}}},
        'middleware.extraEnv: "POSTGRES_PASSWORD" lo fija el chart. Quítelo de middleware.extraEnv',
    ),
    "extraVolumes": (
        {"hooks": {"extraVolumeMounts": [{"name": "ca", "mountPath": "/ca"}]}},
        'hooks.extraVolumeMounts: monta "ca", que no está en hooks.extraVolumes. Añádalo allí o corrija el nombre.',
    ),
    "citusImage": (
        {"postgresql": {"image": {"repository": "library/postgres", "tag": "17"}}},
        "workers.count: es 2, pero la imagen library/postgres no trae Citus y sin él no hay workers. "
        "Ponga workers.count=0",
    ),
    "walLevel": (
        {"postgresql": {"parameters": {"wal_level": "replica"}}},
        'postgresql.parameters: wal_level es "replica", y los pacientes se mueven entre workers por '
        "replicación lógica. Ponga postgresql.parameters.wal_level=logical.",
    ),
    "jobMode": (
        {"hooks": {"mode": "job"}, **SECRET_CERTIFICATE},
        "auth.existingSecret: está vacío y hooks.mode es job.",
    ),
    "monitoring": (
        {"monitoring": {"dashboard": {"enabled": True}}},
        "monitoring.dashboard.enabled: nadie da las métricas. Ponga middleware.enabled=true y "
        "middleware.metrics.enabled=true, o monitoring.dashboard.enabled=false.",
    ),
    "audit": (
        {"audit": {"seals": {"enabled": True}}},
        "audit.seals.existingSecret: está vacío y audit.seals.enabled es true. Ponga el nombre de un Secret con la "
        'clave privada Ed25519 en "sellos.pem" (docs/operar.md dice cómo hacerla), o audit.seals.enabled=false.',
    ),
    "tlsMode": (
        {"tls": {"mode": "certManager"}},
        "tls.certManager.issuerRef.name: está vacío y tls.mode es certManager. Ponga el nombre de un Issuer",
    ),
    "tlsClient": (
        {"tls": {"mode": "off"}},
        'middleware.database.sslmode: es "verify-full", pero con tls.mode off los nodos no tienen certificado. '
        "Ponga middleware.database.sslmode=prefer, u otro tls.mode.",
    ),
    "ingress": (
        {"middleware": {"ingress": {"enabled": True, "hosts": [{"host": "historia.example.org"}]}}},
        "networkPolicy.clients: middleware.ingress.enabled es true, pero la lista no nombra al controlador de Ingress "
        "y nada suyo llegaría a la API. Añada su namespace",
    ),
    "oidc": (
        {"networkPolicy": {"oidc": {"to": [{"ipBlock": {"cidr": "192.0.2.80/32"}}]}}},
        "networkPolicy.oidc: dice por dónde se llega al proveedor de identidad, y middleware.oidc.issuer está vacío.",
    ),
    "connections": (
        {"middleware": {"autoscaling": {"enabled": True, "maxReplicas": 30}}},
        "middleware.autoscaling.maxReplicas: es 30; con uno más mientras se actualiza, sus pods abren hasta 248 "
        "conexiones con un nodo, y postgresql.parameters.max_connections es 200. Baje el número de pods",
    ),
}
ASKS_THE_CLUSTER = {
    "auditComplete",
    "secretKnown",
    "secretComplete",
    "signingKeyKnown",
    "renamed",
    "tlsComplete",
}  # see tests/cluster/test_values.py and test_audit.py


def test_every_check_is_tested() -> None:
    texts = "".join(path.read_text() for path in (CHART / "templates").rglob("_validate*.tpl"))
    defines = re.findall(r'define "historia-clinica\.validate\.(\w+)"', texts)
    listed = re.findall(
        r'"(\w+)"', (CHART / "templates/validate.yaml").read_text().partition("-}}\n{{- range include")[0]
    )
    assert set(defines) == set(listed) == set(MISTAKES) | ASKS_THE_CLUSTER


@pytest.mark.parametrize("name", MISTAKES)
def test_refuses(name: str) -> None:
    values, message = MISTAKES[name]
    said = refusal(values)
    assert message in said
    assert said.count("\n  - ") == 1


def test_the_service_of_the_api_needs_a_name_of_its_own() -> None:
    said = refusal({"middleware": {"service": {"name": "hc-coordinator"}}})
    assert 'middleware.service.name: los Services del coordinador y de la API se llamarían "hc-coordinator"' in said


def test_all_mistakes_are_told_at_once() -> None:
    said = refusal(
        {
            "coordinator": {"fullnameOverride": "db"},
            "auth": {"existingSecret": "mine"},
            "postgresql": {"parameters": {"port": 1, "hba_file": "/tmp/x"}},
        }
    )
    assert said.count("\n  - ") == 4


def test_without_the_api_its_values_do_not_matter() -> None:
    render(values={"middleware": {"enabled": False}, "coordinator": {"fullnameOverride": "db"}})


def test_the_host_may_be_a_full_name() -> None:
    render(values={"middleware": {"database": {"host": "hc-coordinator.{{ .Release.Namespace }}.svc"}}})


def test_a_volume_of_the_chart_cannot_be_given_again() -> None:
    said = refusal({"workers": {"extraVolumes": [{"name": "pgdata", "emptyDir": {}}]}})
    assert 'workers.extraVolumes: "pgdata" es el nombre de un volumen del chart. Dé otro nombre al suyo.' in said


def test_a_published_service_needs_clients_only_where_policies_hold() -> None:
    published = {"middleware": {"service": {"type": "NodePort"}}}
    render(values={**published, "networkPolicy": {"enabled": False}})
    render(values={**published, "networkPolicy": {"clients": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}})


def test_plain_manifests_need_a_certificate_that_stays() -> None:
    said = refusal({"hooks": {"mode": "job"}, "auth": {"existingSecret": "mine"}})
    assert "tls.mode: es generated y hooks.mode es job." in said


def test_the_apis_chart_alone_tells_its_mistakes_itself() -> None:
    said = refusal({"extraEnv": {"POSTGRES_PASSWORD": "clear"}, "image": {"tag": "latest"}}, chart=SUBCHART)
    assert '- extraEnv: "POSTGRES_PASSWORD" lo fija el chart. Quítelo de extraEnv' in said
    assert '- image.tag: "latest" no dice' in said


def test_a_digest_says_which_image_latest_is() -> None:
    render(values={"hooks": {"image": {"tag": "latest", "digest": f"sha256:{'0' * 64}"}}})


def test_who_scrapes_must_be_let_in_where_policies_hold() -> None:
    scraped = {"monitoring": {"serviceMonitor": {"enabled": True}}, "middleware": {"metrics": {"enabled": True}}}
    said = refusal(scraped)
    assert "networkPolicy.monitoring: está vacío, y la política no deja pasar a quien recoge las métricas." in said
    assert said.count("\n  - ") == 1
    render(values={**scraped, "networkPolicy": {"monitoring": [{"namespaceSelector": {}}]}})
    render(values={**scraped, "networkPolicy": {"extra": {"middleware": {"ingress": [{}]}}}})
    render(values={**scraped, "networkPolicy": {"enabled": False}})


def test_metrics_need_a_port_and_a_process_of_their_own() -> None:
    values = {"metrics": {"enabled": True, "port": 8080}, "extraEnv": {"HISTORIA_SERVER_WORKERS": "2"}}
    said = refusal({"middleware": values})
    assert "middleware.metrics.port: es 8080, el puerto de la API. Ponga otro, por ejemplo 9464." in said
    assert "middleware.extraEnv: con middleware.metrics.enabled, HISTORIA_SERVER_WORKERS debe ser 1" in said
    render(values={"middleware": {"extraEnv": {"HISTORIA_SERVER_WORKERS": "2"}}})
