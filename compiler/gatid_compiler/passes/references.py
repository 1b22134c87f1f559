"""Every `module:name` of a configuration, with what it is used as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes.handlers import (
    CARRIER,
    CATCH,
    HANDLER,
    HOOK,
    MODULE,
    SUBSCRIBER,
    Reference,
)
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.passes.declare import Names
    from gatid_compiler.passes.layers import HookUse
    from gatid_compiler.passes.routes import Head


@dataclass(frozen=True, slots=True)
class References:
    """References by what they belong to; `hooks` has one for each way that a hook is called."""

    handlers: Mapping[str, Reference]
    kept: Mapping[str, Sequence[Reference]]
    hooks: Mapping[str, Sequence[Reference]]
    modules: Mapping[str, Reference]
    carriers: Sequence[Reference]
    subscribers: Sequence[Reference] = ()

    @property
    def all(self) -> Sequence[Reference]:
        """All of them, those of hooks once for each way of calling."""
        hooks = (reference for found in self.hooks.values() for reference in found)
        kept = (reference for found in self.kept.values() for reference in found)
        functions = (*self.handlers.values(), *kept, *self.carriers, *self.subscribers)
        return (*self.modules.values(), *hooks, *functions)


def references(
    names: Names,
    heads: Mapping[str, Head],
    hooks: Mapping[str, plan.Hook],
    hook_uses: Sequence[HookUse],
) -> References:
    """Gather them from routes, removed ones too, changes, hooks and modules."""
    handlers = {}
    for name, head in heads.items():
        span = _handler(head.node.body)
        if isinstance(head.handler, plan.PyHandler) and span is not None:
            handlers[name] = Reference(head.handler.target, span.span, HANDLER)
    modules = {
        name: Reference(plan.PyRef(node.target.module, node.target.name), node.target.span, MODULE)
        for name, node in names.modules.items()
    }
    bound = _hooks(names, hooks, hook_uses)
    subscribers = tuple(
        Reference(plan.PyRef(node.target.module, node.target.name), node.target.span, SUBSCRIBER)
        for node in names.subscribers
    )
    return References(handlers, _kept(names), bound, modules, tuple(carriers(names)), subscribers)


def _hooks(
    names: Names, hooks: Mapping[str, plan.Hook], hook_uses: Sequence[HookUse]
) -> Mapping[str, Sequence[Reference]]:
    found: dict[str, dict[str, Reference]] = {name: {} for name in hooks}
    for use in hook_uses:
        node = names.hooks.get(use.name)
        span = use.span if node is None else node.target.span
        role = CATCH if use.kind == "catch" else HOOK
        found[use.name].setdefault(role.what, Reference(hooks[use.name].target, span, role))
    for name, node in names.hooks.items():
        if not found[name]:
            # Nobody says how it is called; what takes four is the usual hook.
            found[name][HOOK.what] = Reference(hooks[name].target, node.target.span, HOOK)
    return {name: tuple(roles.values()) for name, roles in found.items()}


def _kept(names: Names) -> Mapping[str, Sequence[Reference]]:
    """Handlers that older versions of a route keep."""
    found: dict[str, list[Reference]] = {}
    for change in names.changes:
        for part in change.body:
            ref = _handler(part.body) if isinstance(part, syntax.RouteChange) else None
            if ref is not None:
                reference = Reference(plan.PyRef(ref.module, ref.name), ref.span, HANDLER)
                found.setdefault(part.name.text, []).append(reference)
    return found


def carriers(names: Names) -> Iterator[Reference]:
    """Functions that carry values between versions."""
    waiting: list[object] = [part for change in names.changes for part in change.body]
    for part in waiting:
        match part:
            case syntax.Was(up=up, down=down):
                for ref in (up, down):
                    if ref is not None:
                        yield Reference(plan.PyRef(ref.module, ref.name), ref.span, CARRIER)
            case (
                syntax.TypeChange(body=body)
                | syntax.RouteChange(body=body)
                | syntax.Each(body=body)
                | syntax.In(body=body)
                | syntax.When(body=body)
            ):
                waiting.extend(body)
            case _:
                pass


def _handler(body: Sequence[object]) -> syntax.PyRef | None:
    for node in body:
        match node:
            case syntax.Directive(
                keyword=syntax.Word(text="handler"), groups=((syntax.PyRef() as ref,),)
            ):
                return ref
            case _:
                pass
    return None
