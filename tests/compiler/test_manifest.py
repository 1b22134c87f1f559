"""Manifests say all that a route and a module are: against what the sources were written from."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.manifest import Manifests
from gatid_compiler.pipeline import compile_project
from gatid_compiler.plan_json import dumps, loads

KINDS = ("before", "after", "catch")
LEVELS = ("app", "policy", "group", "route")


@dataclass(frozen=True)
class Hook:
    """A hook as it is written; `level` local ones are registered by the handler."""

    kind: str
    level: str
    asynchronous: bool
    timeout: int | None
    retries: int


@dataclass(frozen=True)
class Written:
    hooks: tuple[Hook, ...]
    handler_async: bool
    modules: tuple[str, ...]
    secrets: tuple[str, ...]
    computed: bool


hooks = st.builds(
    Hook,
    st.sampled_from(KINDS),
    st.sampled_from((*LEVELS, "local")),
    st.booleans(),
    st.none() | st.integers(1, 5000),
    st.integers(0, 3),
)
projects = st.builds(
    Written,
    st.lists(hooks, max_size=5).map(tuple),
    st.booleans(),
    st.sets(st.sampled_from(("store", "mail"))).map(lambda found: tuple(sorted(found))),
    st.sets(st.sampled_from(("key", "salt"))).map(lambda found: tuple(sorted(found))),
    st.booleans(),
)


def parameters(hook: Hook) -> str:
    return "error, req, res, gctx, lctx" if hook.kind == "catch" else "req, res, gctx, lctx"


def sources(project: Written) -> tuple[str, str]:
    """The configuration and its Python."""
    declared, lines = [], dict.fromkeys(LEVELS, "")
    code = ["class Store:", "    def __init__(self, mctx): ...", "    def get(self): ...", ""]
    local = []
    for number, hook in enumerate(project.hooks):
        name = f"h{number}"
        head = "async def" if hook.asynchronous else "def"
        code += [f"{head} {name}({parameters(hook)}): ...", ""]
        if hook.level == "local":
            timeout = "" if hook.timeout is None else f", timeout={hook.timeout / 1000}"
            retries = f", retries={hook.retries}" if hook.retries else ""
            local.append(f"    lctx.{hook.kind}({name}, id='{name}'{timeout}{retries})")
        else:
            timeout = "" if hook.timeout is None else f"\n  timeout {hook.timeout}ms"
            declared.append(f"hook {name} = code:{name} {{{timeout}\n  retries {hook.retries}\n}}")
            lines[hook.level] += f"  {hook.kind} {name}\n"
    body = [f"    await gctx.modules.{name}.get()" for name in project.modules]
    body += [f"    await gctx.secrets.get('{name}')" for name in project.secrets]
    body += ["    getattr(gctx.modules, req.query['which'])"] if project.computed else []
    if not project.handler_async:
        body = [line.replace("await ", "") for line in body]
    head = "async def" if project.handler_async else "def"
    code += [f"{head} run(req, res, gctx, lctx):", *local, *body, "    return None", ""]
    allow = "".join(f"  allow secret {name}\n" for name in ("key", "salt"))
    text = "\n".join(
        (
            'app demo {\n  listen "127.0.0.1:1"\n  auth none\n' + lines["app"] + "}",
            'secret key from env "KEY"\nsecret salt from env "SALT"',
            "module store = code:Store\nmodule mail = code:Store",
            *declared,
            f"policy shared {{\n  priority_is_not_needed\n{lines['policy']}}}".replace(
                "  priority_is_not_needed\n", ""
            ),
            f"group /g {{\n{lines['group']}  route run GET /x/{{id: int}} {{\n    use shared\n"
            f"{allow}    query {{ which?: string }}\n    returns 204\n{lines['route']}"
            "    handler code:run\n  }\n}",
        )
    )
    return text, "\n".join(code)


@pytest.mark.prop(2)
@pytest.mark.prop(37)
@settings(max_examples=110, deadline=None)
@given(projects)
def test_a_manifest_has_every_hook_and_all_that_is_asked_for(project: Written) -> None:
    text, code = sources(project)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.gati").write_text(text)
        Path(folder, "code.py").write_text(code)
        result = compile_project(Path(folder, "app.gati"))
    assert result.plan is not None, (result.diagnostics, text)
    plan = loads(dumps(result.plan))
    made = Manifests(plan)
    route = plan.routes[0]
    manifest = json.loads(made.of(route, route.contracts[0]).content)

    order = ("app", "group", "policy", "route")
    by = {"app": "app", "group": "group /g", "policy": "policy shared", "route": "route run"}
    wanted = []
    for kind in KINDS:
        found = [
            (level, number, hook)
            for level in order
            for number, hook in enumerate(project.hooks)
            if hook.kind == kind and hook.level == level
        ]
        for level, number, hook in found if kind == "before" else reversed(found):
            mode = "async" if hook.asynchronous else "sync"
            wanted.append((kind, f"h{number}", by[level], mode, hook.timeout, hook.retries))
    for number, hook in enumerate(project.hooks):
        if hook.level == "local":
            mode = "async" if hook.asynchronous else "sync"
            wanted.append((hook.kind, f"h{number}", "local", mode, hook.timeout, hook.retries))
    keys = ("kind", "name", "level", "mode", "timeout", "retries")
    assert [tuple(each[key] for key in keys) for each in manifest["hooks"]] == wanted

    assert manifest["path"] == "/g/x/{id}"
    assert manifest["methods"] == ["GET", "HEAD"]
    assert set(manifest["types"]) == {"path", "query"}
    assert manifest["security"]["auth"] == [["none"]]
    assert manifest["asks"] == {
        "modules": list(project.modules),
        "secrets": list(project.secrets),
        "topics": [],
        "unknown": ["modules"] if project.computed else [],
    }


def test_what_a_function_hands_on_is_unknown() -> None:
    code = """
from functools import partial
def late(req, res, gctx, lctx): ...
async def run(req, res, gctx, lctx):
    helper(lctx)
    lctx.after(lambda *a: None, timeout=req.query["t"])
    @lctx.catch
    async def mend(error, req, res, gctx, lctx): ...
    lctx.after(partial(late, 1), retries=2)
    other = lctx
    return gctx.secrets
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.gati").write_text(sources(Written((), True, (), (), False))[0])
        Path(folder, "code.py").write_text(
            "class Store:\n    def __init__(self, mctx): ...\n" + code
        )
        plan = compile_project(Path(folder, "app.gati")).plan
    assert plan is not None
    function = plan.functions["code:run"]
    assert function.unknown == ("hooks", "secrets")
    assert sorted(
        (h.kind, h.function, h.mode, h.timeout, h.retries) for h in function.hooks if h.function
    ) == [("catch", "mend", "async", None, 0)]
    assert [(h.kind, h.mode, h.retries) for h in function.hooks if h.function is None] == [
        ("after", "sync", 0),
        ("after", "unknown", 2),
    ]


def test_the_same_sources_have_the_same_fingerprints() -> None:
    project = Written((Hook("before", "app", True, 5, 1),), True, ("store",), (), False)
    prints = []
    for reason in ("", "\n# why\n"):
        with tempfile.TemporaryDirectory() as folder:
            text, code = sources(project)
            Path(folder, "app.gati").write_text(text + reason)
            Path(folder, "code.py").write_text(code + reason)
            plan = compile_project(Path(folder, "app.gati")).plan
        assert plan is not None
        made = Manifests(plan)
        route = plan.routes[0]
        prints.append(
            (made.of(route, route.contracts[0]).id, made.module(plan.modules["store"]).id)
        )
    assert prints[0] == prints[1]
