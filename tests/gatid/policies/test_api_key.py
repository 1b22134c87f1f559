"""Key rings: read strictly, searched by digest, silent about what they hold."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.policies.api_key import BadKeysError, KeyRing
from gatid.policies.principal import ANONYMOUS, Principal
from gatid.policies.roles import missing
from gatid_compiler.plan import Roles

words = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.:@/-]{0,12}", fullmatch=True)


def digest(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.tuples(words, st.lists(words, max_size=3)),
        max_size=6,
    ),
    st.text(),
)
def test_a_key_is_found_with_its_name_and_roles_and_no_other(
    keys: dict[str, tuple[str, list[str]]], stranger: str
) -> None:
    lines = [f"{name}  {digest(key)} {' '.join(roles)}" for key, (name, roles) in keys.items()]
    ring = KeyRing.parse("# keys\n\n" + "\r\n".join(lines) + "\n")
    assert len(ring) == len(keys)
    for key, (name, roles) in keys.items():
        assert ring.find(key) == Principal(name, frozenset(roles))
    if stranger not in keys:
        assert ring.find(stranger) is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("alice", 1, "`alice` has no key"),
        ("\n# fine\nalice sha256:12", 3, "64 hexadecimal digits"),
        (f"alice md5:{'0' * 64}", 1, "64 hexadecimal digits"),
        (f"alice sha256:{'0' * 64} cl%erk", 1, "no role name"),
        (f"-alice sha256:{'0' * 64}", 1, "the name of the key"),
        (f"a sha256:{'ab' * 32}\nb sha256:{'AB' * 32}", 2, "already in the ring"),
    ],
)
def test_a_broken_line_is_named(text: str, line: int, says: str) -> None:
    with pytest.raises(BadKeysError, match=says) as caught:
        KeyRing.parse(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
    assert "0" * 64 not in str(caught.value)


def test_the_digest_is_no_key() -> None:
    ring = KeyRing.parse(f"alice {digest('key')} clerk  # not key\n")
    assert ring.find("key") == Principal("alice", frozenset({"clerk"}))
    for other in (digest("key"), digest("key")[7:], "\0" * 32, "", "key ", "\udc80"):
        assert ring.find(other) is None


def test_the_key_of_zeros_does_not_open_an_empty_ring() -> None:
    assert KeyRing.parse("# nobody\n").find("\0" * 32) is None


def test_nobody_has_no_name_and_no_roles() -> None:
    assert ANONYMOUS.anonymous
    assert ANONYMOUS.roles == frozenset()
    assert not Principal("alice").anonymous
    with pytest.raises(TypeError):
        ANONYMOUS.claims["admin"] = True


@given(
    st.sampled_from(["any", "all"]),
    st.lists(words, min_size=1, max_size=5, unique=True),
    st.sets(words),
)
def test_missing_roles(mode: str, names: list[str], held: set[str]) -> None:
    held |= set(names[::2])
    lacking = missing(Roles(mode, tuple(names)), Principal("p", frozenset(held)))
    passes = any(n in held for n in names) if mode == "any" else all(n in held for n in names)
    assert (lacking == ()) == passes
    assert not set(lacking) & held


def test_missing_roles_are_named_in_the_order_written() -> None:
    caller = Principal("p", frozenset({"b"}))
    assert missing(Roles("all", ("c", "b", "a")), caller) == ("c", "a")
    assert missing(Roles("any", ("c", "a")), caller) == ("c", "a")
    assert missing(Roles("any", ("c", "b")), caller) == ()
