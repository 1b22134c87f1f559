"""The request path, slow and obvious: what language.md says, one paragraph after another.

It shares with the real one the plan, the types' validators and nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.textual import reader
from gatid_compiler.gtypes.validator import validator
from tests.gatid.endpoint import behave

if TYPE_CHECKING:
    from tests.gatid.endpoint.wire import Ask

PROBLEM = m.Object((), rest=m.Any())


@dataclass(frozen=True)
class Data:
    """A body that is this JSON value."""

    value: Any


@dataclass
class Expected:
    """What must be answered. `body` is `Data`, `...` for a problem, None for nothing."""

    status: int
    body: Any = ...
    headers: dict[str, str | None] = field(default_factory=dict)


class Fault(Exception):  # noqa: N818
    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}


class Failed(Exception):  # noqa: N818
    """Something in the handler's part went wrong; `status` is what it comes to."""

    def __init__(self, status: int) -> None:
        self.status = status


NOTHING = object()


@dataclass
class Answer:
    """What has been said through `res`."""

    status: int | None = None
    value: Any = NOTHING
    problem: bool = False

    @property
    def answered(self) -> bool:
        return self.status is not None or self.value is not NOTHING or self.problem


@dataclass
class Reference:
    """One application. `keys` are the API keys, each with its name and roles."""

    plan: p.Plan
    acts: dict[str, behave.Act]
    keys: dict[str, tuple[str, frozenset[str]]]
    now: float
    calls: list[str] = field(default_factory=list)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)

    def answer(self, ask: Ask) -> Expected:
        expected = Expected(0)
        try:
            self._answer(ask, expected)
        except Fault as fault:
            expected.status, expected.body = fault.status, ...
            expected.headers |= fault.headers
        if ask.method == "HEAD":
            expected.body = None
        return expected

    def _answer(self, ask: Ask, expected: Expected) -> None:
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(ask.query_string, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        release = self._release(ask, query)
        if self.plan.app.selectors is not None and self.plan.app.selectors.param:
            query.pop(self.plan.app.selectors.param, None)
        found = self._match(ask, release)
        if found is None:
            allowed = self._allow(ask.path)
            if not allowed:
                raise Fault(404)
            if ask.method == "OPTIONS":
                expected.status, expected.body = 204, None
                expected.headers["allow"] = ", ".join(sorted(allowed))
                return
            raise Fault(405, allow=", ".join(sorted(allowed)))
        route, contract, values = found
        if self.plan.releases and release is not None:
            expected.headers["x-gati-version"] = self.plan.releases[release].label
        principal = self._policies(route, ask, query)
        if contract is None:
            raise Fault(400 if release is None and self.plan.releases else 404)
        assert principal is not None
        data = self._input(route, contract, ask, query, values)
        if contract.up is not None:
            parts = [data[part] for part in contract.up.parts]
            results = _run(contract.up.source, "forward")(*parts)
            results = results if len(parts) > 1 else (results,)
            data |= dict(zip(contract.up.parts, results, strict=True))
            for part in contract.up.checked:
                if not self._takes(getattr(contract.handler_shape, part), data[part]):
                    raise Fault(422)
        try:
            answer = self._handle(route, contract, data)
            status, body = self._settle(contract, answer)
        except Failed as failed:
            status, body = self._catch(route, contract, failed)
        expected.status, expected.body = status, body

    def _release(self, ask: Ask, query: dict[str, list[str]]) -> int | None:
        """The release asked for, else the default; None where one must be named, or none is."""
        selectors = self.plan.app.selectors
        if selectors is None:
            return None
        asked = None
        if selectors.param is not None and selectors.param in query:
            asked = query[selectors.param]
        elif selectors.header is not None:
            asked = [v for n, v in ask.fields if n.lower() == selectors.header.lower()] or None
        if asked is not None:
            if len(asked) != 1:
                raise Fault(400)
            return self._resolve(asked[0])
        if selectors.default == "require":
            return None
        if selectors.default in {"latest", "oldest"}:
            return 0 if selectors.default == "oldest" else len(self.plan.releases) - 1
        return self._resolve(selectors.default)

    def _resolve(self, text: str) -> int:
        for i, release in enumerate(self.plan.releases):
            if text in release.tags:
                return i
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise Fault(400) from None
        if len(text) != 10 or day > date(1970, 1, 1) + timedelta(days=self.now // 86_400):
            raise Fault(400)
        before = [i for i, r in enumerate(self.plan.releases) if date.fromisoformat(r.date) <= day]
        if not before:
            raise Fault(400)
        return before[-1]

    def _match(
        self, ask: Ask, release: int | None
    ) -> tuple[p.Route, p.Contract | None, dict[str, str]] | None:
        """The contract; or the route alone, where its release has none."""
        found = []
        for route in self.plan.routes:
            for contract in route.contracts:
                values = _fits(contract.path, ask.path)
                methods = {contract.method} | ({"HEAD"} if contract.method == "GET" else set())
                if values is not None and ask.method in methods:
                    places = [isinstance(s, p.Param) for s in contract.path]
                    until = len(self.plan.releases) if contract.until is None else contract.until
                    if not self.plan.releases:
                        served = True
                    else:
                        served = release is not None and contract.since <= release < until
                    found.append((places, not served, -until, route, contract, values, served))
        if not found:
            return None
        found.sort(key=lambda f: f[:3])
        *_, route, contract, values, served = found[0]
        if not served:
            for *_, wider, older, its, has in found:
                if has and self._reads(older, its):
                    return wider, older, its
        return route, contract if served else None, values

    def _reads(self, contract: p.Contract, values: dict[str, str]) -> bool:
        """Whether the values of a path are of their types."""
        if contract.shape.path is None:
            return True
        try:
            reader(self._schema(contract.shape.path)).read({k: [v] for k, v in values.items()})
        except Invalid:
            return False
        return True

    def _allow(self, path: str) -> set[str]:
        methods = {
            contract.method
            for route in self.plan.routes
            for contract in route.contracts
            if _fits(contract.path, path) is not None
        }
        if "GET" in methods:
            methods.add("HEAD")
        return methods | {"OPTIONS"} if methods else set()

    def _policies(self, route: p.Route, ask: Ask, query: dict[str, list[str]]) -> str:
        """Address and route rates, who it is, roles, subject rates; the caller's name."""
        address = ask.client.rpartition(":")[0]
        for rate in route.rates:
            if rate.per in {"address", "route"}:
                self._take(rate, address if rate.per == "address" else route.name)
        keys = [auth for auth in route.auth if isinstance(auth, p.KeyAuth)]
        name, roles = "", frozenset[str]()
        if keys:
            known = None
            taken = {a.param: query.pop(a.param, []) for a in keys if a.param is not None}
            for auth in keys:
                given = [
                    v for n, v in ask.fields if auth.header and n.lower() == auth.header.lower()
                ]
                if not given and auth.param is not None:
                    given = taken[auth.param]
                if len(given) == 1 and known is None:
                    known = self.keys.get(given[0])
            if known is None:
                raise Fault(401)
            name, roles = known
        if route.roles is not None:
            held = [role in roles for role in route.roles.names]
            if not (any(held) if route.roles.mode == "any" else all(held)):
                raise Fault(403)
        for rate in route.rates:
            if rate.per in {"subject", "key"}:
                self._take(rate, name or address)
        return name

    def _take(self, rate: p.Rate, key: str) -> None:
        # Time stands still in these tests: so many may pass, and no more.
        self.taken[rate.scope, key] += 1
        if self.taken[rate.scope, key] > rate.burst:
            raise Fault(429)

    def _input(
        self,
        route: p.Route,
        contract: p.Contract,
        ask: Ask,
        query: dict[str, list[str]],
        values: dict[str, str],
    ) -> dict[str, Any]:
        shape = contract.shape
        headers = {n.lower(): v for n, v in ask.fields}
        raw = ask.body or b""
        data: dict[str, Any] = {"path": {}, "query": {}, "headers": {}, "cookies": {}, "body": None}
        if shape.body is not None:
            kind = headers.get("content-type", "application/json")
            if not (kind == "application/json" or kind.endswith("+json")):
                raise Fault(415)
            if len(raw) > route.max_body:
                raise Fault(413)
        try:
            if shape.path is not None:
                texts = {k: (v,) for k, v in values.items()}
                data["path"] = reader(self._schema(shape.path)).read(texts)
            if shape.query is not None:
                data["query"] = reader(self._schema(shape.query)).read(query)
            elif query:
                raise Invalid(())
            if shape.body is not None:
                data["body"] = validator(self._schema(shape.body)).json(raw)
        except Invalid:
            raise Fault(400) from None
        return data

    def _handle(self, route: p.Route, contract: p.Contract, data: dict[str, Any]) -> Answer:
        answer = Answer()
        for hook in route.before:
            if not answer.answered:
                self._act(hook, data, answer)
        if not answer.answered:
            if isinstance(contract.handler, p.StaticHandler):
                answer.status = contract.handler.status
            else:
                returned = self._act(contract.handler.target.name, data, answer)
                if returned is not None:
                    answer.value, answer.problem = returned, False
        for hook in route.after:
            self._act(hook, data, answer)
        return answer

    def _act(self, name: str, data: dict[str, Any], answer: Answer) -> Any:
        """What a function does; what it returns."""
        self.calls.append(name)
        match self.acts[name]:
            case behave.Passes():
                return None
            case behave.Returns(value):
                return value
            case behave.Echoes():
                return data["query"] if data["body"] is None else data["body"]
            case behave.Says(status, _, True):
                answer.status = status
            case behave.Says(status, value):
                answer.status, answer.value, answer.problem = status, value, False
            case behave.Problem(status):
                answer.status, answer.value, answer.problem = status, NOTHING, True
            case behave.Refuses(status):
                raise Failed(status)
            case behave.Breaks():
                raise Failed(500)
        return None

    def _settle(self, contract: p.Contract, answer: Answer) -> tuple[int, Any]:
        """Status and body as this contract's clients see them."""
        types = {a.status: a.type for a in contract.handler_shape.answers}
        downs = {d.handler_status: d for d in contract.down}
        first = next((s for s in types if 200 <= s < 300), 200)
        status = first if answer.status is None else answer.status
        if answer.value is NOTHING and not answer.problem and answer.status is None:
            if types.get(204, PROBLEM) is None:
                status = 204
            elif not self._takes(types.get(status), None):
                raise Failed(500)
        out = downs[status].status if status in downs else status
        if answer.problem:
            if status < 400:
                raise Failed(500)
            return out, ...
        if answer.value is NOTHING and status in types and types[status] is None:
            return out, None
        if answer.value is NOTHING and self._takes(types.get(status), None):
            answer.value = None
        elif answer.value is NOTHING and status >= 400:
            return out, ...
        if answer.value is NOTHING:
            raise Failed(500)
        if status not in types:
            if status < 400 or not isinstance(answer.value, dict):
                raise Failed(500)
            return out, ...
        type = types[status]
        if type is None:
            if answer.value is None:
                return out, None
            raise Failed(500)
        if not self._takes(type, answer.value):
            raise Failed(500)
        body = answer.value
        down = downs.get(status)
        if down is not None and down.source is not None:
            body = _run(down.source, "backward")(body)
            own = next(a.type for a in contract.shape.answers if a.status == out)
            if down.checked and not self._takes(own, body):
                raise Failed(502)
        return out, Data(body)

    def _catch(self, route: p.Route, contract: p.Contract, failed: Failed) -> tuple[int, Any]:
        answer = Answer()
        for hook in route.catch:
            try:
                self._act(hook, {"query": {}, "body": None}, answer)
            except Failed as raised:
                if isinstance(self.acts[hook], behave.Refuses):
                    # What it raises on purpose is its answer.
                    answer.status, answer.value, answer.problem = raised.status, NOTHING, True
        if not answer.answered:
            downs = {d.handler_status: d.status for d in contract.down}
            return downs.get(
                failed.status, failed.status
            ) if failed.status < 500 else failed.status, ...
        try:
            return self._settle(contract, answer)
        except Failed as worse:
            return worse.status, ...

    def _takes(self, type: m.GType | None, value: Any) -> bool:
        if type is None:
            return False
        try:
            validator(self._schema(type)).answer(value)
        except Invalid:
            return False
        return True

    def _schema(self, type: m.GType) -> m.Schema:
        return m.Schema(type, self.plan.types)


def _fits(path: tuple[p.Segment, ...], text: str) -> dict[str, str] | None:
    """The parameters, if the path is of this form."""
    segments = [] if text == "/" else text[1:].split("/")
    if len(segments) != len(path):
        return None
    values = {}
    for segment, given in zip(path, segments, strict=True):
        if isinstance(segment, p.Param):
            if not given:
                return None
            values[segment.name] = given
        elif segment != given:
            return None
    return values


def _run(source: str, name: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102
    return namespace[name]
