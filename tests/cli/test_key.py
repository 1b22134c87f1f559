"""Keys made by `gatid key` are found by the ring that their lines make."""

from __future__ import annotations

import hashlib

from gatid.policies.api_key import KeyRing
from tests.cli.processes import gatid


def test_a_new_key_is_found_by_its_line() -> None:
    made = gatid("key", "new", "alice", "clerk", "admin")
    key = made.stderr.split()[-1]
    principal = KeyRing.parse(made.stdout).find(key)
    assert principal is not None
    assert (principal.name, principal.roles) == ("alice", {"clerk", "admin"})
    assert key not in made.stdout


def test_two_keys_differ() -> None:
    assert gatid("key", "new", "a").stdout != gatid("key", "new", "a").stdout


def test_hash_is_sha256_of_what_came_in() -> None:
    hashed = gatid("key", "hash", stdin="secret\n").stdout
    assert hashed == f"sha256:{hashlib.sha256(b'secret').hexdigest()}\n"
