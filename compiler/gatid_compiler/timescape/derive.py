"""Derives history: from the types and routes at head and the changes, newest change first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Field, GType, Object
from gatid_compiler.passes.builtin_types import RESERVED
from gatid_compiler.passes.messages import UNREADABLE
from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.rules.routes import NOT_TEXTUAL
from gatid_compiler.timescape import codes, eras
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.history import Block, History, swept
from gatid_compiler.timescape.kept_faults import faults, kept_twice, promised
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.fields import Loss, Wishes
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown
from gatid_compiler.timescape.lenses.typing import Undo
from gatid_compiler.timescape.merged import Merged
from gatid_compiler.timescape.messages import TEXTUAL, Standing, shape_at, without_text
from gatid_compiler.timescape.paths import (
    answer_ops,
    is_answer_op,
    operations,
    outer_paths,
    request_op,
)
from gatid_compiler.timescape.reshape import closure, resolved
from gatid_compiler.timescape.spread import respelt, spelt_for, spread
from gatid_compiler.timescape.standings import collisions, moved, renamed_parameter, status
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Diagnostic, Label
from gatid_dsl.source import Span
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.passes.report import Report
    from gatid_compiler.plan import Release
    from gatid_compiler.timescape.kept import Stated
    from gatid_compiler.timescape.lenses.model import Lens
    from gatid_compiler.timescape.messages import Era
    from gatid_compiler.timescape.written import Written


@dataclass(frozen=True, slots=True)
class Derived:
    """History, and what each route was in each release; a route that is missing was not there."""

    history: History
    standings: Sequence[Mapping[str, Standing]]
    losses: Mapping[Span, Sequence[Loss]]
    merged: Merged

    def origins(self, key: str) -> set[str]:
        """The declarations that what happened to a definition is written of."""
        return {keys.origin(key), *map(keys.origin, self.merged.named(key))}

    def carried(self, release: int) -> Mapping[str, tuple[Standing, Standing]]:
        """What each route was before a release and in it, where its messages are carried from
        one to the other: not where older clients keep the handler that they had.
        """
        before, now = self.standings[release - 1], self.standings[release]
        return {
            route: (before[route], now[route])
            for route in sorted(set(before) & set(now))
            if before[route].era is now[route].era
        }


@dataclass(frozen=True, slots=True)
class _Wish:
    key: str
    received: Diagnostic | None
    answered: Diagnostic | None


@dataclass(frozen=True, slots=True)
class _Felt:
    key: str
    loss: Loss
    forbidden: bool


class Derivation:
    """Takes the definitions back through the changes, and keeps what they were on the way."""

    def __init__(
        self,
        defs: dict[str, GType],
        standings: Mapping[str, Standing],
        stated: Stated,
        written: Written,
        declared: frozenset[str],
        lost: Mapping[str, Span],
        merged: Merged,
        report: Report,
        unread: Collection[str] = (),
    ) -> None:
        """Of the routes that are `unread`, declared but at fault, nothing is said."""
        self._defs = defs
        self._unread = unread
        self._standings = dict(standings)
        self._stated = stated
        self._written = written
        self._declared = declared
        self._lost = lost
        self._merged = merged
        self._report = report
        self._states: list[Mapping[str, GType]] = [defs]
        self._blocks: list[Block] = []
        self._given_up: set[str] = set()
        self._added: dict[str, Span] = {}
        self._wishes: list[_Wish] = []
        self._lossless = False
        self._felt: list[_Felt] = []
        self._losses: dict[Span, dict[Loss, None]] = {}
        self._placed: dict[str, Span] = {}
        self._places = 0

    def run(self, releases: Sequence[Release], changes: Sequence[syntax.Change]) -> Derived:
        """All changes taken back."""
        by_release = self._by_release(releases, changes)
        ends = [0]
        standings = [dict(self._standings)]
        for index in range(len(releases) - 1, 0, -1):
            self._added_in(by_release[index])
            for change in reversed(by_release[index]):
                self._routes_of(change)
            for change in reversed(by_release[index]):
                self._types_of(change)
            self._older_eras(index, releases[index].label, by_release[index])
            self._report.extend(collisions(self._standings, self._placed))
            self._placed.clear()
            ends.append(len(self._blocks))
            standings.append(dict(self._standings))
        total = len(self._blocks)
        history = History(
            tuple(reversed(self._states)),
            tuple(reversed(self._blocks)),
            tuple(total - end for end in reversed(ends)),
        )
        losses = {span: tuple(found) for span, found in self._losses.items()}
        return Derived(history, tuple(reversed(standings)), losses, self._merged)

    def _by_release(
        self, releases: Sequence[Release], changes: Sequence[syntax.Change]
    ) -> list[list[syntax.Change]]:
        tags = {tag: index for index, release in enumerate(releases) for tag in release.tags}
        found: list[list[syntax.Change]] = [[] for _ in releases]
        for change in changes:
            index = tags.get(change.tag.text)
            if index is None:
                known = ", ".join(f"`{tag}`" for tag in tags)
                self._report.add(
                    codes.CHANGE_WITHOUT_VERSION.at(
                        change.tag.span,
                        f"no version has the tag `{change.tag.text}`",
                        help=f"the tags are {known}"
                        if known
                        else f"declare it: `version 2026-01-31 as {change.tag.text}`",
                    )
                )
            elif index == 0:
                self._report.add(
                    codes.CHANGE_BEFORE_ALL.at(
                        change.tag.span,
                        f"`{change.tag.text}` is the first version: nothing came before it",
                        help="write the change for the version that brought it",
                    )
                )
            else:
                found[index].append(change)
        return found

    # -- types -----------------------------------------------------------------------------

    def _types_of(self, change: syntax.Change) -> None:
        self._lossless = change.lossless
        for block in reversed(change.body):
            if isinstance(block, syntax.TypeChange):
                self._type_block(block)

    def _type_block(self, block: syntax.TypeChange) -> None:
        name = block.name.text
        if name not in self._declared:
            self._report.add(self._no_type(block.name))
        elif name in self._lost:
            self._report.add(
                NOT_SUPPORTED_YET.at(
                    block.name.span,
                    f"`{name}` is written out in another type, which this change would not reach: "
                    "that is not supported yet",
                    help=f"write the fields of `{name}` there, or refer to it from a field",
                    labels=(Label(self._lost[name], "written out here"),),
                )
            )
        else:
            # What leads through the type again is a moment of its own.
            whole = self._on_type(name, block.body, block.span)
            for op in () if whole else reversed(block.body):
                self._on_type(name, (op,), op.span)

    def _on_type(self, name: str, ops: tuple[syntax.Operation, ...], span: Span) -> bool:
        stand_on = sorted(key for key in self._defs if self._instance(key, name) is not None)
        if not stand_on or name in self._given_up:
            return True
        routes = list(spread(self._standings, self._defs, stand_on))
        try:
            paths = {
                route: respelt(self._standings[route], name, ops)
                for route, part in routes
                if part == "path"
            }
            on = {key: spelt_for(key, ops) for key in stand_on}
        except MisuseError as misuse:
            self._report.add(misuse.diagnostic)
            self._given_up.add(name)
            return True
        if not self._take_back(name, on, span):
            return False
        if name not in self._given_up:
            self._standings.update(paths)
            for route in sorted({route for route, _ in routes}):
                self._stays_text(self._standings[route].era, span)
        return True

    def _instance(self, key: str, name: str) -> str | None:
        """The declared type, with its arguments, which a definition is or is merged of."""
        if keys.origin(key) == name:
            return keys.plain(key)
        return self._merged.instance(key, name)

    def _free(self, key: str) -> str:
        """A name for a definition of one place. None is used twice in history."""
        self._places += 1
        return keys.variant(key, self._places)

    def _no_type(self, name: syntax.Word) -> Diagnostic:
        if name.text in RESERVED:
            return codes.CHANGE_UNKNOWN.at(
                name.span,
                f"`{name.text}` is built in, and the same in all versions",
                help="change a type of your own",
            )
        close = nearest(name.text, sorted(self._declared))
        return codes.CHANGE_UNKNOWN.at(
            name.span,
            f"there is no type `{name.text}` to change",
            help=f"did you mean `{close}`?" if close else "declare it as it is now",
            fix=close,
        )

    def _take_back(
        self,
        owner: str,
        ops: Mapping[str, tuple[syntax.Operation, ...]],
        span: Span,
    ) -> bool:
        """One block: the definitions it stands on are taken back, each by its operations. Not
        where one of several operations leads through them again: those go one by one.

        After a misuse nothing older on the same owner is judged: it would meet a type that
        never was.
        """
        if owner in self._given_up:
            return True
        defs = dict(self._defs)
        before: dict[str, GType] = {}
        lenses: dict[str, Lens] = {}
        wishes: list[_Wish] = []
        losses: list[_Felt] = []
        unfinished: dict[Span, None] = {}
        inner: dict[str, Lens] = {}
        owners = frozenset(map(keys.plain, ops))
        undone: list[tuple[str, Undo, Wishes]] = []
        try:
            for key, body in ops.items():
                felt = Wishes()
                instance = self._instance(key, owner) if owner in self._declared else ""
                undo = Undo(defs, owners, felt, self._written.reading(instance or ""), self._free)
                t, lens = undo.body(self._defs[key], _called(key), body)
                if undo.later and len(body) > 1:
                    return False
                before[key], lenses[key] = t, lens
                undone.append((key, undo, felt))
            defs.update(before)
            for key in ops:
                self._stays_merged(key, owner, defs, ops[key], span)
            for key, undo, felt in undone:
                for later in undo.later:  # grows meanwhile
                    inner[later.to] = undo.finish(later)
                losses.extend(_Felt(key, loss, self._lossless) for loss in felt.losses)
                unfinished.update(dict.fromkeys(felt.unfinished))
                wishes.extend(_Wish(key, d, None) for d in felt.never_received)
                wishes.extend(_Wish(key, None, d) for d in felt.never_answered)
        except MisuseError as misuse:
            self._report.add(misuse.diagnostic)
            self._given_up.add(owner)
            return True
        self._tell(unfinished)
        self._felt.extend(losses)
        self._defs = swept(defs)
        self._states.append(self._defs)
        self._blocks.append(Block(lenses, span, inner))
        self._wishes.extend(wishes)
        return True

    def _stays_merged(
        self,
        key: str,
        name: str,
        before: Definitions,
        ops: Sequence[syntax.Operation],
        span: Span,
    ) -> None:
        """What is merged of the type changes as the type does: fields that another part has as
        well do not.
        """
        instance = self._merged.instance(key, name)
        if instance is None or keys.origin(key) == name:
            return
        after = resolved(self._defs[instance], self._defs)
        changed = _changed(after, resolved(before[instance], before))
        for field, part in self._merged.others(key, name, self._defs):
            if field not in changed:
                continue
            at = (op.span for op in ops if any(w.parts[0] == field for w in outer_paths(op)))
            raise MisuseError(
                codes.CHANGE_MERGED.at(
                    next(at, span),
                    f"`{field}` is a field of {shown(part)} as well, which `{keys.plain(key)}` "
                    f"merges with `{name}`",
                    help="say it in a block of what they have in common, or write the fields of "
                    "one of them where they are merged",
                )
            )

    def _tell(self, unfinished: Iterable[Span]) -> None:
        """What is still to be done."""
        for span in unfinished:
            self._report.add(
                codes.TODO.at(
                    span,
                    "this change is not finished, so its version cannot be released",
                    help="write the operations",
                )
            )

    def _judge_wishes(self, kept: Collection[str]) -> None:
        """What operations of one release took for granted of how their types are used before.

        Nothing is carried over the release for the routes that are `kept`.
        """
        wishes, self._wishes = self._wishes, []
        self._judge_losses(kept)
        if not wishes:
            return
        messages = self._messages(route for route in self._standings if route not in kept)
        received = closure([k for k in messages if k.startswith("request ")], self._defs)
        answered = closure([k for k in messages if k.startswith("response ")], self._defs)
        for wish in wishes:
            if wish.received is not None and wish.key in received:
                self._report.add(wish.received)
            if wish.answered is not None and wish.key in answered:
                self._report.add(wish.answered)

    def _judge_losses(self, kept: Collection[str]) -> None:
        """What changes lose, and those that say that they lose nothing. What only kept handlers
        see is not carried on, so nothing of it is lost.
        """
        felt, self._felt = self._felt, []
        idle: set[str] = set()
        if felt and kept:
            carried = self._messages(route for route in self._standings if route not in kept)
            idle = closure(self._messages(kept), self._defs) - closure(carried, self._defs)
        for each in felt:
            if each.key in idle:
                continue
            loss = each.loss
            self._losses.setdefault(loss.span, {})[loss] = None
            if each.forbidden:
                whole = f"`{loss.name}`" if loss.name else "the whole"
                self._report.add(
                    codes.CHANGE_LOSES.at(
                        loss.span,
                        f"the change is `lossless`, and {whole} does not make the round trip: "
                        f"{loss.what}",
                        help="say it without a loss, or take `lossless` away",
                    )
                )

    def _messages(self, routes: Iterable[str]) -> list[str]:
        return [key for route in routes for key in self._standings[route].era.messages]

    # -- routes ----------------------------------------------------------------------------

    def _routes_of(self, change: syntax.Change) -> None:
        self._lossless = change.lossless
        for block in reversed(change.body):
            match block:
                case syntax.RouteChange():
                    self._route_block(block)
                case _:
                    pass

    def _added_in(self, changes: Sequence[syntax.Change]) -> None:
        for change in changes:
            for block in change.body:
                if isinstance(block, syntax.RouteAdded) and self._knows(block.name):
                    self._standings.pop(block.name.text)
                    self._added[block.name.text] = block.span

    def _knows(self, name: syntax.Word) -> bool:
        if name.text in self._standings:
            return True
        if name.text in self._unread:
            return False
        if name.text in self._added:
            self._report.add(
                codes.CHANGE_AFTER_ADDED.at(
                    name.span,
                    f"`{name.text}` was not there before this version",
                    help="it was added in this version or a later one: leave this away",
                )
            )
            return False
        if name.text in self._stated.left:
            self._report.add(
                codes.CHANGE_AFTER_ADDED.at(
                    name.span,
                    f"`{name.text}` is not there any more in this version",
                    help="say it in the change of a version before the one that removed it",
                )
            )
            return False
        close = nearest(name.text, self._standings)
        self._report.add(
            codes.CHANGE_UNKNOWN.at(
                name.span,
                f"there is no route `{name.text}` to change",
                help=f"did you mean `{close}`?" if close else "declare it as it is now",
                fix=close,
            )
        )
        return False

    def _route_block(self, block: syntax.RouteChange) -> None:
        if not self._knows(block.name):
            return
        try:
            self._route_ops(block, list(operations(block)))
        except MisuseError as misuse:
            self._report.add(misuse.diagnostic)
            self._given_up.add(keys.request(self._standings[block.name.text].era.key))

    def _route_ops(
        self, block: syntax.RouteChange, ops: Sequence[syntax.Operation | syntax.Moved]
    ) -> None:
        route = block.name.text
        standing = self._standings[route]
        owner = keys.request(standing.era.key)
        if owner in self._given_up:
            return
        on: dict[str, list[syntax.Operation]] = {}
        for op in reversed(ops):
            if isinstance(op, syntax.Moved):
                self._placed[route] = op.span
                carried = None if id(block) in self._stated.kept else self._defs[owner]
                standing = moved(op, block.name, standing, carried, self._report)
            elif isinstance(op, syntax.Status):
                standing = status(op, standing)
            elif is_answer_op(op):
                ready = answer_ops(op)
                for key in self._answers(route, ready, standing):
                    on.setdefault(key, []).insert(0, ready)
            else:
                ready = request_op(op)
                standing = renamed_parameter(ready, standing)
                on.setdefault(owner, []).insert(0, ready)
        if on:
            self._take_back(owner, {key: tuple(body) for key, body in on.items()}, block.span)
        if owner not in self._given_up:
            self._standings[route] = standing
            self._stays_text(standing.era, block.span)

    def _answers(self, route: str, op: syntax.Operation, standing: Standing) -> list[str]:
        """The answers below 400 that have a body: what `response.body` speaks of. Of those with
        headers the ones that have the header, for `response.header`.
        """
        part = outer_paths(op)[0].parts[0]
        found = {
            key: expect(Object, self._defs[key]).field(part)
            for status, then in standing.statuses.items()
            if then < 400 and (key := keys.response(standing.era.key, status)) in self._defs
        }
        there = [key for key, field in found.items() if field is not None]
        if not there:
            raise MisuseError(
                codes.FIELD_ABSENT.at(
                    op.span,
                    f"`{route}` has no answer below 400 with a {part}",
                    help=f"`response.{part}` speaks of what `returns` names below 400",
                )
            )
        if part == "header":
            types = {key: resolved(expect(Field, found[key]).type, self._defs) for key in there}
            objects = {key: expect(Object, type_) for key, type_ in types.items()}
            names = {way.parts[1] for way in outer_paths(op) if len(way.parts) > 1}
            with_it = [key for key in there if any(map(objects[key].field, names))]
            with_any = [key for key in there if objects[key].fields]
            return with_it or with_any or there
        return there

    # -- eras ------------------------------------------------------------------------------

    def _older_eras(self, index: int, label: str, changes: Sequence[syntax.Change]) -> None:
        """Handlers and routes that were there until a release came."""
        blocks = [b for change in changes for b in change.body]
        known = [b for b in blocks if b.name.text in self._standings]
        kept = [
            b for b in known if isinstance(b, syntax.RouteChange) and id(b) in self._stated.kept
        ]
        self._judge_wishes({block.name.text for block in kept})
        for block in kept:
            route = block.name.text
            standing, line = self._standings[route], self._stated.kept[id(block)]
            if standing.era.newest < index:
                self._report.add(kept_twice(line, label))
                continue
            owner = keys.request(standing.era.key)
            if owner in self._given_up or line.handler is None:
                self._given_up.add(owner)
                continue
            ops = [
                op
                for b in known
                if isinstance(b, syntax.RouteChange) and b.name.text == route
                for op in operations(b)
            ]
            self._report.extend(faults(line, ops, standing.method))
            then, messages = eras.older(
                standing, eras.key(route, label), line, line.handler, self._defs, index - 1
            )
            self._report.extend(promised(line, then.era))
            self._enter(route, then, messages)
            self._stays_text(then.era, block.span)
        for gone in blocks:
            removed = self._stated.removed.get(id(gone))
            if isinstance(gone, syntax.RouteRemoved) and removed is not None:
                era = replace(removed.era, newest=index - 1)
                then = Standing.newest(removed.method, removed.path, era)
                era = replace(era, shape=shape_at(then, {**self._defs, **removed.messages}))
                self._placed[era.key] = gone.route.path.span
                self._enter(era.key, replace(then, era=era), removed.messages)
                self._stays_text(era, gone.route.name.span)

    def _enter(self, route: str, standing: Standing, messages: Mapping[str, GType]) -> None:
        self._standings[route] = standing
        self._defs = {**self._defs, **messages}
        self._states[-1] = self._defs

    def _stays_text(self, era: Era, span: Span) -> None:
        if self._report.found_any((NOT_TEXTUAL, *UNREADABLE)):
            return
        request = expect(Object, self._defs[keys.request(era.key)])
        parts = [(part, request.field(part)) for part in TEXTUAL]
        for known in era.told:
            message = expect(Object, self._defs[keys.response(era.key, known)])
            parts.append(("response.header", message.field("header")))
        told: set[str] = set()
        for part, field in parts:
            name = without_text(part, field.type, self._defs) if field is not None else None
            if name is not None and f"{part}.{name}" not in told:
                told.add(f"{part}.{name}")
                self._report.add(
                    codes.TEXT_PART.at(
                        span,
                        f"before this change, `{part}.{name}` could not be read from text",
                        help="path, query, headers and cookies hold scalars and arrays of them",
                    )
                )


def _changed(after: GType, before: GType) -> set[str]:
    """The fields that are not what they were."""
    old, new = (
        {f.name: f for f in t.fields} if isinstance(t, Object) else {} for t in (before, after)
    )
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def _called(key: str) -> str:
    """What diagnostics call the type or message of that name."""
    kind, _, rest = key.partition(" ")
    if rest and kind == "request":
        return f"the request of `{rest.partition(' ')[0]}`"
    if rest and kind == "response":
        return f"the answer of `{rest.partition(' ')[0]}`"
    return f"`{keys.plain(key)}`"
