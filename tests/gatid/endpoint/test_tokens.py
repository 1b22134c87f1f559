"""Routes that ask for a token: who comes in, who does not, and what those are told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.endpoint.link import LinkError
from gatid.observe.logs import Log
from gatid.observe.scrub import Scrubber
from gatid.services.key_rings import tokens
from gatid.services.secrets import SecretStore
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint.build import ask, contract, generation, plan, route, shape
from tests.gatid.endpoint.plans import KEYS, NOW, RING
from tests.gatid.endpoint.wire import Ask, Wire
from tests.gatid.policies.signing import jwk, token

if TYPE_CHECKING:
    from pathlib import Path

    from gatid.services.host import Host

ANY = (p.Answer(200, m.Any()),)


def _guarded(host: Host, auth: tuple[p.Auth, ...], roles: p.Roles | None, handler: Any) -> Any:
    (host.base / "keys.txt").write_text(RING)
    (host.base / "jwks.json").write_text(json.dumps(jwk("ES256")))
    guarded = route("one", contract("one", "GET", (), shape(answers=ANY)), auth=auth, roles=roles)
    secrets = {
        name: p.Secret(name, "file", file, None)
        for name, file in (("keys", "keys.txt"), ("tokens", "jwks.json"))
    }
    return generation(host, plan(guarded, secrets=secrets), {"one": handler}, clock=lambda: NOW)


BY_TOKEN = p.JwtAuth("https://id.example", ("shop",), "tokens", roles="roles")
BY_KEY = p.KeyAuth("x-api-key", None, "keys")


@pytest.mark.prop(35)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    auth=st.sampled_from([(BY_TOKEN,), (BY_TOKEN, BY_KEY), (BY_KEY, BY_TOKEN)]),
    scheme=st.sampled_from(["Bearer ", "bearer  ", "Basic ", "Bearer", ""]),
    wrong=st.sampled_from(["", "", "", "key", "exp", "aud", "alg", "cut"]),
    held=st.sets(st.sampled_from(["clerk", "admin", "guest"])),
    shown=st.integers(0, 2),
    key=st.sampled_from([None, None, "key-of-ann", "x"]),
    mode=st.sampled_from(["any", "all"]),
    names=st.lists(st.sampled_from(["clerk", "admin"]), min_size=1, unique=True),
)
def test_nobody_gets_past_the_policies_with_a_token(
    host: Host, auth: tuple[p.Auth, ...], scheme: str, wrong: str, held: set[str], shown: int,
    key: str | None, mode: Any, names: list[str],
) -> None:  # fmt: skip
    seen = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        seen.append(req.principal.name)
        return "ok"

    claims = {
        "iss": BY_TOKEN.issuer, "aud": "pub" if wrong == "aud" else "shop", "sub": "tom",
        "exp": NOW - 1 if wrong == "exp" else NOW + 60, "roles": sorted(held),
    }  # fmt: skip
    said = token(claims, "EdDSA" if wrong == "alg" else "ES256", which=wrong == "key")
    said = said[:-1] if wrong == "cut" else said
    fields = [("Authorization", scheme + said)] * shown
    fields += [("X-API-Key", key)] if key is not None else []

    async def go() -> Wire:
        made = _guarded(host, auth, p.Roles(mode, tuple(names)), handler)
        await made.start()
        return await ask(made, Ask("GET", "/", fields=tuple(fields)))

    answer = asyncio.run(go())
    bearer = scheme.lower().startswith("bearer ")
    callers: dict[p.Auth, tuple[str, Any]] = {}
    if shown == 1 and bearer and not wrong:
        callers[BY_TOKEN] = "tom", held
    if BY_KEY in auth and key in KEYS:
        callers[BY_KEY] = KEYS[key]
    who = next((callers[way] for way in auth if way in callers), None)
    challenge = answer.header("www-authenticate")
    if who is None:
        assert answer.status == 401
        assert ("ApiKey" in challenge) == (BY_KEY in auth)
        assert 'Bearer realm="shop"' in challenge
        tried = shown == 2 or (shown == 1 and bearer)
        assert ('error="invalid_token"' in challenge) == tried
    elif not (any if mode == "any" else all)(name in who[1] for name in names):
        assert answer.status == 403
        assert challenge == 'Bearer error="insufficient_scope"'
        assert json.loads(answer.content)["detail"].startswith("needs ")
    else:
        assert (answer.status, seen) == (200, [who[0]])
    assert answer.status == 200 or not seen


def test_keys_that_are_none_stop_the_generation(host: Host) -> None:
    (host.base / "short.json").write_text('{"kty": "oct", "k": "c2hvcnQ"}')
    auth = (replace(BY_TOKEN, keys="short"),)
    guarded = route("one", contract("one", "GET", (), shape(answers=ANY)), auth=auth)
    secrets = {"short": p.Secret("short", "file", "short.json", None)}
    made = generation(host, plan(guarded, secrets=secrets), {"one": lambda *_: None})
    with pytest.raises(LinkError, match="`short`: key 1 is too short"):
        asyncio.run(made.start())


def test_a_token_is_forgotten_when_its_key_is(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "jwks.json"
    log = Log.stderr()
    store = SecretStore(tmp_path, Scrubber(), log, clock=lambda: now[0])
    secrets = store.of({"tokens": p.Secret("tokens", "file", "jwks.json", 60_000)})
    live = tokens(secrets, BY_TOKEN, log, lambda: NOW)
    claims = {"iss": BY_TOKEN.issuer, "aud": "shop", "sub": "tom", "exp": NOW + 60}
    old, new = (token(claims, "ES256", which, kid=str(which)) for which in range(2))

    async def go() -> None:
        path.write_text(json.dumps(jwk("ES256", kid="0")))
        assert (await live.load()).find(old)[0] is not None
        path.write_text(json.dumps({"keys": [jwk("ES256", 1, kid="1")]}))
        known = live.fresh()
        assert known is not None
        assert known.find(old)[0] is not None
        now[0] = 61
        assert live.fresh() is None
        rotated = await live.load()
        assert rotated.find(old) == (None, "the key of the token is not known")
        assert rotated.find(new)[0] is not None

    asyncio.run(go())
