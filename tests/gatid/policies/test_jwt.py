"""Tokens are taken if and only if one of our keys signed them, for us, now (RFC 8725).

The attacks are those of the classes that Wycheproof's JOSE vectors have, made here.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.policies.jwt import BadTokenKeysError, Tokens
from gatid.policies.jwt.tokens import MOST
from gatid_compiler.plan import JWT_ALGORITHMS, JwtAuth
from tests.gatid.policies.signing import (
    ALGORITHMS,
    b64,
    is_signed,
    jwk,
    number,
    private,
    public_pem,
    raw_token,
    rsa_jwk,
    rsa_key,
    signature,
    token,
)

NOW = 1_780_000_000
AUTH = JwtAuth("https://id.example", ("shop", "shop2"), "keys", roles="realm.roles")
CLAIMS: dict[str, Any] = {"iss": AUTH.issuer, "aud": "shop", "sub": "ann", "exp": NOW + 60}


def taker(*keys: Any, auth: JwtAuth = AUTH, now: float = NOW) -> Tokens:
    said = keys[0] if len(keys) == 1 else {"keys": keys}
    return Tokens.parse(json.dumps(said), auth, lambda: now)


def refused(tokens: Tokens, shown: str) -> str:
    principal, why = tokens.find(shown)
    assert principal is None
    assert why
    return why


def test_the_algorithms_are_those_of_the_language() -> None:
    assert ALGORITHMS == JWT_ALGORITHMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_a_key_is_taken_and_of_no_other(algorithm: str) -> None:
    tokens = taker(jwk(algorithm))
    principal, why = tokens.find(token(CLAIMS, algorithm))
    assert (why, principal and principal.name) == ("", "ann")
    assert "signature" in refused(tokens, token(CLAIMS, algorithm, which=1))
    for other in ALGORITHMS:
        if other != algorithm:
            assert "algorithm" in refused(tokens, token(CLAIMS, other))
            # The algorithm of the key in the header, and another one's signature.
            header = json.dumps({"alg": algorithm})
            forged = raw_token(header, json.dumps(CLAIMS), other)
            if (algorithm, other) not in {("EdDSA", "Ed25519"), ("Ed25519", "EdDSA")}:
                refused(tokens, forged)
    none = f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(json.dumps(CLAIMS).encode())}."
    refused(tokens, none)
    refused(tokens, none + "AA")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_public_key_is_no_shared_key(algorithm: str) -> None:
    tokens = taker(jwk(algorithm))
    for known in (public_pem(algorithm), public_pem(algorithm).strip(), b"", bytes(32)):
        assert "algorithm" in refused(tokens, token(CLAIMS, "HS256", key=known))


@pytest.mark.prop(35)
@given(
    algorithm=st.sampled_from(["HS256", "HS512", "RS256", "PS384", "ES256", "ES512", "EdDSA"]),
    data=st.data(),
)
def test_changed_tokens_are_taken_only_where_they_are_signed(
    algorithm: str, data: st.DataObject
) -> None:
    shown = token(CLAIMS, algorithm)
    for _ in range(data.draw(st.integers(1, 3))):
        shown = data.draw(_changed(shown))
    principal, _ = taker(jwk(algorithm)).find(shown)
    if principal is not None:
        head, body, last = shown.split(".")
        assert is_signed(algorithm, 0, f"{head}.{body}".encode(), _loose(last))
        assert [b64(_loose(part)) for part in (head, body, last)] == [head, body, last]


def _loose(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@st.composite
def _changed(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    piece = draw(st.text("AZaz09-_.=+/ \n\u00e9", max_size=2))
    end = min(len(text), at + draw(st.integers(0, 2)))
    changed = text[:at] + piece + text[end:]
    parts = changed.split(".")
    if draw(st.booleans()):
        parts = list(draw(st.permutations(parts)))
    return ".".join(parts)


SIGNED = token(CLAIMS)
HEAD, BODY, LAST = SIGNED.split(".")


@pytest.mark.parametrize(
    "shown",
    [
        "",
        ".",
        "..",
        "a.b.c",
        HEAD,
        f"{HEAD}.{BODY}",
        f"{HEAD}.{BODY}.",
        f"{HEAD}..{LAST}",
        f".{BODY}.{LAST}",
        f"{SIGNED}.",
        f"{SIGNED}.{LAST}",
        f"{HEAD}.{BODY}.{LAST[:-2]}",
        f"{SIGNED}=",
        f"{HEAD}=.{BODY}.{LAST}",
        f"{SIGNED}\n",
        f" {SIGNED}",
        f"{HEAD}.{BODY}.{LAST[:-1]}{chr(ord(LAST[-1]) + 1)}",
        json.dumps({"payload": BODY, "protected": HEAD, "signature": LAST}),
        json.dumps({"payload": BODY, "signatures": [{"protected": HEAD, "signature": LAST}]}),
        "\udc80.a.b",
        raw_token('{"alg":"HS256"', json.dumps(CLAIMS)),
        raw_token('["alg"]', json.dumps(CLAIMS)),
        raw_token('{"alg":"none","alg":"HS256"}', json.dumps(CLAIMS)),
        raw_token('{"alg":["HS256"]}', json.dumps(CLAIMS)),
        raw_token('{"alg":"hs256"}', json.dumps(CLAIMS)),
        raw_token('{"typ":"JWT"}', json.dumps(CLAIMS)),
        raw_token('{"alg":"HS256","kid":1}', json.dumps(CLAIMS)),
        raw_token('{"alg":"HS256","x":' + "[" * 5000 + "]" * 5000 + "}", json.dumps(CLAIMS)),
        raw_token('{"alg":"HS256"}', json.dumps(CLAIMS)[:-1] + ',"sub":"eve"}'),
        raw_token('{"alg":"HS256"}', json.dumps(CLAIMS)[:-1] + ',"n":NaN}'),
        raw_token('{"alg":"HS256"}', json.dumps(CLAIMS)[:-1] + ',"n":"\\ud800"}'),
        raw_token('{"alg":"HS256"}', "[]"),
        raw_token('{"alg":"HS256"}', "foo"),
        token(CLAIMS | {"more": "x" * 20_000}),
        *(
            token(CLAIMS, **{name: value})
            for name, value in [
                ("jku", "https://evil.example/keys"),
                ("x5u", "https://evil.example/key"),
                ("x5c", ["MII"]),
                ("jwk", jwk("HS256", which=1)),
                ("crit", ["exp"]),
                ("b64", False),
                ("zip", "DEF"),
                ("cty", "JWT"),
                ("typ", "logout+jwt"),
                ("typ", 1),
            ]
        ),
    ],
)
def test_what_is_no_plain_signed_token_is_refused(shown: str) -> None:
    tokens = taker(jwk("HS256"))
    assert tokens.find(SIGNED)[0] is not None
    refused(tokens, shown)


def test_a_key_in_the_token_is_not_used() -> None:
    mine = jwk("ES256", which=1)
    refused(taker(jwk("ES256")), token(CLAIMS, "ES256", which=1, jwk=mine))


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "at+jwt", "application/at+JWT"])
def test_types_of_tokens(typ: str | None) -> None:
    assert taker(jwk("HS256")).find(token(CLAIMS, typ=typ))[0] is not None


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"iss": "https://id.example/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": [AUTH.issuer]}, "issuer"),
        ({"aud": "Shop"}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": ["shop", 1]}, "audience"),
        ({"exp": ...}, "never expires"),
        ({"exp": NOW}, "expired"),
        ({"exp": NOW - 1}, "expired"),
        ({"exp": str(NOW + 60)}, "no moment"),
        ({"exp": True}, "no moment"),
        ({"exp": None}, "no moment"),
        ({"exp": 1e300}, "no moment"),
        ({"nbf": NOW + 1}, "not valid yet"),
        ({"iat": NOW + 1}, "not valid yet"),
        ({"nbf": "0"}, "no moment"),
        ({"sub": ...}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"realm": {"roles": 1}}, "realm.roles"),
        ({"realm": {"roles": ["a", 1]}}, "realm.roles"),
    ],
)
def test_claims_that_do_not_hold(claims: dict[str, Any], says: str) -> None:
    said = {name: value for name, value in (CLAIMS | claims).items() if value is not ...}
    assert says in refused(taker(jwk("HS256")), token(said))


def test_clocks_may_differ_by_the_leeway() -> None:
    auth = JwtAuth(AUTH.issuer, AUTH.audience, "keys", leeway=5000)
    tokens = taker(jwk("HS256"), auth=auth)
    assert tokens.find(token(CLAIMS | {"exp": NOW - 4}))[0]
    assert tokens.find(token(CLAIMS | {"exp": NOW + 9, "nbf": NOW + 5, "iat": NOW + 5}))[0]
    assert "expired" in refused(tokens, token(CLAIMS | {"exp": NOW - 5}))
    assert "yet" in refused(tokens, token(CLAIMS | {"nbf": NOW + 6}))


def test_who_it_is_comes_from_the_claims_named() -> None:
    auth = JwtAuth(
        AUTH.issuer, ("shop",), "keys", subject="user.id", roles="https://x.example/roles",
        require=("email",),
    )  # fmt: skip
    tokens = taker(jwk("HS256"), auth=auth)
    claims = CLAIMS | {"user": {"id": "ann"}, "email": "a@b.c", "aud": ["x", "shop"]}
    principal, _ = tokens.find(token(claims | {"https://x.example/roles": "clerk admin"}))
    assert principal is not None
    assert (principal.name, principal.roles) == ("ann", {"clerk", "admin"})
    assert principal.claims["aud"] == ("x", "shop")
    with pytest.raises(TypeError):
        principal.claims["user"]["id"] = "eve"
    principal, _ = tokens.find(token(claims | {"https://x.example/roles": ["a b"]}))
    assert principal is not None
    assert principal.roles == {"a b"}
    assert "email" in refused(tokens, token(claims | {"email": None}))


def _of_roca(bits: int) -> int:
    """A number of the form of those moduli: k × M + 65537^a mod M, M the product of primes."""
    product = math.prod(n for n in range(2, 168) if all(n % d for d in range(2, n)))
    found = pow(65537, 12_345, product)
    return found + ((1 << bits - 1) // product + 1) * product


ROCA = _of_roca(2048)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (["not json"], "no JWK or JWKS"),
        ([{"keys": 1}], "not a list"),
        ([{"keys": []}], "no key that may verify"),
        ([{"keys": [1]}], "not a list of keys"),
        ([jwk("HS256", k=b64(bytes(31)))], "at least 32 octets"),
        ([jwk("HS512", k=b64(bytes(63)))], "at least 64 octets"),
        ([jwk("HS256", k=b64(bytes(32)) + "=")], "cannot be read"),
        ([rsa_jwk(rsa_key(0, 1024))], "at least 2048 bits"),
        ([jwk("RS256", e="AQ")], "cannot be read"),
        ([jwk("RS256", n=number(ROCA))], "ROCA"),
        ([jwk("ES256", y=jwk("ES256", which=1)["y"])], "cannot be read"),
        ([jwk("ES256", crv="P-384")], "`alg` of key 1"),
        ([jwk("ES256", crv="secp256k1")], "kind or curve"),
        ([jwk("ES256") | {"alg": "RS256"}], "`alg` of key 1"),
        ([jwk("HS256", alg="none")], "`alg` of key 1"),
        ([jwk("HS256", kty=["oct"])], "kind or curve"),
        ([jwk("RS256", use="enc")], "no key that may verify"),
        ([jwk("RS256", key_ops=["sign"])], "no key that may verify"),
        ([jwk("RS256", kid=1)], "`kid` of key 1"),
        ([jwk("RS256", kid="a"), jwk("ES256", kid="a")], "the same `kid`"),
        ([jwk("RS256", kid="a"), jwk("ES256")], "not each has a `kid`"),
        ([jwk("RS256"), jwk("ES256")], "not each has a `kid`"),
        ([jwk("RS256", kid="a"), jwk("HS256", kid="b")], "beside public keys"),
    ],
)
def test_keys_that_will_not_do(keys: list[Any], says: str) -> None:
    with pytest.raises(BadTokenKeysError, match=says) as caught:
        taker(*keys)
    for key in keys:
        if isinstance(key, dict) and "k" in key:
            assert key["k"] not in str(caught.value)


def test_a_key_written_twice_in_a_key_is_refused() -> None:
    with pytest.raises(BadTokenKeysError, match="twice"):
        Tokens.parse('{"kty":"oct","kty":"RSA"}', AUTH, lambda: NOW)


def test_keys_are_found_by_their_names() -> None:
    tokens = taker(jwk("RS256", kid="a"), jwk("ES256", kid="b"), jwk("RS256", 1, use="enc"))
    assert tokens.find(token(CLAIMS, "RS256", kid="a"))[0]
    assert tokens.find(token(CLAIMS, "ES256", kid="b"))[0]
    for kid in ("b", "c", "", None):
        refused(tokens, token(CLAIMS, "RS256", kid=kid))
    lone = taker(jwk("RS256", kid="a"))
    assert lone.find(token(CLAIMS, "RS256"))[0]
    refused(lone, token(CLAIMS, "RS256", kid="c"))


def test_algorithms_choose_among_keys_and_for_them() -> None:
    bare = {name: value for name, value in jwk("RS256").items() if name != "alg"}
    assert taker(bare).find(token(CLAIMS, "RS256"))[0]
    pss = JwtAuth(AUTH.issuer, AUTH.audience, "keys", ("PS256", "ES256"))
    tokens = taker(bare, auth=pss)
    assert tokens.find(token(CLAIMS, "PS256"))[0]
    refused(tokens, token(CLAIMS, "RS256"))
    both = JwtAuth(AUTH.issuer, AUTH.audience, "keys", ("PS256", "RS256"))
    with pytest.raises(BadTokenKeysError, match="more than one of `algorithms`"):
        taker(bare, auth=both)
    with pytest.raises(BadTokenKeysError, match="no key that may verify"):
        taker(jwk("RS256"), auth=pss)


def test_a_private_key_verifies_as_its_public_part() -> None:
    secret = number_of(private("ES256"))
    assert taker(jwk("ES256", d=secret)).find(token(CLAIMS, "ES256"))[0]


def number_of(key: Any) -> str:
    return b64(key.private_numbers().private_value.to_bytes(32))


def test_signatures_of_der_form_or_of_zeros_are_none() -> None:
    head, body, _ = token(CLAIMS, "ES256").split(".")
    signed = f"{head}.{body}"
    made = signature("ES256", private("ES256"), signed.encode())
    wrongs = [b"\xff" * 64, made[:63], made + b"\0", b"\0" + made, bytes(1)]
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    edges = [edge.to_bytes(32) for edge in (0, 1, order - 1, order)]
    wrongs += [r + s for r in edges for s in edges]
    tokens = taker(jwk("ES256"))
    for wrong in wrongs:
        refused(tokens, f"{signed}.{b64(wrong)}")


def test_what_was_taken_is_known_until_it_expires_and_no_more_than_so_many() -> None:
    now = [float(NOW)]
    text = json.dumps(jwk("HS256"))
    tokens = Tokens.parse(text, AUTH, lambda: now[0])
    first = token(CLAIMS)
    principal, _ = tokens.find(first)
    assert tokens.find(first)[0] is principal
    for i in range(MOST + 3):
        assert tokens.find(token(CLAIMS | {"n": i}))[0]
    assert len(tokens) == MOST
    again, _ = tokens.find(first)
    assert again == principal
    assert again is not principal
    now[0] = NOW + 60
    assert "expired" in refused(tokens, first)
    refused(tokens, "x.y.z")
    assert len(tokens) == MOST - 1
