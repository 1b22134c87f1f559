"""What each block says of policies, read once: the app, every group, policy and route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from gatid_compiler import plan
from gatid_compiler.passes import arguments, tokens, topics
from gatid_compiler.passes.places import (
    AUTH_KEY,
    POLICY,
    RATE,
    Place,
    not_yet,
    placed,
    unknown_option,
)
from gatid_compiler.passes.services import allowance, known_secret
from gatid_compiler.passes.settings import header_name
from gatid_compiler.passes.snapshots import snapshots
from gatid_compiler.rules import policies as rules
from gatid_dsl import syntax
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.passes.declare import Names
    from gatid_compiler.passes.report import Report

T = TypeVar("T")
HookKind = Literal["before", "after", "catch"]


UNREADABLE = plan.KeyAuth(None, None, "")
"""Stands for an `auth` line that has been reported, so that callers still count as somebody."""


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """A setting, where it is written, and the level or policy that says it."""

    value: T
    span: Span
    by: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One block's own lines, and the policies that it uses, in the order of writing."""

    by: str
    uses: tuple[tuple[syntax.Word, Layer], ...] = ()
    auth: tuple[Said[plan.Auth], ...] = ()
    roles: Said[plan.Roles] | None = None
    timeout: Said[int] | None = None
    max_body: Said[int] | None = None
    rates: tuple[Said[plan.Rate], ...] = ()
    before: tuple[Said[str], ...] = ()
    after: tuple[Said[str], ...] = ()
    catch: tuple[Said[str], ...] = ()
    secrets: tuple[Said[str], ...] = ()
    snapshots: Said[plan.Snapshots] | None = None
    emits: tuple[Said[str], ...] = ()
    unsure: bool = False
    """Whether a policy that it uses is not known, so that who may call is not either."""


@dataclass(frozen=True, slots=True)
class HookUse:
    """A hook that runs somewhere, and as what."""

    name: str
    kind: HookKind
    span: Span


class LayerReader:
    """Reads blocks into layers; remembers the hooks and secrets that they name."""

    def __init__(self, names: Names, hooks: dict[str, plan.Hook], report: Report) -> None:
        self._names = names
        self._report = report
        self._policies: dict[str, Layer] = {}
        self._reading: list[str] = []
        self.hooks = hooks
        self.hook_uses: list[HookUse] = []
        self.used_secrets: set[str] = set()

    def read_policies(self) -> None:
        """All declared policies, used or not."""
        for name in self._names.policies:
            self._policy(name)

    def layer(self, by: str, body: Sequence[syntax.Statement], place: Place) -> Layer:
        """What a block says of policies; its other statements are left to others."""
        block = _Block(by, self, self._names, self._report)
        for statement in placed(body, place, self._report):
            if isinstance(statement, syntax.Directive):
                block.take(statement)
        return block.layer()

    def used(self, word: syntax.Word) -> Layer | None:
        """The policy that `use` names."""
        name = word.text
        if name not in self._names.policies:
            self._names.missing(
                rules.UNKNOWN_POLICY,
                "policy",
                name,
                word.span,
                self._names.policies,
                self._report,
            )
            return None
        if name in self._reading:
            way = [*self._reading[self._reading.index(name) :], name]
            self._report.add(
                rules.POLICY_CYCLE.at(
                    word.span,
                    "policies use one another in a circle: "
                    + " -> ".join(f"`{step}`" for step in way),
                    help="take one `use` away",
                )
            )
            return None
        return self._policy(name)

    def _policy(self, name: str) -> Layer:
        if name not in self._policies:
            self._reading.append(name)
            node = self._names.policies[name]
            self._policies[name] = self.layer(f"policy {name}", node.body, POLICY)
            self._reading.pop()
        return self._policies[name]


class _Block:
    """A layer while it is read."""

    def __init__(self, by: str, reader: LayerReader, names: Names, report: Report) -> None:
        self._by = by
        self._reader = reader
        self._names = names
        self._report = report
        self._uses: list[tuple[syntax.Word, Layer]] = []
        self._auth: list[Said[plan.Auth]] = []
        self._roles: Said[plan.Roles] | None = None
        self._timeout: Said[int] | None = None
        self._max_body: Said[int] | None = None
        self._rates: list[Said[plan.Rate]] = []
        self._hooks: dict[HookKind, list[Said[str]]] = {"before": [], "after": [], "catch": []}
        self._secrets: list[Said[str]] = []
        self._snapshots: Said[plan.Snapshots] | None = None
        self._emits: list[Said[str]] = []
        self._unsure = False

    def layer(self) -> Layer:
        return Layer(
            self._by,
            tuple(self._uses),
            tuple(self._auth),
            self._roles,
            self._timeout,
            self._max_body,
            tuple(self._rates),
            tuple(self._hooks["before"]),
            tuple(self._hooks["after"]),
            tuple(self._hooks["catch"]),
            tuple(self._secrets),
            self._snapshots,
            tuple(self._emits),
            self._unsure,
        )

    def take(self, node: syntax.Directive) -> None:
        """Read a policy statement; anything else is another pass's."""
        match node.keyword.text:
            case "use":
                self._use(node)
            case "auth":
                self._authenticate(node)
            case "roles":
                self._roles = self._said(self._read_roles(node), node)
            case "rate":
                rate = self._said(self._rate(node), node)
                if rate is not None:
                    self._rates.append(rate)
            case "timeout":
                self._timeout = self._said(arguments.duration(node, self._report), node)
            case "max_body":
                self._max_body = self._said(arguments.size(node, self._report), node)
            case "before" | "after" | "catch" as kind:
                self._hook(node, kind)
            case "allow":
                self._allow(node)
            case "snapshot":
                self._snapshots = Said(snapshots(node, self._report), node.span, self._by)
            case "emits":
                arguments.no_block(node, self._report)
                for word in topics.listed(node, self._names, self._report):
                    self._emits.append(Said(word.text, word.span, self._by))
            case _:
                pass

    def _said(self, value: T | None, node: syntax.Directive) -> Said[T] | None:
        return None if value is None else Said(value, node.span, self._by)

    def _use(self, node: syntax.Directive) -> None:
        for arg in arguments.listed(node, "names of policies", self._report):
            if not isinstance(arg, syntax.Word):
                arguments.wrong(node, "names of policies", self._report)
                continue
            layer = self._reader.used(arg)
            if layer is None:
                self._unsure = True
            elif all(layer is not known for _, known in self._uses):
                self._uses.append((arg, layer))

    def _authenticate(self, node: syntax.Directive) -> None:
        match node.groups:
            case ((syntax.Word(text="none"),),):
                arguments.no_block(node, self._report)
                self._auth.append(Said(plan.NoAuth(), node.span, self._by))
            case ((syntax.Word(text="key") as word,),):
                key = self._key(word, node.block or ())
                self._auth.append(Said(key or UNREADABLE, node.span, self._by))
            case ((syntax.Word(text="jwt") as word,),):
                token = tokens.jwt(word, node.block or (), self._names, self._report)
                self._reader.used_secrets |= tokens.secrets(node.block or (), self._names)
                self._auth.append(Said(token or UNREADABLE, node.span, self._by))
            case ((syntax.Word(text="introspect") as word,),):
                not_yet(word, f"`auth {word.text}`", self._report)
                self._auth.append(Said(UNREADABLE, node.span, self._by))
            case ((syntax.Word() as word,),):
                known = ("none", "key", "jwt", "introspect")
                unknown_option(word, known, "`auth`", self._report)
                self._auth.append(Said(UNREADABLE, node.span, self._by))
            case _:
                arguments.wrong(node, "`none`, `key`, `jwt` or `introspect`", self._report)
                self._auth.append(Said(UNREADABLE, node.span, self._by))

    def _key(self, word: syntax.Word, block: Sequence[syntax.Statement]) -> plan.KeyAuth | None:
        header = param = keys = None
        written: set[str] = set()
        for statement in placed(block, AUTH_KEY, self._report):
            if not isinstance(statement, syntax.Directive):
                continue
            name = statement.keyword.text
            written.update(
                arg.text
                for group in statement.groups
                for arg in group
                if isinstance(arg, syntax.Word)
            )
            written.add(name)
            if name == "header":
                header = header_name(statement, self._report)
            elif name == "param":
                param = arguments.text(statement, self._report)
            else:
                keys = arguments.word(statement, "the name of a secret", self._report)
        missing = [] if written & {"header", "param"} else ["where the key stands"]
        missing += [] if "keys" in written else ["which secret holds the keys"]
        if missing:
            self._report.add(
                rules.AUTH_INCOMPLETE.at(
                    word.span,
                    f"`auth key` does not say {' and '.join(missing)}",
                    help='write lines such as `header "X-API-Key"` and `keys NAME`, with the '
                    "name of a secret, into its block",
                )
            )
        self._reader.used_secrets |= written & set(self._names.secrets)
        if keys is None or not known_secret(keys, self._names, self._report):
            return None
        return plan.KeyAuth(header.lower() if header else None, param, keys.text)

    def _read_roles(self, node: syntax.Directive) -> plan.Roles | None:
        arguments.no_block(node, self._report)
        match node.groups:
            case ((syntax.Call(name=name, args=args),),) if args:
                arguments.once([(arg, arg.text) for arg in args], self._report)
                held = tuple(dict.fromkeys(arg.text for arg in args))
                match name.text:
                    case "any" | "all" as mode:
                        return plan.Roles(mode, held)
                    case _:
                        unknown_option(name, ("any", "all"), "`roles`", self._report)
            case _:
                arguments.wrong(node, "`any(…)` or `all(…)` with names of roles", self._report)
        return None

    def _rate(self, node: syntax.Directive) -> plan.Rate | None:
        match node.groups:
            case ((syntax.RateOf() as rate, syntax.Word(text="per"), syntax.Word() as per),) if (
                rate.count > 0
            ):
                pass
            case _:
                takes = "a rate above zero and what it is counted per"
                arguments.wrong(node, takes, self._report)
                return None
        burst = rate.count
        for statement in placed(node.block or (), RATE, self._report):
            if isinstance(statement, syntax.Directive):
                burst = arguments.count(statement, self._report) or burst
        scope = f"{self._by} {len(self._rates) + 1}"
        match per.text:
            case "address" | "route" | "subject" | "key" as what:
                return plan.Rate(scope, rate.count, rate.period, what, burst)
            case _:
                known = ("address", "route", "subject", "key")
                unknown_option(per, known, "what a rate is counted per", self._report)
                return None

    def _hook(self, node: syntax.Directive, kind: HookKind) -> None:
        takes = "names of hooks, or `module:function`"
        for arg in arguments.listed(node, takes, self._report):
            if isinstance(arg, syntax.PyRef):
                target = plan.PyRef(arg.module, arg.name)
                name = str(target)
                self._reader.hooks.setdefault(name, plan.Hook(name, target, None, 0))
            elif isinstance(arg, syntax.Word):
                name = arg.text
                if name not in self._names.hooks:
                    self._names.missing(
                        rules.UNKNOWN_HOOK,
                        "hook",
                        name,
                        arg.span,
                        self._names.hooks,
                        self._report,
                    )
                    continue
            else:
                arguments.wrong(node, takes, self._report)
                continue
            self._hooks[kind].append(Said(name, arg.span, self._by))
            self._reader.hook_uses.append(HookUse(name, kind, arg.span))

    def _allow(self, node: syntax.Directive) -> None:
        arguments.no_block(node, self._report)
        allowed = allowance(node, ("secret",), self._report)
        if allowed is None:
            return
        arguments.once([(arg, arg.span.text) for arg in allowed[1]], self._report)
        for arg in allowed[1]:
            if known_secret(arg, self._names, self._report):
                self._reader.used_secrets.add(arg.span.text)
                self._secrets.append(Said(arg.span.text, arg.span, self._by))
