"""Topics: what may be published, who hears it, and what happens when somebody is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes import arguments
from gatid_compiler.passes.places import ON, TOPIC, placed, unknown_option
from gatid_compiler.passes.type_checks import references
from gatid_compiler.rules import policies as rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.declare import Names
    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.types import TypeReader

OVERFLOWS: Mapping[str, plan.Overflow] = {
    "drop_oldest": "drop_oldest",
    "drop_newest": "drop_newest",
    "refuse": "refuse",
    "wait": "wait",
}


def topics(
    names: Names, reader: TypeReader, defs: dict[str, GType], report: Report
) -> Mapping[str, plan.Topic]:
    """All declared topics, each with the types that its own names."""
    return {name: _topic(node, reader, defs, report) for name, node in names.topics.items()}


def _topic(
    node: syntax.Topic, reader: TypeReader, defs: dict[str, GType], report: Report
) -> plan.Topic:
    capacity, overflow = plan.Topic.CAPACITY, plan.Topic.OVERFLOW
    for statement in placed(node.body, TOPIC, report):
        if not isinstance(statement, syntax.Directive):
            continue
        if statement.keyword.text == "capacity":
            capacity = arguments.count(statement, report) or capacity
        else:
            word = arguments.word(statement, "what happens when somebody is slow", report)
            if word is not None and word.text in OVERFLOWS:
                overflow = OVERFLOWS[word.text]
            elif word is not None:
                unknown_option(word, OVERFLOWS, "`overflow`", report)
    type_ = reader.read(node.type, defs)
    todo, named = list(references(type_)), dict[str, "GType"]()
    while todo:
        name = todo.pop()
        if name in defs and name not in named:
            named[name] = defs[name]
            todo.extend(references(defs[name]))
    return plan.Topic(
        node.name.text, node.doc, type_, dict(sorted(named.items())), capacity, overflow
    )


def subscriptions(names: Names, report: Report) -> Sequence[plan.Subscription]:
    """The subscribers that are declared, in the order of writing."""
    found = []
    for node in names.subscribers:
        timeout = None
        for statement in placed(node.body, ON, report):
            if isinstance(statement, syntax.Directive):
                timeout = arguments.duration(statement, report)
        target = plan.PyRef(node.target.module, node.target.name)
        if known(node.topic, names, report):
            found.append(plan.Subscription(node.topic.text, target, timeout))
    return found


def known(word: syntax.Word, names: Names, report: Report) -> bool:
    """Whether it is a declared topic; reported if not."""
    if word.text in names.topics:
        return True
    names.missing(rules.UNKNOWN_TOPIC, "topic", word.text, word.span, names.topics, report)
    return False


def listed(node: syntax.Directive, names: Names, report: Report) -> Sequence[syntax.Word]:
    """The declared topics that a statement names."""
    found = []
    for arg in arguments.listed(node, "names of topics", report):
        if not isinstance(arg, syntax.Word):
            arguments.wrong(node, "names of topics", report)
        elif known(arg, names, report):
            found.append(arg)
    return found
