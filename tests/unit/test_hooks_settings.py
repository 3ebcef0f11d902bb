"""What the environment may say to the hooks, and how the hooks answer when it is wrong."""

import pytest
from historia_hooks.addresses import Address, parse_addresses
from historia_hooks.errors import Misconfigured
from historia_hooks.settings import read_settings

BASE = {"POSTGRES_HOST": "db", "POSTGRES_PASSWORD": "muy-secreta", "HISTORIA_APP_PASSWORD": "tambien-secreta"}
NAMES = [
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_DB",
    "HISTORIA_APP_PASSWORD",
    "HISTORIA_COORDINATOR",
    "HISTORIA_WORKERS",
    "HISTORIA_USUARIO",
    "HISTORIA_TIMEOUT",
    "HISTORIA_API_URL",
    "POSTGRES_SSLMODE",
    "POSTGRES_SSLROOTCERT",
]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in BASE.items():
        monkeypatch.setenv(name, value)


def test_defaults() -> None:
    settings = read_settings()
    assert (settings.port, settings.owner, settings.database) == (5432, "admin", "historia_clinica")
    assert (settings.workers, settings.usuario, settings.timeout) == ((), "reference", 240)
    assert settings.coordinator == Address("db", 5432)


def test_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISTORIA_WORKERS", "w-0.nodos:6432, w-1.nodos,")
    monkeypatch.setenv("HISTORIA_COORDINATOR", "c-0.nodos")
    monkeypatch.setenv("POSTGRES_PORT", "5433")
    settings = read_settings()
    assert settings.workers == (Address("w-0.nodos", 6432), Address("w-1.nodos", 5432))
    assert settings.coordinator == Address("c-0.nodos", 5433)
    assert settings.entrance == Address("db", 5433)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HISTORIA_USUARIO", "otra", "HISTORIA_USUARIO: debe ser reference o documento_id"),
        ("HISTORIA_REBALANCE", "ya", "HISTORIA_REBALANCE: debe ser never, start o wait"),
        ("HISTORIA_DRAIN", "quizá", "HISTORIA_DRAIN: debe ser true o false"),
        ("HISTORIA_WORKERS", "w:puerto", "HISTORIA_WORKERS: deben ser nombres"),
        ("HISTORIA_WORKERS", "w:99999", "HISTORIA_WORKERS: deben ser nombres"),
        ("HISTORIA_WORKERS", "w,w", "HISTORIA_WORKERS: deben ser nombres"),
        ("HISTORIA_WORKERS", "w,db", "HISTORIA_WORKERS nombra al coordinador"),
        ("HISTORIA_COORDINATOR", "c:x", "HISTORIA_COORDINATOR: debe ser nombre o nombre:puerto"),
        ("POSTGRES_PORT", "70000", "POSTGRES_PORT: valor no válido"),
        ("POSTGRES_PASSWORD", "", "POSTGRES_PASSWORD: está vacía"),
        ("HISTORIA_TIMEOUT", "0", "HISTORIA_TIMEOUT: valor no válido"),
        (
            "POSTGRES_SSLMODE",
            "verify",
            "POSTGRES_SSLMODE: debe ser disable, allow, prefer, require, verify-ca o verify",
        ),
        ("POSTGRES_SSLMODE", "verify-full", "POSTGRES_SSLROOTCERT: falta, y POSTGRES_SSLMODE=verify-full la necesita"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=sentence) as refused:
        read_settings()
    assert refused.value.exit_code == 78
    assert "secreta" not in str(refused.value)


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTGRES_HOST")
    with pytest.raises(Misconfigured, match="POSTGRES_HOST: falta"):
        read_settings()


def test_what_libpq_is_told_about_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().encryption == {"sslmode": "prefer"}
    monkeypatch.setenv("POSTGRES_SSLMODE", "verify-full")
    monkeypatch.setenv("POSTGRES_SSLROOTCERT", "/ca.crt")
    assert read_settings().encryption == {"sslmode": "verify-full", "sslrootcert": "/ca.crt"}


def test_secrets_do_not_show() -> None:
    assert "secreta" not in repr(read_settings())


def test_an_empty_list_of_workers() -> None:
    assert parse_addresses("") == parse_addresses(" , ") == ()
