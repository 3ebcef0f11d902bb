"""Everything the environment can say to the hooks, typed. Secrets are SecretStr and are never part of a message."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from historia_hooks.addresses import Address, parse_address, parse_addresses
from historia_hooks.errors import Misconfigured

Usuario = Literal["reference", "documento_id"]
Rebalance = Literal["never", "start", "wait"]
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

IMAGE = "what the image of the nodes holds: version of {}; empty: not known, not checked"


def _addresses(value: Any) -> Any:
    return parse_addresses(value) if isinstance(value, str) else value


class Settings(BaseSettings):
    """The names are those of the environment variables (see each alias)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    host: str = Field(alias="POSTGRES_HOST", min_length=1, description="address of the coordinator")
    port: int = Field(alias="POSTGRES_PORT", default=5432, ge=1, le=65535)
    owner: str = Field(alias="POSTGRES_USER", default="admin", description="owner of the tables, superuser")
    password: SecretStr = Field(alias="POSTGRES_PASSWORD", min_length=1, description="the owner's password")
    previous_password: SecretStr = Field(
        alias="POSTGRES_PASSWORD_PREVIOUS",
        default=SecretStr(""),
        description="while the owner's password changes: the one that nodes may still have",
    )
    database: str = Field(alias="POSTGRES_DB", default="historia_clinica")
    sslmode: SslMode = Field(alias="POSTGRES_SSLMODE", default="prefer", description="libpq's sslmode")
    sslrootcert: str = Field(
        alias="POSTGRES_SSLROOTCERT", default="", description="file of the CA that signs the nodes' certificates"
    )
    app_password: SecretStr = Field(
        alias="HISTORIA_APP_PASSWORD", default=SecretStr(""), description="password of the role historia_app"
    )
    second_password: SecretStr = Field(
        alias="HISTORIA_APP_PASSWORD_B",
        default=SecretStr(""),
        description="password of historia_app_b, the API's other login; empty: there is none",
    )
    signing_key: SecretStr = Field(
        alias="HISTORIA_SIGNING_KEY",
        default=SecretStr(""),
        description="the API's key: each node keeps what verifies whose rows its transactions are about",
    )
    signing_keys_accepted: SecretStr = Field(
        alias="HISTORIA_SIGNING_KEYS_ACCEPTED", default=SecretStr(""), description="more such keys, comma separated"
    )
    coordinator_name: str = Field(
        alias="HISTORIA_COORDINATOR", default="", description="name[:port] under which the coordinator is registered"
    )
    workers: Annotated[tuple[Address, ...], NoDecode, BeforeValidator(_addresses)] = Field(
        alias="HISTORIA_WORKERS", default=(), description="wanted workers, name[:port], comma separated"
    )
    usuario: Usuario = Field(
        alias="HISTORIA_USUARIO", default="reference", description="how the table usuario is spread"
    )
    rebalance: Rebalance = Field(
        alias="HISTORIA_REBALANCE",
        default="start",
        description="what sync does with shards that should lie elsewhere: never, start (and go on) or wait",
    )
    drain: bool = Field(
        alias="HISTORIA_DRAIN", default=True, description="whether drain may move the shards of workers that leave"
    )
    timeout: float = Field(alias="HISTORIA_TIMEOUT", default=240, gt=0, description="seconds for all waiting together")
    first_leaving: str = Field(
        alias="HISTORIA_FIRST_LEAVING",
        default="",
        description="host name of the first worker that fewer workers would stop; drain looks it up while the database"
        " does not answer",
    )
    postgres_major: str = Field(
        alias="HISTORIA_POSTGRES_MAJOR", default="", pattern=r"^[0-9]*$", description=IMAGE.format("PostgreSQL, `17`")
    )
    citus_version: str = Field(
        alias="HISTORIA_CITUS_VERSION",
        default="",
        pattern=r"^([0-9]+[.][0-9]+([.-][0-9]+)?)?$",
        description=IMAGE.format("Citus, `14.1` or `14.1.0`"),
    )
    api_url: str = Field(alias="HISTORIA_API_URL", default="", description="base URL of the API, for selftest")
    audit_key: str = Field(
        alias="HISTORIA_AUDIT_KEY",
        default="",
        description="file with the Ed25519 key of the seals, PEM; to verify, the public one is enough",
    )
    audit_seals: str = Field(
        alias="HISTORIA_AUDIT_SEALS", default="", description="file of the seals, outside the database; lines are added"
    )
    audit_stored: str = Field(
        alias="HISTORIA_AUDIT_STORED",
        default="",
        description="for verify-audit: name of the file whose seals are taken from the bucket",
    )
    bucket: str = Field(
        alias="HISTORIA_AUDIT_BUCKET",
        default="",
        description="bucket of S3 that gets each seal of the file too, beside the standard variables of AWS with the"
        " credentials; empty: none",
    )
    bucket_endpoint: str = Field(
        alias="HISTORIA_AUDIT_BUCKET_ENDPOINT",
        default="",
        description="address of what speaks S3, https; empty: AWS",
    )
    bucket_region: str = Field(
        alias="HISTORIA_AUDIT_BUCKET_REGION", default="", description="its region; empty: that of the environment"
    )
    bucket_prefix: str = Field(
        alias="HISTORIA_AUDIT_BUCKET_PREFIX",
        default="",
        description="beginning of the names there; that of the file follows",
    )
    bucket_ca: str = Field(
        alias="HISTORIA_AUDIT_BUCKET_CA",
        default="",
        description="file of the CA that signs the certificate of that address; empty: the public ones",
    )
    admin_password: SecretStr = Field(
        alias="HISTORIA_ADMIN_PASSWORD",
        default=SecretStr(""),
        description="the administrator's password for the first login; for create-admin, where no file is named",
    )
    admin_document: str = Field(
        alias="HISTORIA_ADMIN_DOCUMENTO",
        default="",
        description="for sync: the document of the administrator whom it makes while there is none; empty: nobody",
    )
    admin_name: str = Field(alias="HISTORIA_ADMIN_NOMBRE", default="", description="for sync: the administrator's name")
    admin_email: str = Field(alias="HISTORIA_ADMIN_CORREO", default="", description="for sync: and e-mail address")
    certificate: str = Field(
        alias="HISTORIA_TLS_CERT", default="", description="file with the certificate that the nodes must present"
    )

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """None where the API has none."""
        said = (self.signing_key.get_secret_value(), *self.signing_keys_accepted.get_secret_value().split(","))
        return tuple(key.strip() for key in said if key.strip())

    @property
    def encryption(self) -> dict[str, str]:
        """What libpq is told about TLS; without a file it looks for one of its own."""
        said = {"sslmode": self.sslmode, "sslrootcert": self.sslrootcert}
        return {name: value for name, value in said.items() if value}

    @property
    def entrance(self) -> Address:
        """Where the hooks reach the coordinator."""
        return Address(self.host, self.port)

    @property
    def coordinator(self) -> Address:
        """The name the other nodes know the coordinator by."""
        return parse_address(self.coordinator_name, self.port) if self.coordinator_name else self.entrance


SENTENCES = {
    "missing": "falta y no tiene valor por defecto",
    "bool_parsing": "debe ser true o false",
    "string_too_short": "está vacía",
    "too_short": "está vacía",
    "string_pattern_mismatch": "debe ser un número de versión",
    "value_error": "deben ser nombres, o nombre:puerto, separados por comas y sin repetir",
}


def _sentence(entry: ErrorDetails) -> str:
    if entry["type"] == "literal_error":  # its context holds the possible values, never the one that was given
        expected = entry["ctx"]["expected"].replace("'", "")
        return f"debe ser {expected.replace(' or ', ' o ')}"
    return SENTENCES.get(entry["type"], "valor no válido")


LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _check_bucket(settings: Settings) -> None:
    """What is signed may be read on the way, and answers made up: no plain HTTP but to the same machine."""
    if settings.bucket and not BUCKET.fullmatch(settings.bucket):
        raise Misconfigured("configuración no válida: HISTORIA_AUDIT_BUCKET: no es el nombre de un bucket")
    if not settings.bucket_endpoint:
        return
    try:
        address = urlsplit(settings.bucket_endpoint)
        plain = address.scheme == "http" and address.hostname in LOOPBACK
        right = (plain or address.scheme == "https") and address.hostname and not address.username
        right = right and address.port != 0 and not (address.path.strip("/") or address.query or address.fragment)
    except ValueError:
        right = False
    if not right:
        raise Misconfigured(
            "configuración no válida: HISTORIA_AUDIT_BUCKET_ENDPOINT: debe ser https://nombre o https://nombre:puerto,"
            " sin más"
        )


def read_settings() -> Settings:
    """The settings, or Misconfigured naming the variables that are wrong and never their values."""
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = (
            f"{'.'.join(map(str, entry['loc'][:1]))}: {_sentence(entry)}"
            for entry in error.errors(include_input=False, include_url=False)
        )
        raise Misconfigured("configuración no válida: " + "; ".join(wrong)) from None
    _check_bucket(settings)
    if settings.sslmode.startswith("verify") and not settings.sslrootcert:
        raise Misconfigured(
            f"configuración no válida: POSTGRES_SSLROOTCERT: falta, y POSTGRES_SSLMODE={settings.sslmode} la necesita"
        )
    try:
        coordinator = settings.coordinator
    except ValueError:
        raise Misconfigured("configuración no válida: HISTORIA_COORDINATOR: debe ser nombre o nombre:puerto") from None
    if coordinator in settings.workers:
        raise Misconfigured(f"HISTORIA_WORKERS nombra al coordinador ({coordinator}): un nodo no puede ser ambas cosas")
    return settings
