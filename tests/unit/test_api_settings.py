"""The environment: everything described, our prefix free of unknown names, secrets never shown."""

import pytest
from historia_clinica.routing import Address
from historia_clinica.settings import Settings, read_settings, unknown_names
from pydantic import ValidationError

KEY = "s3creto-" * 4
NEEDED = {"POSTGRES_HOST": "db", "POSTGRES_PASSWORD": "s3creto", "HISTORIA_SIGNING_KEY": KEY}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


def test_every_variable_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_defaults_and_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISTORIA_COMPAT_ANONYMOUS_USUARIOS", "true")
    settings = Settings()
    assert (settings.postgres_user, settings.postgres_port, settings.postgres_db) == (
        "historia_app",
        5432,
        "historia_clinica",
    )
    assert settings.historia_compat_anonymous_usuarios is True
    assert settings.historia_bind == "0.0.0.0:8080"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISTORIA_POOL_SIZE", "")
    assert Settings().historia_pool_size == 8


def test_workers_have_the_port_of_the_coordinator_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().first_workers == ()
    monkeypatch.setenv("HISTORIA_WORKERS", "hc-worker-nodes,127.0.0.1:25433")
    assert Settings().first_workers == (Address("hc-worker-nodes", 5432), Address("127.0.0.1", 25433))
    monkeypatch.setenv("HISTORIA_WORKERS", "uno dos")
    with pytest.raises(ValidationError, match="historia_workers"):
        Settings()


def test_a_misspelt_name_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISTORIA_POOL_SISE", "9")
    with pytest.raises(ValidationError, match="HISTORIA_POOL_SISE"):
        Settings()


def test_names_of_others_and_links_of_services_are_left_alone() -> None:
    links = [
        "HISTORIA_MIDDLEWARE_SERVICE_HOST",
        "HISTORIA_MIDDLEWARE_SERVICE_PORT",
        "HISTORIA_MIDDLEWARE_SERVICE_PORT_HTTP",
        "HISTORIA_MIDDLEWARE_PORT",
        "HISTORIA_MIDDLEWARE_PORT_8080_TCP",
        "HISTORIA_MIDDLEWARE_PORT_8080_TCP_ADDR",
    ]
    assert unknown_names(["PATH", "POSTGRES_EXTRA", *links, *NEEDED]) == []


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "s3creto" not in repr(Settings())
    monkeypatch.setenv("POSTGRES_PORT", "s3creto")
    with pytest.raises(ValidationError) as refusal:
        Settings()
    assert "s3creto" not in str(refusal.value)


def test_the_server_ends_with_a_sentence_that_names_variables_and_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTGRES_HOST", raising=False)
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3creto")
    monkeypatch.setenv("POSTGRES_PORT", "muchos")
    with pytest.raises(SystemExit) as ended:
        read_settings()
    assert ended.value.code == "Configuración no válida: POSTGRES_HOST: falta; POSTGRES_PORT: el valor no sirve"


@pytest.mark.parametrize(("key", "wrong"), [("", "falta"), ("s3creto" * 4, "tiene menos de 32 caracteres")])
def test_the_key_that_signs_is_there_and_long(monkeypatch: pytest.MonkeyPatch, key: str, wrong: str) -> None:
    monkeypatch.setenv("HISTORIA_SIGNING_KEY", key)
    with pytest.raises(SystemExit) as ended:
        read_settings()
    assert ended.value.code == f"Configuración no válida: HISTORIA_SIGNING_KEY: {wrong}"


def test_a_mode_that_verifies_needs_an_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_SSLMODE", "verify-full")
    with pytest.raises(SystemExit) as ended:
        read_settings()
    assert "POSTGRES_SSLROOTCERT: falta, y POSTGRES_SSLMODE=verify-full la necesita" in str(ended.value.code)
    monkeypatch.setenv("POSTGRES_SSLROOTCERT", "/ca.crt")
    assert Settings().postgres_sslmode == "verify-full"


@pytest.mark.parametrize(
    ("others", "wrong"),
    [
        ({"HISTORIA_BIND": "0.0.0.0:9464"}, "HISTORIA_BIND debe llevar dirección y puerto, y otro puerto"),
        ({"HISTORIA_BIND": "unix:/run/api.sock"}, "HISTORIA_BIND debe llevar dirección y puerto, y otro puerto"),
        ({"HISTORIA_SERVER_WORKERS": "2"}, "HISTORIA_SERVER_WORKERS=1; añada réplicas"),
    ],
)
def test_metrics_have_a_port_and_a_process_of_their_own(
    others: dict[str, str], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    assert Settings().historia_metrics_port == 0
    monkeypatch.setenv("HISTORIA_METRICS_PORT", "9464")
    with pytest.raises(SystemExit) as ended:
        read_settings()
    assert wrong in str(ended.value.code)


def test_metrics_are_told_at_the_address_of_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISTORIA_BIND", "[::]:8080")
    monkeypatch.setenv("HISTORIA_METRICS_PORT", "9464")
    assert Settings().metrics_bind == "[::]:9464"


PROVIDER = {"HISTORIA_OIDC_ISSUER": "https://id.example.org/realms/hospital", "HISTORIA_OIDC_CLIENT_ID": "historia"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"HISTORIA_OIDC_CLIENT_ID": ""}, "HISTORIA_OIDC_CLIENT_ID: falta, y HISTORIA_OIDC_ISSUER la necesita"),
        ({"HISTORIA_OIDC_ISSUER": ""}, "HISTORIA_OIDC_ISSUER: falta, y HISTORIA_OIDC_CLIENT_ID la necesita"),
        (
            {"HISTORIA_OIDC_ISSUER": "", "HISTORIA_OIDC_CLIENT_ID": "", "HISTORIA_OIDC_CA_FILE": "/ca.crt"},
            "HISTORIA_OIDC_ISSUER: falta, y HISTORIA_OIDC_CA_FILE la necesita",
        ),
        *(
            ({"HISTORIA_OIDC_ISSUER": address}, "HISTORIA_OIDC_ISSUER: debe ser una dirección https://")
            for address in (
                "id.example.org",
                "http://id.example.org",
                "http://127.0.0.1.example.org",
                "http://localhost.example.org",
                "https://",
                "https://id.example.org?realm=1",
                "https://id.example.org#a",
                "https://a:b@id.example.org",
                "https://id.example.org:puerto",
                "https://id.example.org/ñ",
                "https://id.example.org/a b",
                "file:///etc/passwd",
            )
        ),
    ],
)
def test_half_a_provider_and_one_without_tls_are_refused(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], sentence: str
) -> None:
    for name, value in (PROVIDER | changes).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=sentence):
        read_settings()


@pytest.mark.parametrize(
    "address", [PROVIDER["HISTORIA_OIDC_ISSUER"], "http://127.0.0.1:9998/", "http://localhost:1", "http://[::1]:9998"]
)
def test_a_provider_is_asked_with_tls_or_on_this_machine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name, value in (PROVIDER | {"HISTORIA_OIDC_ISSUER": address}).items():
        monkeypatch.setenv(name, value)
    assert read_settings().historia_oidc_issuer == address
