"""What a handler's annotations say must agree with its route: what comes in and what goes out.

A body, a query, … that the route lets in must be one that the annotation names. What a handler
is annotated to return must be something that the route answers with, as far as Python says it:
an annotation seldom tells how long a text is, and `Any` says nothing.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Ref
from gatid_compiler.passes.annotations.written import Place, answers, request_parts
from gatid_compiler.passes.handlers import Reference, resolve
from gatid_compiler.passes.lookup import Callable
from gatid_compiler.rules import python as rules
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatid_compiler.gtypes.model import GType, Schema
    from gatid_compiler.passes.annotations import Annotations
    from gatid_compiler.passes.python import PythonFile, PythonProject
    from gatid_compiler.passes.report import Report

_WORDS = {"path": "path parameters", "query": "a query", "headers": "headers", "cookies": "cookies"}


@dataclass(frozen=True, slots=True)
class Handled:
    """A handler of a route, and the shape of the messages that it reads and answers with."""

    route: str
    reference: Reference
    shape: plan.Shape


def check(
    handled: Iterable[Handled],
    types: Mapping[str, GType],
    project: PythonProject,
    report: Report,
) -> None:
    """Report the handlers whose annotations and routes do not agree."""
    check = _Check(types, project, report)
    for each in handled:
        thing = resolve(each.reference, project)
        if isinstance(thing, Callable) and not isinstance(thing.node, ast.Lambda):
            check.function(each, thing.file, thing.node)


class _Check:
    def __init__(self, types: Mapping[str, GType], project: PythonProject, report: Report) -> None:
        self._types = types
        self._project = project
        self._report = report
        self._annotations: Annotations | None = None

    def function(
        self, each: Handled, file: PythonFile, node: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> None:
        """Judges the annotations of one handler, where it has any."""
        args = (*node.args.posonlyargs, *node.args.args)
        if args and args[0].annotation is not None:
            place = Place(file, args[0].annotation)
            for part, said in request_parts(self._project, place).items():
                self._comes_in(each, place, part, said)
        if node.returns is not None:
            self._goes_out(each, Place(file, node.returns))

    def _comes_in(self, each: Handled, place: Place, part: str, said: Place) -> None:
        schema = self._read(said)
        there = getattr(each.shape, part)
        if schema is None or there is None:
            return
        from gatid_compiler.gtypes.gradual import filled, opened
        from gatid_compiler.gtypes.subtype import compare

        verdict = compare(filled(there, self._types), opened(schema))
        if verdict.kind != "refuted":
            return
        what = _WORDS.get(part, "a body")
        self._report.add(
            rules.HANDLER_TYPE.at(
                place.file.span(place.node),
                f"the route `{each.route}` lets in {what} that the handler"
                f" `{each.reference.target.name}` is not annotated for: {_json(verdict.witness)}",
                help=f"`{ast.unparse(said.node)}` does not allow it: change it, or the type of"
                " the route",
                labels=(Label(each.reference.span, f"the handler of `{each.route}`"),),
            )
        )

    def _goes_out(self, each: Handled, place: Place) -> None:
        from gatid_compiler.gtypes.gradual import disagreement

        types = [a.type for a in each.shape.answers if a.type is not None and not _is_problem(a)]
        for said in answers(self._project, place):
            schema = self._read(said, built=True)
            if schema is None:
                continue
            witness = disagreement(schema, types, self._types)
            if witness is None:
                continue
            self._report.add(
                rules.HANDLER_TYPE.at(
                    place.file.span(place.node),
                    f"the handler `{each.reference.target.name}` is annotated to return what"
                    f" the route `{each.route}` does not answer with: {_json(witness.value)}",
                    help=f"change `{ast.unparse(said.node)}`, or what the route `returns`",
                    labels=(Label(each.reference.span, f"the handler of `{each.route}`"),),
                )
            )

    def _read(self, place: Place, *, built: bool = False) -> Schema | None:
        # Projects that annotate nothing do not pay for reading annotations.
        from gatid_compiler.passes.annotations import Annotations, Known

        if self._annotations is None:
            self._annotations = Annotations(self._project)
        found = self._annotations.read(place.file, place.node, built=built)
        return found.schema if isinstance(found, Known) else None


def handled(
    handlers: Mapping[str, Reference],
    kept: Mapping[str, Iterable[Reference]],
    contracts: Mapping[str, Iterable[plan.Contract]],
) -> Iterator[Handled]:
    """Each handler of each route with the shapes it sees, once."""
    for route, found in contracts.items():
        references = [r for r in (handlers.get(route), *kept.get(route, ())) if r is not None]
        seen: set[tuple[plan.PyRef, plan.Shape]] = set()
        for contract in found:
            if not isinstance(contract.handler, plan.PyHandler):
                continue
            target = contract.handler.target
            reference = next((r for r in references if r.target == target), None)
            if reference is not None and (target, contract.handler_shape) not in seen:
                seen.add((target, contract.handler_shape))
                yield Handled(route, reference, contract.handler_shape)


def _is_problem(answer: plan.Answer) -> bool:
    """A problem document, which handlers make by `res.problem` or raise; anything could be one."""
    return answer.status >= 400 and answer.type == Ref("Problem")


def _json(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= 120 else f"{text[:119]}…"
