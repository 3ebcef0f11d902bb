"""The planner of passwords: what is asked of which node, and what is not asked while shards move."""

import dataclasses

import pytest
from historia_hooks.addresses import Address
from historia_hooks.errors import TryAgain
from historia_hooks.logins import SecondLogin, WantedLogins, plan_logins
from historia_hooks.steps import SetOwnerPassword, SetSecondLogin

A, B = Address("a", 1), Address("b", 1)
GOOD = SecondLogin(A, "verifier", member=True, authinfo="password='x'", has_authinfo=True)
SECOND = WantedLogins({}, "verifier", "password='x'")
NONE = WantedLogins({}, None, "")


def test_nothing_is_planned_where_all_is_well_or_nothing_is_wanted() -> None:
    assert plan_logins(SECOND, (GOOD,), moving=7) == ()
    assert plan_logins(NONE, ()) == ()


@pytest.mark.parametrize("change", [{"verifier": None}, {"verifier": "old"}, {"member": False}, {"authinfo": None}])
def test_a_node_that_lacks_anything_of_the_second_login_gets_it_all(change: dict[str, object]) -> None:
    other = dataclasses.replace(GOOD, node=B, **change)  # type: ignore[arg-type]
    assert plan_logins(SECOND, (GOOD, other)) == (SetSecondLogin(B, "verifier", "password='x'"),)


def test_a_node_without_citus_has_no_place_for_the_way_to_the_others() -> None:
    plain = dataclasses.replace(GOOD, has_authinfo=False, authinfo=None)
    assert plan_logins(SECOND, (plain,)) == ()
    new = dataclasses.replace(plain, verifier=None)
    assert plan_logins(SECOND, (new,)) == (SetSecondLogin(A, "verifier", None),)


def test_the_owners_password_waits_for_shards_that_move() -> None:
    wanted = WantedLogins({B: "new", A: "new"}, None, "")
    assert plan_logins(wanted, ()) == (SetOwnerPassword(A, "new"), SetOwnerPassword(B, "new"))
    with pytest.raises(TryAgain, match="el trabajo 7 mueve fragmentos"):
        plan_logins(wanted, (), moving=7)


def test_no_step_shows_a_secret() -> None:
    shown = [repr(SetSecondLogin(A, "secreto", "secreto")), repr(SetOwnerPassword(A, "secreto")), repr(GOOD)]
    assert not [text for text in shown if "secreto" in text or "password" in text.replace("SetOwnerPassword", "")]
