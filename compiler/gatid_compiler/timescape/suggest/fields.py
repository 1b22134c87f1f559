"""The operations between two objects: which field became which, and what became of the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.literals import written
from gatid_compiler.gtypes.model import Field, GType, Int, Number, Object
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses.texts import textual
from gatid_compiler.timescape.reshape import resolved
from gatid_compiler.timescape.suggest.inside import paired
from gatid_compiler.timescape.suggest.likeness import likeness, words
from gatid_compiler.timescape.suggest.literals import any_member, natural
from gatid_compiler.timescape.suggest.model import Op, todo
from gatid_compiler.timescape.suggest.scales import stretched
from gatid_compiler.timescape.suggest.sides import EndlessError, without_null

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid_compiler.timescape.suggest.differ import Differ
    from gatid_compiler.timescape.suggest.model import Way
    from gatid_compiler.timescape.suggest.sides import Use

_LEAST = 0.32
"""What is less sure is no guess."""

_CLEARLY = 0.25
"""By how much more alike names have to be for the others not to count."""

_WHOLE_NAMES = frozenset(("name", "fullname", "full_name", "display_name", "customer_name"))
_FIRST = frozenset(("first", "first_name", "given_name", "forename", "firstname"))
_LAST = frozenset(("last", "last_name", "family_name", "surname", "lastname"))


class Fields:
    """One comparison of two objects."""

    def __init__(self, differ: Differ, use: Use) -> None:
        self._differ = differ
        self._sides = differ.sides
        self._use = use

    def of(self, old: Object, new: Object, renamed: Mapping[str, str] | None = None) -> list[Op]:
        """All operations, in the order in which they can be carried out. `renamed` are names
        that are known to have changed.
        """
        gone = {f.name: f for f in old.fields}
        come = {f.name: f for f in new.fields}
        pairs: list[tuple[Field, Field]] = []
        for was, is_ in (renamed or {}).items():
            pairs.append((gone.pop(was), come.pop(is_)))
        first = self._structured(gone, come)
        for name in sorted(set(gone) & set(come)):
            pairs.append((gone.pop(name), come.pop(name)))
        first += self._texts(gone, come)
        guesses = self._renames(gone, come)
        ops = [*first]
        for before, after in pairs:
            if before.name != after.name:
                ops.append(Op(("rename ", (before.name,), " -> ", (after.name,))))
        for before, after, op in guesses:
            ops += self._renamed(before, after, op)
        for before, after in sorted(pairs, key=lambda pair: pair[1].name):
            ops += self._kept(before, after)
        ops += [self._dropped(f) for f in gone.values()]
        ops += [self._added(f) for f in come.values()]
        return [*ops, *self._rest(old.rest, new.rest)]

    # -- one field -----------------------------------------------------------------------------

    def _kept(self, old: Field, new: Field) -> list[Op]:
        """What became of a field, its name apart."""
        ops = self._differ.typed(old, new, self._use)
        if isinstance(ops, str):
            ops = [todo(ops, self._by_hand(old, new))]
        if old.required and not new.required:
            return [*ops, self._relaxed(new)]
        if new.required and not old.required:
            return [*ops, self._required(old, new)]
        return [*ops, *_defaulted(old, new, changed=bool(ops))]

    def _by_hand(self, old: Field, new: Field) -> tuple[Op, ...]:
        was, null = without_null(old.type, self._sides.old)
        both = null and without_null(new.type, self._sides.new)[1]
        return self._differ.by_hand(was if both else old.type, new.name)

    def _renamed(self, old: Field, new: Field, rename: Op) -> list[Op]:
        """What became of a field that has another name, and that: it is converted, or made a
        list, under the name that goes with what it was.
        """
        kept = self._kept(old, new)
        first = [op for op in kept if op.words[0] in ("convert ", "wrap ", "unwrap ")]
        if not first or any(op.is_todo or op.group for op in kept):
            return [rename, *kept]
        return [*(op.called(new.name, old.name) for op in kept), rename]

    def _relaxed(self, new: Field) -> Op:
        found: tuple[str, int] | None = None
        if new.default is not None:
            found = written(new.default.value), 90
        elif not self._use.answered:
            value = any_member(new.type, self._sides.new)
            found = (value, 100) if value is not None else None
        else:
            found = natural(new.type, self._sides.new)
        if found is None:
            value = any_member(new.type, self._sides.new)
            reason = f"say what older clients see where `{new.name}` is absent: relax … = …"
            return todo(reason, _with(value, "relax ", new.name, ""))
        why = "" if found[1] == 100 else "older clients see it where it is absent"
        return Op(("relax ", (new.name,), f" = {found[0]}"), found[1], why)

    def _required(self, old: Field, new: Field) -> Op:
        found: tuple[str, int] | None = None
        if old.default is not None:
            found = written(old.default.value), 95
        elif not self._use.received:
            value = any_member(new.type, self._sides.new)
            found = (value, 100) if value is not None else None
        else:
            found = natural(new.type, self._sides.new)
        if found is None:
            value = any_member(new.type, self._sides.new)
            reason = f"say what stands for `{new.name}` where older clients leave it out"
            return todo(reason, _with(value, "require ", new.name, ""))
        why = "" if found[1] == 100 else "what it is where older clients leave it out"
        return Op(("require ", (new.name,), f" = {found[0]}"), found[1], why)

    def _added(self, new: Field) -> Op:
        text = self._sides.new_text(new.type)
        if not new.required:
            return Op(("add ", (new.name,), f"?: {text}"))
        found = natural(new.type, self._sides.new)
        if found is None:
            if self._use.received:
                value = any_member(new.type, self._sides.new)
                reason = f"say what `{new.name}: {text}` is for older clients: add … = …"
                return todo(reason, _with(value, "add ", new.name, f": {text}"))
            return Op(("add ", (new.name,), f": {text}"))
        if not self._use.received:
            return Op(("add ", (new.name,), f": {text}"))
        why = "" if found[1] == 100 else "what it is for older clients"
        return Op(("add ", (new.name,), f": {text} = {found[0]}"), found[1], why)

    def _dropped(self, old: Field) -> Op:
        try:
            text = self._sides.old_text(old.type)
        except EndlessError:
            return todo(f"`{old.name}` is gone, and so is its type: declare that type again")
        if old.default is not None:
            return todo(f"`{old.name}` is gone: no operation says what its default was")
        if not old.required:
            return Op(("drop ", (old.name,), f"?: {text}"))
        if not self._use.answered:
            return Op(("drop ", (old.name,), f": {text}"))
        found = natural(old.type, self._sides.old)
        if found is None:
            value = any_member(old.type, self._sides.old)
            reason = f"say what older clients see for `{old.name}: {text}`: drop … = …"
            return todo(reason, _with(value, "drop ", old.name, f": {text}"))
        why = "" if found[1] == 100 else "what older clients see"
        return Op(("drop ", (old.name,), f": {text} = {found[0]}"), found[1], why)

    def _rest(self, old: GType | None, new: GType | None) -> list[Op]:
        if old is None or new is None:
            if old is new:
                return []
            now, then = ("open", "closed") if old is None else ("closed", "open")
            return [todo(f"the object is {now} and was {then}: no operation says that")]
        inside = self._differ.value(old, new, self._use)
        if inside == []:
            return []
        return [todo("what stands beside the named fields is of another type")]

    # -- names ---------------------------------------------------------------------------------

    def _affinity(self, old: Field, new: Field) -> float:
        """How much the types of two fields speak for one being the other."""
        sides = self._sides
        if sides.agree(old.type, new.type):
            return 1.0
        if show(old.type) == show(new.type):
            return 0.95
        was, now = resolved(old.type, sides.old), resolved(new.type, sides.new)
        if isinstance(was, Object) and isinstance(now, Object):
            ours, theirs = {f.name for f in was.fields}, {f.name for f in now.fields}
            shared = len(ours & theirs) / max(len(ours | theirs), 1)
            return 0.9 * max(shared, 0.6 * self._of_one_type(was, now))
        quiet = replace(self._differ, met={}, used={})
        ops = quiet.typed(old, new, self._use)
        if isinstance(ops, str) or any(op.is_todo for whole in ops for op in whole.all()):
            return 0.0
        if isinstance(was, Int | Number) and isinstance(now, Int | Number):
            return 0.75 if stretched(old.name, new.name, was, now) else 0.6
        return 0.6

    def _of_one_type(self, old: Object, new: Object) -> float:
        """How many fields of two objects could be each other by their types, from 0 to 1."""
        left = list(old.fields)
        for field in new.fields:
            mate = next((f for f in left if self._sides.agree(f.type, field.type)), None)
            if mate is not None:
                left.remove(mate)
        met = len(old.fields) - len(left)
        return met / max(len(old.fields), len(new.fields), 1)

    def _renames(
        self, gone: dict[str, Field], come: dict[str, Field]
    ) -> list[tuple[Field, Field, Op]]:
        """Takes out of both what is likely to be one field, the surest first."""
        close = {
            (g, c): near
            for g, old in gone.items()
            for c, new in come.items()
            if (near := self._affinity(old, new)) > 0
        }
        scores: dict[tuple[str, str], float] = {}
        for (g, c), near in close.items():
            alike = likeness(g, c)
            equal = near > 0.9
            rivals = [k for k in close if (k[0] == g) != (k[1] == c) and close[k] > 0.9]
            best = max((likeness(*k) for k in rivals), default=0.0)
            if not equal or (rivals and alike < best + _CLEARLY):
                score = 0.1 + 0.8 * alike
            else:
                score = 0.5 + 0.47 * alike
            if not equal and alike < 0.6:
                continue
            if gone[g].required != come[c].required:
                score *= 0.85
            scores[g, c] = score * (1 if equal else near + 0.25)
        found: list[tuple[Field, Field, Op]] = []
        for (g, c), score in sorted(scores.items(), key=lambda each: (-each[1], each[0])):
            if g not in gone or c not in come or score < _LEAST:
                continue
            others = tuple(
                f"rename {og} -> {oc}"
                for (og, oc), other in sorted(scores.items(), key=lambda each: -each[1])
                if (og == g) != (oc == c) and other >= max(_LEAST, 0.7 * score)
            )
            sure = min(97, round(100 * score))
            op = Op(("rename ", (g,), " -> ", (c,)), sure, _reason(g, c, score), others)
            found.append((gone.pop(g), come.pop(c), op))
        return found

    # -- several fields in one -----------------------------------------------------------------

    def _structured(self, gone: dict[str, Field], come: dict[str, Field]) -> list[Op]:
        ops: list[Op] = []
        for name in sorted(gone):
            was = resolved(gone[name].type, self._sides.old)
            if isinstance(was, Object) and not self._is_object(come.get(name), self._sides.new):
                ops += self._hoisted(gone[name], was, gone, come)
        for name in sorted(come):
            now = resolved(come[name].type, self._sides.new)
            if isinstance(now, Object) and not self._is_object(gone.get(name), self._sides.old):
                ops += self._nested(come[name], now, gone, come)
        return ops

    def _is_object(self, field: Field | None, defs: Mapping[str, GType]) -> bool:
        return field is not None and isinstance(resolved(field.type, defs), Object)

    def _nested(
        self, target: Field, inner: Object, gone: dict[str, Field], come: dict[str, Field]
    ) -> list[Op]:
        free = {n: f for n, f in gone.items() if n not in come or n == target.name}
        rivals = {n: f for n, f in come.items() if n not in gone and n != target.name}
        pairs = paired(target.name, inner, free, rivals, lambda i, o: self._affinity(o, i))
        chosen = pairs.names
        old = Object(tuple(free[b] for b in sorted(chosen.values())))
        if not _enough(chosen, inner) or inner.rest is not None:
            return []
        if target.required != any(f.required for f in old.fields):
            return []
        for before in chosen.values():
            gone.pop(before)
        come.pop(target.name)
        self._differ.nested = True
        words_: list[str | Way] = ["nest "]
        for before in sorted(chosen.values()):
            words_ += [(before,), ", "]
        op = Op((*words_[:-1], " -> ", (target.name,)), pairs.confidence, pairs.why)
        inside = self.of(old, inner, {b: g for g, b in chosen.items() if b != g})
        from gatid_compiler.timescape.suggest.differ import packed

        return [op, *packed(target.name, inside)]

    def _hoisted(
        self, source: Field, inner: Object, gone: dict[str, Field], come: dict[str, Field]
    ) -> list[Op]:
        free = {n: f for n, f in come.items() if n not in gone or n == source.name}
        rivals = {n: f for n, f in gone.items() if n not in come and n != source.name}
        pairs = paired(source.name, inner, free, rivals, self._affinity)
        chosen = pairs.names
        parts = [f for f in inner.fields if f.name in chosen]
        left = [f for f in inner.fields if f.name not in chosen]
        if not _enough(chosen, inner) or inner.rest is not None:
            return []
        if source.required != any(f.required for f in parts):
            return []
        gone.pop(source.name)
        ops = [self._dropped(f).under((source.name,)) for f in left]
        for g, after in chosen.items():
            if g != after:
                ops.append(Op(("rename ", (source.name, g), " -> ", (source.name, after))))
            gone[after] = replace(expect(Field, inner.field(g)), name=after)
        words_: list[str | Way] = ["hoist ", (source.name,), " -> "]
        for after in sorted(chosen.values()):
            words_ += [(after,), ", "]
        return [*ops, Op(tuple(words_[:-1]), pairs.confidence, pairs.why)]

    # -- several texts in one ------------------------------------------------------------------

    def _texts(self, gone: dict[str, Field], come: dict[str, Field]) -> list[Op]:
        """A name that was cut into two, or put together."""
        whole, first, last = (_one(gone, n) for n in (_WHOLE_NAMES, _FIRST, _LAST))
        now, given, family = (_one(come, n) for n in (_WHOLE_NAMES, _FIRST, _LAST))
        old, new = self._sides.old, self._sides.new
        if (
            whole
            and given
            and family
            and all(textual(t.type, d) for t, d in ((whole, old), (given, new), (family, new)))
        ):
            for used in (given, family):
                come.pop(used.name)
            gone.pop(whole.name)
            text = f': {self._sides.old_text(whole.type)} by " " -> '
            op = Op(
                ("split ", (whole.name,), text, (given.name,), ", ", (family.name,)),
                75,
                "the first word is the first name",
            )
            return [op]
        if (
            now
            and first
            and last
            and all(textual(t.type, d) for t, d in ((now, new), (first, old), (last, old)))
        ):
            for used in (first, last):
                gone.pop(used.name)
            come.pop(now.name)
            op = Op(
                (
                    "join ",
                    (first.name,),
                    ", ",
                    (last.name,),
                    ' by " " -> ',
                    (now.name,),
                ),
                75,
                "a blank stands between them",
            )
            return [op]
        return []


def _with(value: str | None, word: str, name: str, text: str) -> tuple[Op, ...]:
    """What may be written by someone who knows a better value."""
    return () if value is None else (Op((word, (name,), f"{text} = {value}")),)


def _defaulted(old: Field, new: Field, *, changed: bool) -> list[Op]:
    """What became of a default. Most operations on a field leave none behind."""
    if old.default == new.default and (old.default is None or not changed):
        return []
    if old.default is not None:
        return [
            todo(
                f"`{new.name}` was {written(old.default.value)} where it was absent: no "
                "operation says what a default was"
            )
        ]
    if changed or new.default is None:
        return []
    value = written(new.default.value)
    return [
        Op(("require ", (new.name,), f" = {value}"), 80, f"absent is now {value}", group=new.name),
        Op(("relax ", (new.name,), f" = {value}"), 80, "and stays optional", group=new.name),
    ]


def _one(fields: dict[str, Field], names: frozenset[str]) -> Field | None:
    found = [f for n, f in fields.items() if "_".join(words(n)) in names]
    return found[0] if len(found) == 1 else None


def _enough(chosen: Mapping[str, str], inner: Object) -> bool:
    """Whether what is found of an object is all that it requires, or half of it."""
    required = all(f.name in chosen for f in inner.fields if f.required)
    return bool(chosen) and (required or 2 <= len(chosen) >= len(inner.fields) / 2)


def _reason(old: str, new: str, score: float) -> str:
    if likeness(old, new) >= 0.45:
        return "the names are alike and the types fit"
    return "it is the only field of that type" if score >= 0.5 else "the types fit"
