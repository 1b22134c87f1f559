"""The facts of a release, from what is derived: what its clients see, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.gtypes.model import Object
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape.lock.canonical import operations
from gatid_compiler.timescape.lock.model import Fact, Kind, digest
from gatid_compiler.timescape.proofs.verdict import word
from gatid_compiler.timescape.reshape import references, reshaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.lock.model import Facts
    from gatid_compiler.timescape.lock.past import Past


class Present:
    """The facts of every release of a project, as they are derived now."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._prints = Fingerprints(past.types)
        self._seen: dict[int, Facts] = {}

    def facts(self, release: int) -> Facts:
        """Everything that holds in a release, verdicts left out."""
        found = self._seen.get(release)
        if found is None:
            facts = (
                *self._surface(release),
                *self._statuses(release),
                *_tags(self._past.releases[release]),
                *(fact for fact, _ in operations(self._past.changes_of(release))),
                *(fact for fact, _ in self._past.functions_of(release)),
            )
            found = self._seen[release] = {fact.key: fact for fact in facts}
        return found

    def verdicts(self, release: int) -> Facts:
        """What is known of the hop to a release: of each route's requests and answers."""
        if release == 0:
            return {}
        facts = [
            Fact("verdict", name, digest(verdict), verdict)
            for name, verdict in sorted(_verdicts(self._past, release))
        ]
        return {fact.key: fact for fact in facts}

    def types(self, release: int) -> Mapping[str, tuple[str, GType]]:
        """The types that a release's messages refer to, as the user calls them: the plan's name
        and the type, its references as the user calls them too.
        """
        contracts = self._contracts(release).values()
        names = self._names((t for c in contracts for t in _typed(c)), release)
        return {
            name: (key, reshaped(self._past.types[key], name=names.__getitem__))
            for key, name in names.items()
        }

    def is_everywhere(self, name: str, release: int) -> bool:
        """Whether a type has one shape in all places of a release, and is there at head too."""
        history = self._past.derived.history
        state, types = history.releases[release], self.types(release)
        return (
            name in history.states[state]
            and name in history.states[-1]
            and f"{name}.2" not in types
            and self._print(types[name][0]) == history.print_of(name, state)
        )

    def _contracts(self, release: int) -> Mapping[str, plan.Contract]:
        return {
            route: contract
            for route in self._past.contracts
            if (contract := self._past.contract(route, release)) is not None
        }

    def _surface(self, release: int) -> Iterator[Fact]:
        contracts = self._contracts(release)
        names = self._names((t for c in contracts.values() for t in _typed(c)), release)
        for route, contract in contracts.items():
            yield _stated("route", route, f"{contract.method} {path_of(contract)}")
            for kind, part, t in parts(contract):
                name = f"{route}.{part}"
                if t is None:
                    yield _stated(kind, name, "bytes" if part == "body" else "no body")
                else:
                    yield Fact(kind, name, self._prints.of(t), _shown(t, names))
        for key, name in names.items():
            t = self._past.types[key]
            yield Fact("type", name.replace(" ", ""), self._prints.of(t), _shown(t, names))

    def _names(self, types: Iterable[GType], release: int) -> Mapping[str, str]:
        """What the types of one release are called: as the user calls them, numbered where one
        name stands for several shapes. The first is what it is wherever no place differs.
        """
        history = self._past.derived.history
        state = history.releases[release]
        reached: set[str] = set()
        waiting = [name for t in types for name in references(t)]
        while waiting:
            key = waiting.pop()
            if key not in reached:
                reached.add(key)
                waiting.extend(references(self._past.types[key]))
        shapes: dict[str, list[str]] = {}
        for key in reached:
            known = shapes.setdefault(plain(key), [])
            if (print_ := self._print(key)) not in known:
                known.append(print_)
        for name, known in shapes.items():
            known.sort()
            if name in history.states[state] and (own := history.print_of(name, state)) in known:
                known.remove(own)
                known.insert(0, own)
        found = {}
        for key in sorted(reached):
            number = shapes[plain(key)].index(self._print(key)) + 1
            found[key] = plain(key) if number == 1 else f"{plain(key)}.{number}"
        return found

    def _print(self, key: str) -> str:
        return self._prints.of(self._past.types[key])

    def _statuses(self, release: int) -> Iterator[Fact]:
        if release == 0:
            return
        for route, (before, now) in self._past.derived.carried(release).items():
            old, new = before.statuses, now.statuses
            for head in sorted(set(old) & set(new)):
                if old[head] != new[head]:
                    yield _stated("status", f"{route}.{old[head]}", f"{old[head]} -> {new[head]}")


def parts(contract: plan.Contract) -> Iterator[tuple[Kind, str, GType | None]]:
    """What a contract declares, with its type; None for bytes and for answers without a body."""
    shape = contract.shape
    for name, t in (
        ("path", shape.path),
        ("query", shape.query),
        ("headers", shape.headers),
        ("cookies", shape.cookies),
        ("body", shape.body),
    ):
        # No parameters are declared where none are left, as where none ever were.
        if t is not None and (name == "body" or t != Object()):
            yield "part", name, t
    if shape.body_bytes:
        yield "part", "body", None
    for answer in shape.answers:
        yield "answer", str(answer.status), answer.type
        if answer.headers is not None:
            yield "part", f"{answer.status}-headers", answer.headers


def _typed(contract: plan.Contract) -> Iterator[GType]:
    return (t for _, _, t in parts(contract) if t is not None)


def plain(key: str) -> str:
    """The name of a type as the user knows it: `Order` of the plan's `Order@v1`."""
    return key.partition("@")[0]


def path_of(contract: plan.Contract) -> str:
    """A contract's path as it is written, without the types of its parameters."""
    return path_text(contract.path)


def path_text(path: Iterable[plan.Segment]) -> str:
    """A path as it is written, without the types of its parameters."""
    return "/" + "/".join(
        f"{{{part.name}}}" if isinstance(part, plan.Param) else part for part in path
    )


def unproved(past: Past, release: int) -> list[str]:
    """The messages whose hop to a release is not proved: `create_order.request`, `….201`."""
    return [name for name, verdict in sorted(_verdicts(past, release)) if verdict == "unknown"]


def _verdicts(past: Past, release: int) -> Iterator[tuple[str, str]]:
    for proof in past.proofs:
        if proof.release == release:
            yield proof.name, word(proof.verdict)


def _tags(release: plan.Release) -> Iterator[Fact]:
    for tag in release.tags:
        yield _stated("tag", tag, "")


def _stated(kind: Kind, name: str, text: str) -> Fact:
    return Fact(kind, name, digest(text), text)


def _shown(t: GType, names: Mapping[str, str]) -> str:
    return show(reshaped(t, name=names.__getitem__))
