"""Plans changes of passwords that nobody notices: the owner's, and the API's other login. Pure.

PostgreSQL knows one password for each role, and the nodes log in to each other with it, so a password that is in use
cannot change on all of them at one instant. The owner's may: only the hooks and Citus' own background work use it, and
both try again. The API's never does: it has two logins, and the one that it does not use gets the new password.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from historia_hooks.addresses import Address
from historia_hooks.errors import TryAgain
from historia_hooks.steps import NodeStep, SetOwnerPassword, SetSecondLogin


@dataclass(frozen=True)
class WantedLogins:
    owner_verifiers: Mapping[Address, str] = field(repr=False)  # for the nodes that still have the previous password
    second_verifier: str | None = field(repr=False)  # the same on every node; None: no second login is wanted
    second_authinfo: str = field(repr=False)


@dataclass(frozen=True)
class SecondLogin:
    """The API's other login as one node knows it."""

    node: Address
    verifier: str | None = field(repr=False)  # None: no such role, or one that may not log in
    member: bool  # of historia_app
    authinfo: str | None = field(repr=False)  # None: not said
    has_authinfo: bool  # the node has Citus, and so a place to say it


def plan_logins(
    wanted: WantedLogins, observed: tuple[SecondLogin, ...], moving: int | None = None
) -> tuple[NodeStep, ...]:
    """Empty when every node is as wanted. `moving` is the job that moves shards: it has the owner's password."""
    if wanted.owner_verifiers and moving is not None:
        raise TryAgain(
            f"la contraseña del dueño no se cambia mientras el trabajo {moving} mueve fragmentos, que entra con la"
            " anterior: repita la orden cuando termine"
        )
    return (*_owner(wanted), *_second(wanted, observed))


def _owner(wanted: WantedLogins) -> Iterator[NodeStep]:
    for node, verifier in sorted(wanted.owner_verifiers.items()):
        yield SetOwnerPassword(node, verifier)


def _second(wanted: WantedLogins, observed: tuple[SecondLogin, ...]) -> Iterator[NodeStep]:
    if wanted.second_verifier is None:
        return
    for login in observed:
        authinfo = wanted.second_authinfo if login.has_authinfo else None
        if (login.verifier, login.member, login.authinfo) != (wanted.second_verifier, True, authinfo):
            yield SetSecondLogin(login.node, wanted.second_verifier, authinfo)
