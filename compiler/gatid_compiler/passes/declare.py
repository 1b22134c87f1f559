"""Names: what is declared, each once, and which names are close to one that is not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from gatid_compiler.passes import builtin_types
from gatid_compiler.passes.gather import first_place
from gatid_compiler.rules import project as rules
from gatid_compiler.rules.routes import CHANGE_REMOVED
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label
from gatid_dsl.source import Span
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatid_compiler.passes.gather import Project
    from gatid_compiler.passes.report import Report
    from gatid_dsl.diagnostic import Rule

Named = TypeVar(
    "Named",
    syntax.Secret,
    syntax.Topic,
    syntax.Module,
    syntax.Hook,
    syntax.Policy,
    syntax.TypeDef,
)


@dataclass(frozen=True, slots=True)
class RoutePlace:
    """A route and the groups that it stands in, from the outside in."""

    node: syntax.Route
    groups: tuple[syntax.Group, ...]


@dataclass(slots=True)
class Names:
    """Everything declared, by kind and name, in the order of writing."""

    app: syntax.App | None = None
    versions: list[syntax.Version] = field(default_factory=list)
    secrets: dict[str, syntax.Secret] = field(default_factory=dict)
    modules: dict[str, syntax.Module] = field(default_factory=dict)
    hooks: dict[str, syntax.Hook] = field(default_factory=dict)
    policies: dict[str, syntax.Policy] = field(default_factory=dict)
    topics: dict[str, syntax.Topic] = field(default_factory=dict)
    subscribers: list[syntax.On] = field(default_factory=list)
    types: dict[str, syntax.TypeDef] = field(default_factory=dict)
    groups: list[syntax.Group] = field(default_factory=list)
    routes: dict[str, RoutePlace] = field(default_factory=dict)
    removed: dict[str, RoutePlace] = field(default_factory=dict)
    changes: list[syntax.Change] = field(default_factory=list)
    broken: tuple[str, ...] = ()
    meant: set[str] = field(default_factory=set)
    """Names that a misspelt one was probably meant to be: not unused because of that."""

    @property
    def all_routes(self) -> Mapping[str, RoutePlace]:
        """The routes that there are, and then those that older versions had."""
        return {**self.routes, **self.removed}

    def maybe_lost(self, kind: str, name: str) -> bool:
        """Whether a declaration of that name may be in what could not be parsed."""
        pattern = re.compile(rf"\b{kind}[ \t]+{re.escape(name)}\b")
        return any(pattern.search(text) for text in self.broken)

    def maybe_used(self, name: str) -> bool:
        """Whether a name stands in a source that could not be parsed as a whole."""
        pattern = re.compile(rf"\b(?:secret|keys)\b[^\n]*\b{re.escape(name)}\b(?!\s+from\b)")
        return any(pattern.search(text) for text in self.broken)

    def missing(
        self, rule: Rule, kind: str, name: str, span: Span, known: Iterable[str], report: Report
    ) -> None:
        """Report that nothing of that kind has the name, unless it may have been lost."""
        if self.maybe_lost(kind, name):
            return
        close = nearest(name, sorted(known))
        if close is not None:
            self.meant.add(close)
        report.add(
            rule.at(
                span,
                f"there is no {kind} `{name}`",
                help=f"did you mean `{close}`?" if close else f"declare it: `{kind} {name} …`",
                fix=close,
            )
        )


def declare(project: Project, report: Report) -> Names:
    """Sort the declarations by kind; report doubles and what is not supported yet."""
    names = Names(broken=tuple(source.text for source in project.broken))
    for node in project.declarations:
        match node:
            case syntax.App():
                _app(node, names, report)
            case syntax.Version():
                names.versions.append(node)
            case syntax.Secret():
                _once("secret", node, names.secrets, report)
            case syntax.Module():
                _once("module", node, names.modules, report)
            case syntax.Hook():
                _once("hook", node, names.hooks, report)
            case syntax.Policy():
                _once("policy", node, names.policies, report)
            case syntax.TypeDef():
                _type(node, names, report)
            case syntax.Group():
                _group(node, (), names, report)
            case syntax.Route():
                _route(node, (), names, report)
            case syntax.Change():
                names.changes.append(node)
            case syntax.Topic():
                _once("topic", node, names.topics, report)
            case syntax.On():
                names.subscribers.append(node)
            case syntax.Rollout():
                _unsupported(node, report)
            case syntax.Include():
                pass
    _removed(names, report)
    if names.app is None and not any("app" in text or not text for text in names.broken):
        source = project.sources[0]
        report.add(
            rules.NO_APP.at(
                Span(source, 0, 0),
                f"`{source.path}` declares no `app`",
                help='declare one: `app shop { listen "127.0.0.1:8080" }`',
            )
        )
    return names


def _once(kind: str, node: Named, known: dict[str, Named], report: Report) -> None:
    first = known.setdefault(node.name.text, node)
    if first is not node:
        _double(kind, node.name, first.name, report)


def _double(kind: str, name: syntax.Word, first: syntax.Word, report: Report) -> None:
    report.add(
        rules.DUPLICATE_NAME.at(
            name.span,
            f"there are two declarations of the {kind} `{name.text}`",
            help="give one of them another name, or take it away",
            labels=(first_place(first.span),),
        )
    )


def _app(node: syntax.App, names: Names, report: Report) -> None:
    if names.app is None:
        names.app = node
        return
    report.add(
        rules.DUPLICATE_APP.at(
            node.name.span,
            "a project has one `app`, this is the second",
            help="write all settings into one block; a file with an `app` of its own is another "
            "project and cannot be included",
            labels=(first_place(names.app.name.span),),
        )
    )


def _type(node: syntax.TypeDef, names: Names, report: Report) -> None:
    name = node.name.text
    if name in builtin_types.RESERVED:
        report.add(
            rules.RESERVED_NAME.at(
                node.name.span,
                f"`{name}` is a built-in type",
                help=f"choose another name, such as `My{name[0].upper()}{name[1:]}`",
            )
        )
        return
    seen: dict[str, syntax.Word] = {}
    for param in node.params:
        first = seen.setdefault(param.text, param)
        if first is not param:
            _double("type parameter", param, first, report)
    _once("type", node, names.types, report)


def _group(
    node: syntax.Group, outer: tuple[syntax.Group, ...], names: Names, report: Report
) -> None:
    names.groups.append(node)
    groups = (*outer, node)
    for item in node.body:
        if isinstance(item, syntax.Group):
            _group(item, groups, names, report)
        elif isinstance(item, syntax.Route):
            _route(item, groups, names, report)


def _route(
    node: syntax.Route, groups: tuple[syntax.Group, ...], names: Names, report: Report
) -> None:
    first = names.routes.setdefault(node.name.text, RoutePlace(node, groups))
    if first.node is not node:
        _double("route", node.name, first.node.name, report)


def _removed(names: Names, report: Report) -> None:
    """Routes that changes say were removed. They stand in no group."""
    for change in names.changes:
        for block in change.body:
            if isinstance(block, syntax.RouteRemoved):
                _gone(block, names, report)


def _gone(block: syntax.RouteRemoved, names: Names, report: Report) -> None:
    node = block.route
    name = node.name.text
    if name != block.name.text:
        report.add(
            CHANGE_REMOVED.at(
                node.name.span,
                f"the route inside is called `{name}`",
                help=f"call it `{block.name.text}`, as what was removed",
                labels=(Label(block.name.span, "removed here"),),
            )
        )
    elif name in names.routes:
        report.add(
            CHANGE_REMOVED.at(
                block.name.span,
                f"there is a route `{name}`, so it is not removed",
                help=f"where another route has its name now, call this one `{name}_old`; where "
                "the code of that time is to stay, write `handler module:function` in a "
                f"change of `{name}`",
                labels=(Label(names.routes[name].node.name.span, "it is here"),),
            )
        )
    else:
        first = names.removed.setdefault(name, RoutePlace(node, ()))
        if first.node is not node:
            _double("removed route", node.name, first.node.name, report)


def _unsupported(node: syntax.Rollout, report: Report) -> None:
    report.add(
        rules.NOT_SUPPORTED_YET.at(
            head(node.span, "rollout"),
            "`rollout` is not supported yet",
            help="take the declaration away",
        )
    )


def head(span: Span, keyword: str) -> Span:
    """The first word of a declaration, where the parser leaves no span of its own."""
    start = span.text.find(keyword)
    if start < 0:
        return span
    return Span(span.source, span.start + start, span.start + start + len(keyword))
