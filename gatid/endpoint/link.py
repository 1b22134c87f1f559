"""A plan becomes a generation: everything looked up, compiled and bound before it serves.

Each contract's source (`emit`) is a function whose parameters are all that the contract uses;
here they get their values. Runs in a thread while another generation serves, so it touches
nothing that is shared but through `Host`.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any

from gatid.endpoint import carry, refusals
from gatid.endpoint.answers import JSON, Answers
from gatid.endpoint.callables import CATCH, HANDLER, SUBSCRIBER, LinkError, accepted, awaited
from gatid.endpoint.crossing import Crossings
from gatid.endpoint.dispatch import Dispatch, Fits, Slot, Target
from gatid.endpoint.emit import emit, emit_absent, named_auths
from gatid.endpoint.entity_tags import PlanTags
from gatid.endpoint.faults import LATE, Faults, Stuck
from gatid.endpoint.generation import Generation
from gatid.endpoint.loading import LoadError
from gatid.endpoint.parts import Parts, path_fits
from gatid.endpoint.road import direct, first_answer, hook_names
from gatid.endpoint.send import send
from gatid.endpoint.source import Sources
from gatid.endpoint.types import Types
from gatid.endpoint.watching import Contracts, Watched
from gatid.errors import ModuleError
from gatid.ingress import body
from gatid.ingress.client_ip import client_address
from gatid.ingress.deadline import Deadlines
from gatid.ingress.headers import RequestHeaders
from gatid.ingress.media import require_json, require_plain
from gatid.ingress.request import Request
from gatid.ingress.request_id import request_ids
from gatid.ingress.response import Response
from gatid.lifecycle import hooks
from gatid.lifecycle.controller import State
from gatid.lifecycle.hooks import is_coroutine_function
from gatid.lifecycle.local_context import Surroundings
from gatid.lifecycle.local_hooks import run_after, run_before
from gatid.lifecycle.observed import ObservedContext, watched_handler, watched_hook
from gatid.lifecycle.request_life import RequestLife
from gatid.lifecycle.tasks import OWNER
from gatid.policies.principal import ANONYMOUS
from gatid.policies.rate import Limiter
from gatid.policies.roles import missing
from gatid.routing.table import Table
from gatid.routing.version import Timeline
from gatid.services.global_context import GlobalContext
from gatid.services.key_rings import Live, key_ring, tokens
from gatid.services.secrets import MissingSecretsError, needed
from gatid.services.topics import Topics
from gatid.snapshots import Recorder
from gatid.snapshots.facts import Facts
from gatid_compiler import plan as p
from gatid_compiler.gtypes.faults import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatid.endpoint.loading import LoadedCode
    from gatid.lifecycle.hooks import BoundHook
    from gatid.services.host import Host
    from gatid.snapshots.recording import Keeper, Tape
    from gatid_compiler.plan import Contract, Plan, PyRef, Release, Route, Selectors

__all__ = ["LinkError", "link"]

_DEFAULT_SELECTORS = p.Selectors("X-Gati-Version", "version", path=False, default="latest")


def link(
    plan: Plan,
    number: int,
    host: Host,
    code: LoadedCode,
    *,
    plan_id: str = "",
    clock: Callable[[], float] = time.time,
    keeper: Keeper | None = None,
    manifest: Callable[[Route, Contract], str] | None = None,
) -> Generation:
    """The generation of a plan, ready to be started; raises `LinkError` saying why not.

    `clock` gives Unix seconds: what "today" is when a version is asked for by its date. `keeper`
    takes the requests of which snapshots are kept, None keeps none; `manifest` gives them the
    fingerprint of their contract's manifest.
    """
    secrets = host.secrets.of(plan.secrets)
    try:
        secrets.require(needed(plan))
        lease = host.modules.lease(plan, code.resolve)
    except (ModuleError, MissingSecretsError) as error:
        raise LinkError(str(error)) from error
    except LoadError as error:
        raise LinkError(str(error), error.traceback) from error
    keys: dict[str | p.JwtAuth, Live[Any]] = {}
    for route in plan.routes:
        for auth in named_auths(route):
            if isinstance(auth, p.JwtAuth):
                keys.setdefault(auth, tokens(secrets, auth, host.log, clock))
            else:
                keys.setdefault(auth.keys, key_ring(secrets, auth.keys, host.log))
    topics = Topics(plan, host.topics, host.log, host.meters, host.pool)
    gctx = GlobalContext.create(plan, host, lease, topics)
    keeping = _Keeping(plan, plan_id, number, host, keeper, manifest)
    linker = _Linker(plan, number, host, code, gctx, keys, keeping)
    linker.subscribers(topics)
    dispatch = linker.dispatch(clock)
    host.events.follow(linker.contracts)
    return Generation(
        number,
        plan,
        plan_id,
        code,
        dispatch,
        lease,
        keys.values(),
        linker.sources,
        linker.contracts,
        topics,
    )


class _Keeping:
    """Which contracts of a plan are recorded."""

    def __init__(
        self,
        plan: Plan,
        plan_id: str,
        number: int,
        host: Host,
        keeper: Keeper | None,
        manifest: Callable[[Route, Contract], str] | None,
    ) -> None:
        self._plan = plan
        self._id = plan_id
        self._number = number
        self._events = host.events
        self._keeper = keeper
        self._manifest = manifest

    def recorder(self, route: Route, contract: Contract) -> Recorder | None:
        """How the requests of a contract are recorded, None where they are not."""
        if self._keeper is None or route.snapshots is None or direct(route, contract):
            return None
        manifest = "" if self._manifest is None else self._manifest(route, contract)
        facts = Facts.of(self._plan, self._id, self._number, route, contract, manifest)
        return None if facts is None else Recorder(facts, self._events, self._keeper)


class _Linker:
    """What the contracts of one plan share while they are linked."""

    def __init__(
        self,
        plan: Plan,
        number: int,
        host: Host,
        code: LoadedCode,
        gctx: GlobalContext,
        keys: Mapping[str | p.JwtAuth, Live[Any]],
        keeping: _Keeping,
    ) -> None:
        self.plan = plan
        self.keeping = keeping
        self.host = host
        self.code = code
        self.gctx = gctx
        self.keys = keys
        self.sources = Sources(number)
        self.types = Types(plan)
        self.tags = PlanTags(plan)
        self.contracts = Contracts()
        self.crossings = Crossings(code, self.types)
        self.deadlines = Deadlines(Stuck(host.log))
        self.around = Surroundings(host.log, host.meters, host.pool)
        self.next_id = request_ids()
        limits = plan.app.limits
        self.times = body.BodyTimes(limits.body_timeout, limits.min_rate)
        self.selectors = _selectors(plan)
        self.absent = refusals.absent(plan.releases)

    def dispatch(self, clock: Callable[[], float]) -> Dispatch:
        """The entry of the generation, over all routes."""
        plan = self.plan
        releases = max(1, len(plan.releases))
        table: Table[Slot] = Table()
        # The newest contract of a path owns it where no release is served.
        owners: dict[tuple[int, str], tuple[dict[str, Slot], Route, int]] = {}
        targets: dict[tuple[int, str], dict[int, tuple[Target, str, Fits]]] = {}
        by_target: dict[Target, Watched] = {}
        for route in plan.routes:
            for contract in route.contracts:
                entry = table.entry(contract.path)
                key = id(entry), contract.method
                here = targets.setdefault(key, {})
                watched = self._contract(route, contract)
                target = watched.plain
                by_target[target] = watched
                fits = path_fits(contract, self.types)
                until = releases if contract.until is None else contract.until
                for release in range(contract.since, until):
                    here[release] = target, route.name, fits
                if key not in owners or owners[key][2] < until:
                    owners[key] = entry, route, until
        absents: dict[str, Target] = {}
        for key, (entry, route, _) in owners.items():
            if route.name not in absents:
                absents[route.name] = self._absent(route)
            absent = absents[route.name], route.name, _any_values
            here = targets[key]
            row = [*(here.get(release, absent) for release in range(releases)), absent]
            served_by = [target for target, _, _ in row]
            for index, target in enumerate(served_by):
                if target in by_target:
                    by_target[target].served_from(served_by, index)
            entry[key[1]] = Slot(
                served_by,
                (*(release in here for release in range(releases)), True),
                tuple(name for _, name, _ in row),
                tuple(fits for _, _, fits in row),
            )
        timeline = Timeline(plan, self.selectors, clock) if self.selectors is not None else None
        # What is refused before a route is known may depend on the version, too.
        vary = self._vary()
        faults = Faults("", self.host.log, self.deadlines, (tuple(vary),) if vary else ())
        methods = {contract.method for route in plan.routes for contract in route.contracts}
        meter = self.host.meters.request("", "", ())
        return Dispatch(table, timeline, faults, meter, self.next_id, methods)

    def _contract(self, route: Route, contract: Contract) -> Watched:
        """The coroutine function of a contract, and the way to the one that tells events."""
        name = f"{route.name} {contract.id}"
        bound = _Bound(self, route, contract)

        def linked(context: Callable[..., ObservedContext] | None = None) -> Target:
            observed = context is not None
            source = emit(self.plan, route, contract, observed=observed)
            more = " observed" if observed else ""
            values = {} if context is None else bound.observed(contract, context)
            return bound.call(self.sources.function(name + more, source, "link"), values)

        def told(req: Request, around: Surroundings, due: float | None, _: Any) -> ObservedContext:
            return ObservedContext(req, around, due, self.host.events, contract.id)

        def kept(
            req: Request, around: Surroundings, due: float | None, tape: Tape
        ) -> ObservedContext:
            return ObservedContext(req, around, due, tape.of(req), contract.id)

        recorder = self.keeping.recorder(route, contract)
        choosing = None
        try:
            plain = linked()
            if recorder is not None:
                choosing = partial(recorder.choosing, linked(kept))
        except LoadError as error:
            raise LinkError(f"route `{route.name}`: {error}", error.traceback) from error
        watched = Watched(route.name, plain, partial(linked, told), choosing)
        self.contracts.add(watched)
        return watched

    def _absent(self, route: Route) -> Target:
        make = self.sources.function(f"{route.name} absent", emit_absent(route), "link")
        return _Bound(self, route, None).call(make)

    def fields(self, route: Route) -> tuple[tuple[tuple[str, str], ...], ...]:
        """The headers that every answer of a route has, by release."""
        common: list[tuple[str, str]] = []
        if route.rates:
            common.append(("ratelimit-policy", refusals.policy_header(route.rates)))
        if self.selectors is None:
            return (tuple(common),)
        common += self._vary()
        name = (self.selectors.header or "X-Gati-Version").lower()
        rows = tuple(
            ((name, release.label), *_end(release), *common) for release in self.plan.releases
        )
        return (*rows, tuple(common))

    def _vary(self) -> list[tuple[str, str]]:
        """What tells caches by which header an answer was chosen."""
        if self.selectors is None or self.selectors.header is None:
            return []
        return [("vary", self.selectors.header)]

    def subscribers(self, topics: Topics) -> None:
        """Makes the declared subscribers, which hear nothing yet."""
        for said in self.plan.subscriptions:
            fn = self.resolve(said.target, SUBSCRIBER)
            topics.declare(said, _with_context(fn, self.gctx))

    def resolve(self, ref: PyRef, arguments: tuple[str, ...]) -> Callable[..., Any]:
        """The function that a reference names."""
        return accepted(ref, self.code.resolve(ref), arguments)

    def hook(self, name: str, arguments: tuple[str, ...]) -> BoundHook:
        """A declared hook, with its timeout and retries inside."""
        hook = self.plan.hooks[name]
        return hooks.bind(hook, self.resolve(hook.target, arguments), self.host.pool)


_NOTHING: Mapping[str, Any] = {}


def _levels(route: Route, state: State) -> list[tuple[str, str]]:
    """The hooks of a state, and who declared each."""
    hooks = {State.BEFORE: route.before, State.AFTER: route.after, State.CATCH: route.catch}[state]
    return list(zip(hooks, route.levels.get(state.value, ()), strict=False))


def _with_context(fn: Callable[..., Any], gctx: GlobalContext) -> Callable[[Any], Any]:
    """A subscriber as a function of the event, async or not as it is."""
    if is_coroutine_function(fn):

        async def call(event: Any) -> None:
            await fn(event, gctx)

        return call
    return lambda event: fn(event, gctx)


def _any_values(_values: Sequence[str]) -> bool:
    return True


class _Bound:
    """The values of the names that the code of one contract uses. `contract` None: of none."""

    def __init__(self, linker: _Linker, route: Route, contract: Contract | None) -> None:
        self._linker = linker
        self._route = route
        self._contract = contract
        self._made: Answers | None = None

    def call(self, make: Callable[..., Target], more: Mapping[str, Any] = _NOTHING) -> Target:
        """Calls a `link` function with its parameters, all by name; `more` goes before."""
        values = {**self._values(), **more}
        wanted = make.__kwdefaults__ or {}
        names = make.__code__.co_varnames[: make.__code__.co_kwonlyargcount]
        return make(**{name: values[name] for name in names if name not in wanted})

    def _values(self) -> dict[str, Any]:
        linker, route = self._linker, self._route
        host = linker.host
        values = self._shared()
        for i, rate in enumerate(route.rates):
            values[f"limiter_{i}"] = Limiter(rate, host.rates).take
            values[f"too_many_{i}"] = refusals.too_many(rate)
        for i, auth in enumerate(named_auths(route)):
            keys = linker.keys[auth if isinstance(auth, p.JwtAuth) else auth.keys]
            values[f"fresh_{i}"] = keys.fresh
            values[f"load_{i}"] = keys.load
        if self._contract is None:
            faults = Faults(route.name, host.log, linker.deadlines, linker.fields(route))
            values["failed"] = faults.failed
            values["meter"] = host.meters.request(route.name, "", ())
            return values
        return values | self._own(self._contract)

    def observed(
        self, contract: Contract, context: Callable[..., ObservedContext]
    ) -> dict[str, Any]:
        """The values that differ where events are told; `context` makes the local contexts."""
        linker, route = self._linker, self._route
        values: dict[str, Any] = {
            "RequestLife": context,
            "State": State,
            "failed": self._faults(contract, observed=True).failed,
        }
        names = hook_names(route)
        for name in dict.fromkeys((*route.before, *route.after)):
            levels = {
                state: level
                for state in (State.BEFORE, State.AFTER)
                for hook, level in _levels(route, state)
                if hook == name
            }
            values[names[name]] = watched_hook(linker.hook(name, HANDLER), levels).call
        if isinstance(contract.handler, p.PyHandler):
            target = contract.handler.target
            handler = awaited(linker.resolve(target, HANDLER), linker.host.pool)
            values["handler"] = watched_handler(str(target), handler)
        return values

    def _shared(self) -> dict[str, Any]:
        """What any contract may use."""
        linker, route = self._linker, self._route
        deadlines = linker.deadlines
        return {
            "ANONYMOUS": ANONYMOUS,
            "FIELDS": linker.fields(route),
            "INVALID": Invalid,
            "JSON": JSON,
            "LATE": LATE,
            "LABELS": tuple(release.label for release in linker.plan.releases),
            "MAX_BODY": route.max_body,
            "Request": Request,
            "RequestHeaders": RequestHeaders,
            "RequestLife": RequestLife,
            "Response": Response,
            "TIMEOUT": route.timeout / 1000,
            "absent": linker.absent,
            "announced": body.announced,
            "bearer": refusals.bearer,
            "body_seconds": linker.times.seconds,
            "body_times": linker.times,
            "client_address": client_address,
            "clock": time.perf_counter,
            "collect": body.collect,
            "deadlines": deadlines,
            "ended": hooks.settle,
            "enter": deadlines.enter,
            "forbidden": refusals.forbidden(route),
            "handling": deadlines.handle,
            "header_key": refusals.header_key,
            "leave": deadlines.leave,
            "around": linker.around,
            "missing": partial(missing, route.roles) if route.roles is not None else None,
            "next_id": linker.next_id,
            "one_key": refusals.one_key,
            "require_json": require_json,
            "require_plain": require_plain,
            "run_after": run_after,
            "run_before": run_before,
            "runs_for": OWNER.set,
            "send": send,
            "truncated": body.truncated,
            "unbounded": deadlines.unbounded,
            "unauthenticated": refusals.unauthenticated(linker.plan.app.name, route),
        }

    def _own(self, contract: Contract) -> dict[str, Any]:
        """What belongs to the contract."""
        linker, route = self._linker, self._route
        types, host = linker.types, linker.host
        parts = Parts(contract, types)
        tags = linker.tags.of(contract)
        answers = self._answers(contract)
        gctx = linker.gctx.for_route(route)
        faults = self._faults(contract)
        values: dict[str, Any] = {
            "explain": parts.explain,
            "failed": faults.failed,
            "gctx": gctx,
            "meter": host.meters.request(route.name, contract.id, _statuses(contract)),
            "pick_cookies": parts.pick_cookies,
            "pick_headers": parts.pick_headers,
            "read_body": parts.read_body,
            "read_cookies": parts.read_cookies,
            "read_headers": parts.read_headers,
            "read_path": parts.read_path,
            "read_query": parts.read_query,
            "presume": answers.presume,
            "settle": answers.settle,
        }
        if tags is not None:
            values["Request"] = tags.request
            values["conditions"] = tags.read
        values |= self._first(contract, answers)
        names = hook_names(route)
        for name in dict.fromkeys((*route.before, *route.after)):
            values[names[name]] = linker.hook(name, HANDLER).call
        if isinstance(contract.handler, p.PyHandler):
            handler = linker.resolve(contract.handler.target, HANDLER)
            values["handler"] = awaited(handler, host.pool)
        if contract.up is not None:
            values["forward"] = carry.forward(
                contract.up,
                contract.handler_shape,
                types,
                linker.sources,
                contract.id,
                linker.crossings,
            )
        return values

    def _answers(self, contract: Contract) -> Answers:
        if self._made is None:
            linker = self._linker
            tags = linker.tags.of(contract)
            scrubber = linker.host.log.output.scrubber
            self._made = carry.answers(
                contract, linker.types, linker.sources, linker.crossings, tags, scrubber
            )
        return self._made

    def _faults(self, contract: Contract, *, observed: bool = False) -> Faults:
        linker, route = self._linker, self._route
        catch = tuple(linker.hook(name, CATCH) for name in route.catch)
        if observed:
            levels = dict(_levels(route, State.CATCH))
            catch = tuple(
                watched_hook(hook, {State.CATCH: levels.get(hook.name, "")}) for hook in catch
            )
        return Faults(
            route.name,
            linker.host.log,
            linker.deadlines,
            linker.fields(route),
            self._answers(contract),
            catch,
            linker.gctx.for_route(route),
            route.timeout / 1000,
        )

    def _first(self, contract: Contract, answers: Answers) -> dict[str, Any]:
        """How a returned value, or a fixed status, is answered."""
        if isinstance(contract.handler, p.StaticHandler):
            return {"STATUS": answers.outgoing(contract.handler.status)}
        first = first_answer(contract)
        if first is None or first.type is None:
            return {}
        declared = answers.declared(first.status)
        return {"STATUS": declared.status, "answer": declared.answer, "carry": declared.carry}


def _end(release: Release) -> list[tuple[str, str]]:
    """Since when a release is deprecated (RFC 9745) and when it goes away (RFC 8594), if that is
    known, with links to pages about it.
    """
    fields: list[tuple[str, str]] = []
    if release.deprecated is not None:
        fields.append(("deprecation", f"@{release.deprecated}"))
    if release.sunset is not None:
        fields.append(("sunset", formatdate(release.sunset, usegmt=True)))
    for link, rel in ((release.deprecation_link, "deprecation"), (release.sunset_link, "sunset")):
        if link is not None:
            fields.append(("link", f'<{link}>; rel="{rel}"; type="text/html"'))
    return fields


def _statuses(contract: Contract) -> list[int]:
    downs = {down.handler_status: down.status for down in contract.down}
    return [downs.get(a.status, a.status) for a in contract.handler_shape.answers]


def _selectors(plan: Plan) -> Selectors | None:
    if not plan.releases:
        return None
    return _DEFAULT_SELECTORS if plan.app.selectors is None else plan.app.selectors
