"""Every variable the API reads, typed and described. Nothing else in the package looks at the environment."""

import os
import re
import sys
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from historia_clinica.routing import Address, Routing
from historia_clinica.web import may_be_asked

PREFIX = "HISTORIA_"
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
Auth = Literal["off", "required"]
LEAST_KEY = 32  # characters
NODE = r"[A-Za-z0-9._-]+(:[0-9]{1,5})?"
# A Kubernetes Service whose name begins like our prefix injects variables of these shapes into every pod beside it.
SERVICE_LINK = re.compile(r"_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$")


class Settings(BaseSettings):
    """Names with the `historia_` prefix are ours alone, so an unknown one is a spelling mistake and refused."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True, hide_input_in_errors=True)

    postgres_host: str = Field(description="Address of the coordinator, or the folder of its Unix socket.")
    postgres_port: int = Field(5432, ge=1, le=65535, description="Port of the coordinator.")
    postgres_user: str = Field("historia_app", description="Role of the API; it owns nothing.")
    postgres_password: SecretStr = Field(description="Password of that role.")
    postgres_db: str = Field("historia_clinica", description="Name of the database.")
    postgres_sslmode: SslMode = Field("prefer", description="libpq's sslmode, for every node.")
    postgres_sslrootcert: str = Field("", description="File of the CA that signs the nodes' certificates.")

    historia_signing_key: SecretStr = Field(
        min_length=LEAST_KEY,
        description="Key with which the API signs what it gives out and recognises later, such as cursors; of 32 "
        "characters or more, and the same for all replicas.",
    )

    historia_signing_keys_accepted: SecretStr = Field(
        SecretStr(""),
        description="More signing keys, comma separated, whose tokens are accepted as well: the next one before it "
        "signs, the previous one until its tokens have expired.",
    )

    historia_auth: Auth = Field(
        "off",
        description="off: who sends no token is let in as well; required: only who sends a valid token, but for "
        "probes, the documentation, the laboratory's paths and the login.",
    )
    historia_token_seconds: int = Field(600, ge=60, le=3600, description="Seconds an access token lives.")
    historia_session_seconds: int = Field(43200, ge=600, description="Seconds after which one has to log in again.")
    historia_session_idle: int = Field(3600, ge=120, description="Seconds a session may go without being renewed.")
    historia_renewal_grace: int = Field(
        10, ge=0, le=60, description="Seconds in which a refresh token serves once more, in case the answer was lost."
    )
    historia_login_attempts: int = Field(
        10, ge=1, le=1000, description="Failed logins of one account in a window, after which it waits for the next."
    )
    historia_login_window: int = Field(900, ge=60, le=86400, description="Seconds of that window.")
    historia_oidc_issuer: str = Field(
        "",
        description="Address of the identity provider, as it calls itself in its tokens (`iss`); https. Empty: none, "
        "and everybody enters with a password.",
    )
    historia_oidc_client_id: str = Field(
        "", max_length=255, description="Client that its ID tokens must be for; with HISTORIA_OIDC_ISSUER."
    )
    historia_oidc_ca_file: str = Field(
        "", description="File of the CA that signs the provider's certificate, in place of those of the system."
    )
    historia_emergency_minutes: int = Field(
        60, ge=5, le=240, description="Minutes that a physician may see a patient after breaking the glass."
    )
    historia_argon2_memory: int = Field(
        65536, ge=7168, le=1048576, description="KiB that one check of a password takes; see HISTORIA_ARGON2_AT_ONCE."
    )
    historia_argon2_time: int = Field(3, ge=1, le=100, description="Passes over that memory.")
    historia_argon2_at_once: int = Field(
        2, ge=1, le=64, description="Checks of passwords at the same time in each server process; more wait, then 503."
    )

    historia_compat_anonymous_usuarios: bool = Field(
        False, description="GET /usuarios answers without a token, as the laboratory's page did."
    )

    historia_routing: Routing = Field(
        Routing.COORDINATOR,
        description="Where a request about one patient goes: coordinator, workers (any) or owner (the patient's node). "
        "The coordinator unless told otherwise: one clock dates every row, and workers serve one client less.",
    )
    historia_workers: str = Field(
        "",
        pattern=rf"^({NODE}(,{NODE})*)?$",
        description="Workers, name[:port], comma separated, that tell a process where the patients are when it starts "
        "while the coordinator does not answer; one name may stand for all of them.",
    )

    historia_pool_size: int = Field(8, ge=1, le=100, description="Connections of each server process to each node.")
    historia_pool_timeout: float = Field(3, gt=0, le=30, description="Seconds a request waits for a free connection.")
    historia_pool_recycle: int = Field(1800, ge=1, description="Seconds after which a connection is replaced.")
    historia_connect_timeout: int = Field(3, ge=2, le=30, description="Seconds to open a connection.")
    historia_statement_timeout: int = Field(9000, ge=100, description="Milliseconds one statement may run.")
    historia_lock_timeout: int = Field(
        8500,
        ge=100,
        description="Milliseconds one statement may wait for a lock. What is about a patient who moves to another node "
        "waits for the end of it.",
    )
    historia_deadline: float = Field(
        10, gt=0, le=60, description="Seconds after its arrival in which a request begins something in the database."
    )
    historia_idle_timeout: int = Field(10000, ge=100, description="Milliseconds a transaction may stay idle.")

    historia_max_body: int = Field(1048576, ge=1024, description="Largest request body, in bytes.")
    historia_readiness_budget: float = Field(0.8, gt=0, le=5, description="Seconds /readyz may spend on the database.")
    historia_readiness_cache: float = Field(3, ge=0, le=60, description="Seconds a verdict of /readyz is reused.")

    historia_bind: str = Field("0.0.0.0:8080", description="Address and port of the server.")
    historia_metrics_port: int = Field(
        0, ge=0, le=65535, description="Port of its own for GET /metrics, at the address of HISTORIA_BIND; 0: none."
    )
    historia_server_workers: int = Field(1, ge=1, le=2, description="Server processes; scale by replicas instead.")
    historia_server_threads: int = Field(8, ge=1, le=100, description="Threads of each server process.")
    historia_queue_size: int = Field(
        32,
        ge=0,
        le=900,
        description="Requests of each server process that wait for a thread; with more, 503 at once.",
    )
    historia_graceful_timeout: int = Field(20, ge=1, le=300, description="Seconds running requests get to finish.")
    historia_log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged.")

    @property
    def first_workers(self) -> tuple[Address, ...]:
        """The workers of `historia_workers`; without a port they have the coordinator's."""
        listed = (node.partition(":") for node in self.historia_workers.split(",") if node)
        return tuple(Address(name, int(port or self.postgres_port)) for name, _, port in listed)

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """The first signs, all are accepted."""
        further = self.historia_signing_keys_accepted.get_secret_value().split(",")
        return (self.historia_signing_key.get_secret_value(), *(key.strip() for key in further if key.strip()))

    @property
    def metrics_bind(self) -> str:
        """Where /metrics is answered."""
        return f"{self.historia_bind.rpartition(':')[0]}:{self.historia_metrics_port}"

    @model_validator(mode="after")
    def _count_once(self) -> Self:
        """The port decides what is answered, and a Unix socket has none; processes would count each by itself."""
        if not self.historia_metrics_port:
            return self
        port = self.historia_bind.rpartition(":")[2]
        if not port.isdecimal() or int(port) == self.historia_metrics_port:
            raise ValueError("HISTORIA_METRICS_PORT: HISTORIA_BIND debe llevar dirección y puerto, y otro puerto")
        if self.historia_server_workers > 1:
            raise ValueError("HISTORIA_METRICS_PORT: pide HISTORIA_SERVER_WORKERS=1; añada réplicas en vez de procesos")
        return self

    @model_validator(mode="after")
    def _accept_long_keys(self) -> Self:
        if any(len(key) < LEAST_KEY for key in self.signing_keys):
            raise ValueError(f"HISTORIA_SIGNING_KEYS_ACCEPTED: una clave tiene menos de {LEAST_KEY} caracteres")
        return self

    @model_validator(mode="after")
    def _know_the_whole_provider(self) -> Self:
        issuer, client = self.historia_oidc_issuer, self.historia_oidc_client_id
        if bool(issuer) != bool(client):
            missing, said = ("CLIENT_ID", "ISSUER") if issuer else ("ISSUER", "CLIENT_ID")
            raise ValueError(f"HISTORIA_OIDC_{missing}: falta, y HISTORIA_OIDC_{said} la necesita")
        if self.historia_oidc_ca_file and not issuer:
            raise ValueError("HISTORIA_OIDC_ISSUER: falta, y HISTORIA_OIDC_CA_FILE la necesita")
        if issuer and ("?" in issuer or not may_be_asked(issuer)):
            raise ValueError("HISTORIA_OIDC_ISSUER: debe ser una dirección https:// sin «?» ni «#»")
        return self

    @model_validator(mode="after")
    def _know_every_name(self) -> Self:
        unknown = unknown_names(os.environ)
        if unknown:
            raise ValueError(f"variables desconocidas: {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _know_the_authority(self) -> Self:
        if self.postgres_sslmode.startswith("verify") and not self.postgres_sslrootcert:
            raise ValueError(f"POSTGRES_SSLROOTCERT: falta, y POSTGRES_SSLMODE={self.postgres_sslmode} la necesita")
        return self


def unknown_names(names: Iterable[str]) -> list[str]:
    """Variables under our prefix that no field reads, apart from those Kubernetes injects for Services."""
    known = {field.upper() for field in Settings.model_fields}
    ours = (name for name in names if name.upper().startswith(PREFIX))
    return sorted(name for name in ours if name.upper() not in known and not SERVICE_LINK.search(name.upper()))


def read_settings() -> Settings:
    """For the server: it ends with one sentence that names the wrong variables, and never their values."""
    try:
        return Settings()
    except ValidationError as error:
        sys.exit("Configuración no válida: " + "; ".join(map(_sentence, error.errors(include_input=False))))


def _sentence(wrong: ErrorDetails) -> str:
    name = ".".join(map(str, wrong["loc"])).upper()
    if wrong["type"] == "value_error":
        return str(wrong["ctx"]["error"])
    if wrong["type"] == "too_short":
        return f"{name}: tiene menos de {wrong['ctx']['min_length']} caracteres"
    return f"{name}: {'falta' if wrong['type'] == 'missing' else 'el valor no sirve'}"
