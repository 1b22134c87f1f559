"""Secrets, modules and hooks: what outlives a request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gatid_compiler import plan
from gatid_compiler.passes import arguments, confinement, topics
from gatid_compiler.passes.confinement import Confinement
from gatid_compiler.passes.places import HEALTH, HOOK, MODULE, SECRET, placed, unknown_option
from gatid_compiler.rules import policies as rules
from gatid_compiler.rules import project as project_rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid_compiler.passes.declare import Names
    from gatid_compiler.passes.report import Report
    from gatid_compiler.plan import Json
    from gatid_dsl.source import Span

VAULT = "secrets.vault"
"""The vault of secrets that name none, beside the entry file."""

BACKENDS: Mapping[str, tuple[Literal["env", "file", "credential", "vault"], str, str]] = {
    "env": ("env", "a variable", "VARIABLE"),
    "file": ("file", "a file", "PATH"),
    "credential": ("credential", "a credential", "NAME"),
    "vault": ("vault", "a vault", VAULT),
}
"""Where secrets come from, what the string after it names, and one."""

KINDS = ("secret", "module", "network", "file", "topic")
"""What a module may be allowed."""


def secrets(names: Names, report: Report) -> Mapping[str, plan.Secret]:
    """All declared secrets."""
    found = {}
    for name, node in names.secrets.items():
        secret = _secret(node, report)
        if secret is not None:
            found[name] = secret
    return found


def _secret(node: syntax.Secret, report: Report) -> plan.Secret | None:
    ttl = None
    for statement in placed(node.body, SECRET, report):
        if isinstance(statement, syntax.Directive):
            ttl = arguments.duration(statement, report)
    backend = node.backend.text
    if backend not in BACKENDS:
        unknown_option(node.backend, BACKENDS, "where a secret comes from", report)
        return None
    kind, what, example = BACKENDS[backend]
    name = node.name.text
    match node.args:
        case () if kind in ("credential", "vault"):
            return plan.Secret(name, kind, name if kind == "credential" else VAULT, ttl)
        case (syntax.Text(value=value),) if value and "\0" not in value:
            if kind != "credential" or _is_file_name(value):
                return plan.Secret(name, kind, value, ttl)
            message = f"`{value}` is no name of a credential, which is a file's without a folder"
        case _:
            message = f"a secret from `{backend}` takes the name of {what}, as a string"
    span = node.args[0].span.to(node.args[-1].span) if node.args else node.backend.span
    report.add(
        project_rules.BAD_ARGUMENT.at(
            span, message, help=f'write it like `secret {name} from {backend} "{example}"`'
        )
    )
    return None


def _is_file_name(name: str) -> bool:
    return "/" not in name and name not in (".", "..")


def modules(names: Names, used: set[str], report: Report) -> Mapping[str, plan.Module]:
    """All declared modules; secrets that they may read are added to `used`."""
    found = {name: _module(node, names, used, report) for name, node in names.modules.items()}
    _cycles(names, found, report)
    return found


def _module(node: syntax.Module, names: Names, used: set[str], report: Report) -> plan.Module:
    config: Mapping[str, Json] = {}
    allowed: dict[str, list[str]] = {"secret": [], "module": [], "topic": []}
    confined = Confinement()
    timeout, retries, concurrency, checks = None, 0, None, plan.Checks()
    for statement in placed(node.body, MODULE, report):
        if isinstance(statement, syntax.Config):
            config = arguments.config(statement, report)
        elif isinstance(statement, syntax.Directive):
            match statement.keyword.text:
                case "allow":
                    _allow(statement, allowed, confined, names, report)
                case "timeout":
                    timeout = arguments.duration(statement, report)
                case "retries":
                    retries = arguments.count(statement, report, least=0) or 0
                case "concurrency":
                    concurrency = arguments.count(statement, report)
                case "health":
                    checks = _health(statement, report)
                case "isolate":
                    confined.isolate = confinement.isolate(statement, report)
                case "limits":
                    confined.limits = statement
    used.update(allowed["secret"])
    return plan.Module(
        node.name.text,
        plan.PyRef(node.target.module, node.target.name),
        config,
        tuple(sorted(allowed["secret"])),
        tuple(sorted(allowed["module"])),
        tuple(sorted(arg.value for arg in confined.network)),
        timeout,
        retries,
        checks,
        concurrency,
        files=confined.allowed_files(),
        isolation=confined.isolated(report),
        topics=tuple(sorted(allowed["topic"])),
    )


def _health(node: syntax.Directive, report: Report) -> plan.Checks:
    every = arguments.duration(node, report, block=True)
    found = plan.Checks() if every is None else plan.Checks(every=every)
    for statement in placed(node.block or (), HEALTH, report):
        if not isinstance(statement, syntax.Directive):
            continue
        if statement.keyword.text == "timeout":
            timeout = arguments.duration(statement, report)
            found = found if timeout is None else replace(found, timeout=timeout)
        else:
            failures = arguments.count(statement, report)
            found = found if failures is None else replace(found, failures=failures)
    return found


def _allow(
    node: syntax.Directive,
    allowed: dict[str, list[str]],
    confined: Confinement,
    names: Names,
    report: Report,
) -> None:
    if node.groups and node.groups[0][0].span.text == "file":
        confinement.allow_file(node, confined, report)
        return
    arguments.no_block(node, report)
    kind = allowance(node, KINDS, report)
    if kind is None:
        return
    if kind[0] == "network":
        confinement.allow_network(kind[1], confined, report)
        return
    for arg in kind[1]:
        name = arg.span.text
        if kind[0] == "secret":
            if not known_secret(arg, names, report):
                continue
        elif kind[0] == "topic":
            if not isinstance(arg, syntax.Word) or not topics.known(arg, names, report):
                continue
        elif name not in names.modules:
            names.missing(rules.UNKNOWN_MODULE, "module", name, arg.span, names.modules, report)
            continue
        if name in allowed[kind[0]]:
            arguments.once([(arg, name), (arg, name)], report)
        else:
            allowed[kind[0]].append(name)


def allowance(
    node: syntax.Directive, kinds: tuple[str, ...], report: Report
) -> tuple[str, tuple[syntax.Arg, ...]] | None:
    """What `allow KIND NAME, NAME` says: the kind, and the names."""
    match node.groups:
        case ((syntax.Word() as kind, first), *more) if all(len(group) == 1 for group in more):
            if kind.text in kinds:
                return kind.text, (first, *(group[0] for group in more))
            if kind.text in KINDS:
                report.add(
                    project_rules.MISPLACED_STATEMENT.at(
                        kind.span,
                        f"`allow {kind.text}` says nothing here",
                        help="it belongs into a `module`; handlers may call every module",
                    )
                )
            else:
                unknown_option(kind, kinds, "what is allowed", report)
        case _:
            arguments.wrong(node, "a kind and names", report)
    return None


def known_secret(arg: syntax.Arg, names: Names, report: Report) -> bool:
    """Whether the argument names a declared secret; reported if not."""
    name = arg.span.text
    if isinstance(arg, syntax.Word) and name in names.secrets:
        return True
    names.missing(rules.UNKNOWN_SECRET, "secret", name, arg.span, names.secrets, report)
    return False


def _cycles(names: Names, modules: Mapping[str, plan.Module], report: Report) -> None:
    """Report each circle of modules once, at the first of its members."""
    reported: set[str] = set()
    for start in modules:
        todo: list[tuple[str, ...]] = [(start,)]
        seen: set[str] = set()
        while todo and start not in reported:
            way = todo.pop()
            for name in modules[way[-1]].modules if way[-1] in modules else ():
                if name == start:
                    reported.update(way)
                    _cycle(names.modules[start].name.span, (*way, start), report)
                    break
                if name not in seen:
                    seen.add(name)
                    todo.append((*way, name))


def _cycle(span: Span, way: tuple[str, ...], report: Report) -> None:
    report.add(
        rules.MODULE_CYCLE.at(
            span,
            "modules allow one another in a circle: " + " -> ".join(f"`{name}`" for name in way),
            help="none could be started first: take one `allow module` away",
        )
    )


def hooks(names: Names, report: Report) -> Mapping[str, plan.Hook]:
    """All declared hooks."""
    found = {}
    for name, node in names.hooks.items():
        timeout, retries = None, 0
        for statement in placed(node.body, HOOK, report):
            if isinstance(statement, syntax.Directive):
                if statement.keyword.text == "timeout":
                    timeout = arguments.duration(statement, report)
                else:
                    retries = arguments.count(statement, report, least=0) or 0
        target = plan.PyRef(node.target.module, node.target.name)
        found[name] = plan.Hook(name, target, timeout, retries)
    return found


def check_unused(
    names: Names, secrets: Mapping[str, plan.Secret], used: set[str], report: Report
) -> None:
    """Report secrets that nothing may read; one that has a fault already is left alone."""
    for name, node in names.secrets.items():
        if name in secrets and name not in used | names.meant and not names.maybe_used(name):
            report.add(
                rules.UNUSED_SECRET.at(
                    node.name.span,
                    f"nothing may read the secret `{name}`",
                    help=f"add `allow secret {name}` where it is needed, or take it away",
                )
            )
