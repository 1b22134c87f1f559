"""What Python code asks of gatid: modules, secrets and topics that have to be declared.

Only what the source plainly shows is judged: a parameter that holds the global context, and
attributes of it. A function that is named in the configuration has the context in its place,
whatever it calls it; any other function in a parameter called `gctx`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes.asking import (
    Function,
    Use,
    in_class,
    in_function,
    parameter,
    parameters,
)
from gatid_compiler.passes.handlers import MODULE, Reference, resolve
from gatid_compiler.passes.lookup import Callable, Class, Thing
from gatid_compiler.rules import policies as rules
from gatid_dsl.diagnostic import Label
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gatid_compiler.passes.declare import Names
    from gatid_compiler.passes.effective import Effective
    from gatid_compiler.passes.python import PythonFile, PythonProject
    from gatid_compiler.passes.references import References
    from gatid_compiler.passes.report import Report


class Uses:
    """Looks through the project's files, and judges what they ask for."""

    def __init__(
        self,
        names: Names,
        modules: Mapping[str, plan.Module],
        project: PythonProject,
        report: Report,
    ) -> None:
        self._names = names
        self._modules = modules
        self._project = project
        self._report = report
        self._things: dict[plan.PyRef, Thing] = {}

    def check_files(self, files: Iterable[PythonFile], references: Iterable[Reference]) -> None:
        """Everything asked of a global context must be declared."""
        contexts = self._contexts(references)
        for file in files:
            if file.tree is None:
                continue
            for use in _in_file(file, contexts.get(id(file.tree), {})):
                self._declared(use)

    def check_secrets(
        self,
        reference: Reference,
        allowed: Iterable[str],
        place: Label,
        where: str = "the route, or to a level around it",
    ) -> None:
        """What a handler or hook reads itself must be allowed where it runs."""
        thing = self._thing(reference)
        if not isinstance(thing, Callable):
            return
        name = parameter(thing.node, reference.role.context)
        if name is None:
            return
        for use in in_function(thing.file, thing.node, name):
            if use.kind == "secret" and use.name in self._names.secrets:
                self._allowed(use, allowed, place, where)

    def check_module(self, module: plan.Module, reference: Reference) -> None:
        """What a module reads through its context must be allowed to it."""
        thing = self._thing(reference)
        if not isinstance(thing, Class):
            return
        place = Label(self._names.modules[module.name].name.span, "the module")
        for use in in_class(thing):
            if use.name is None or not self._declared(use) or use.kind == "method":
                continue
            if use.kind == "topic":
                if use.name not in module.topics:
                    self._not_emitted(
                        use, place, f"add `allow topic {use.name}` to `{module.name}`"
                    )
                continue
            if use.kind == "secret":
                self._allowed(use, module.secrets, place, f"`{module.name}`")
            elif use.name not in module.modules:
                self._report.add(
                    rules.MODULE_NOT_ALLOWED.at(
                        use.span,
                        f"`{module.name}` calls the module `{use.name}`, which is not allowed",
                        help=f"add `allow module {use.name}` to `{module.name}`",
                        labels=(place,),
                    )
                )

    def _thing(self, reference: Reference) -> Thing:
        target = reference.target
        if target not in self._things:
            self._things[target] = resolve(reference, self._project)
        return self._things[target]

    def _contexts(self, references: Iterable[Reference]) -> Mapping[int, Mapping[int, str]]:
        """By file and function: the parameter that holds the context, by its place."""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for reference in references:
            thing = self._thing(reference)
            if reference.role is MODULE or not isinstance(thing, Callable):
                continue
            name = parameter(thing.node, reference.role.context)
            if name is not None and thing.file.tree is not None:
                found[id(thing.file.tree)][id(thing.node)] = name
        return found

    def _declared(self, use: Use) -> bool:
        """Whether it is declared; what only running the code tells may be."""
        if use.name is None:
            return True
        if use.kind == "method":
            self._method(use, use.name)
            return True
        known, rule = {
            "module": (self._names.modules.keys(), rules.UNKNOWN_MODULE),
            "secret": (self._names.secrets.keys(), rules.UNKNOWN_SECRET),
            "topic": (self._names.topics.keys(), rules.UNKNOWN_TOPIC),
        }[use.kind]
        if use.name in known:
            return True
        if self._names.maybe_lost(use.kind, use.name):
            return False
        close = nearest(use.name, sorted(known))
        form = f"module {use.name} = package.module:Class"
        if use.kind == "secret":
            form = f'secret {use.name} from env "{use.name.upper()}"'
        if use.kind == "topic":
            form = f"topic {use.name}: Type"
        self._report.add(
            rule.at(
                use.span,
                f"there is no {use.kind} `{use.name}`",
                help=f"did you mean `{close}`?" if close else f"declare it: `{form}`",
                fix=close if isinstance(use.node, ast.Attribute) else None,
            )
        )
        return False

    def _method(self, use: Use, name: str) -> None:
        """A method that a module is called by, where its source shows which it has."""
        module = self._modules.get(use.of)
        if module is None or module.manifest is None or name.startswith("_"):
            return
        known = [method.name for method in module.manifest.methods]
        if name in known:
            return
        close = nearest(name, known)
        listed = ", ".join(f"`{each}`" for each in known)
        own = f"`{name}` is called by gatid alone" if name in plan.LIFECYCLE else ""
        self._report.add(
            rules.UNKNOWN_METHOD.at(
                use.span,
                f"the module `{use.of}` has no method `{name}` to be called",
                help=own or (f"did you mean `{close}`?" if close else f"it has {listed or 'none'}"),
                labels=(Label(self._names.modules[use.of].target.span, "the module"),),
                fix=None if own else close,
            )
        )

    def check_subscriber(self, reference: Reference) -> None:
        """A subscriber belongs to no route, so that nothing is allowed to it."""
        place = Label(reference.span, "the subscriber")
        self.check_topics(reference, (), place, "it through a module that may")
        self.check_secrets(reference, (), place, "a module that it calls")

    def check_topics(
        self,
        reference: Reference,
        emitted: Iterable[str],
        place: Label,
        instead: str = "",
    ) -> None:
        """What a handler or hook publishes itself must be said where it runs."""
        thing = self._thing(reference)
        if not isinstance(thing, Callable):
            return
        name = parameter(thing.node, reference.role.context)
        if name is None:
            return
        for use in in_function(thing.file, thing.node, name):
            if use.kind == "topic" and use.name in self._names.topics and use.name not in emitted:
                line = f"add `emits {use.name}` to the route, or to a level around it"
                self._not_emitted(use, place, f"publish {instead}" if instead else line)

    def _not_emitted(self, use: Use, place: Label, what: str) -> None:
        self._report.add(
            rules.TOPIC_NOT_EMITTED.at(
                use.span,
                f"the topic `{use.name}` may not be published here",
                help=what,
                labels=(place,),
            )
        )

    def _allowed(self, use: Use, allowed: Iterable[str], place: Label, where: str) -> None:
        if use.name is None or use.name in allowed:
            return
        self._report.add(
            rules.SECRET_NOT_ALLOWED.at(
                use.span,
                f"the secret `{use.name}` may not be read here",
                help=f"add `allow secret {use.name}` to {where}",
                labels=(place,),
            )
        )


def _in_file(file: PythonFile, contexts: Mapping[int, str]) -> Iterator[Use]:
    assert file.tree is not None  # noqa: S101 - callers pass parsed files
    for node in ast.walk(file.tree):
        if not isinstance(node, Function):
            continue
        named = contexts.get(id(node))
        if named is None and "gctx" in parameters(node):
            named = "gctx"
        if named is not None:
            yield from in_function(file, node, named)


def check(
    names: Names,
    files: Sequence[PythonFile],
    references: References,
    settings: Mapping[str, Effective],
    modules: Mapping[str, plan.Module],
    project: PythonProject,
    report: Report,
) -> None:
    """Judge everything that the project's Python asks of gatid."""
    uses = Uses(names, modules, project, report)
    uses.check_files(files, references.all)
    for name, reference in references.modules.items():
        uses.check_module(modules[name], reference)
    for name, held in settings.items():
        allowed = {said.value for said in held.secrets}
        route = names.all_routes[name].node.name
        place = Label(route.span, f"it is read for `{name}`")
        emitted = {said.value for said in held.emits}
        published = Label(route.span, f"it is published for `{name}`")
        running = [references.handlers[name]] if name in references.handlers else []
        running += references.kept.get(name, ())
        for said in (*held.before, *held.after, *held.catch):
            running += references.hooks.get(said.value, ())
        for reference in running:
            uses.check_secrets(reference, allowed, place)
            uses.check_topics(reference, emitted, published)
    for reference in references.subscribers:
        uses.check_subscriber(reference)
