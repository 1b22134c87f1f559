"""A recorded request as one JSON document, with nothing in it that is to be hidden."""

from __future__ import annotations

import base64
import contextlib
import json
import traceback
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import orjson

from gatid.lifecycle.events import Kind
from gatid.observe.capture import trace
from gatid.observe.scrub import MASK
from gatid.snapshots.cutting import cut
from gatid.snapshots.frozen import Missing, thaw, type_name
from gatid.snapshots.redaction import (
    CREDENTIALS,
    HIDDEN,
    Hidden,
    at_pointer,
    secret_fields,
    segments,
)
from gatid.snapshots.values import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid.lifecycle.tasks import Outstanding
    from gatid.observe.scrub import Scrubber
    from gatid.snapshots.recording import Answer, Point, Record, Sent
    from gatid_compiler.gtypes.model import GType

FORMAT: Final = 1
"""Of documents; it changes when those who read the last one would misread them."""

_SHORTEST_COOKIE = 8
"""Shorter values of cookies are choices such as a language, and found in innocent words."""

_LONGEST_TRACE = 8192


def document(record: Record, secrets: Scrubber) -> bytes:
    """The document of a request, of at most as many bytes as its route allows."""
    made = _Document(record, secrets)
    return _checked(cut(made.whole(), record.facts.settings.max_size), secrets)


def _checked(data: bytes, secrets: Scrubber) -> bytes:
    """Secrets are hidden value by value; none may have come of what stands side by side."""
    text = data.decode()
    if secrets.holds(text):
        data = secrets.text(text).encode()
        orjson.loads(data)
    return data


class _Document:
    def __init__(self, record: Record, secrets: Scrubber) -> None:
        self._record = record
        self._facts = record.facts
        self._hidden = Hidden(secrets)
        self._pointers = [segments(pointer) for pointer in record.facts.settings.redact]
        self._writer = Writer(self._hidden.value)
        self._told: set[int] = set()

    def whole(self) -> dict[str, Any]:
        """All of it. What is hidden is found everywhere first, for it may stand elsewhere too."""
        record, facts = self._record, self._facts
        headers = self._credentials(record.sent.headers)
        query = self._query(record.sent)
        seen = thaw(record.seen)
        body, lost = self._bodies(seen, record.sent)
        flags = thaw(record.flags)
        states = [thaw(state) for state in record.states]
        for state in states:
            self._point_at("local", state)
        answer = self._answer(record.answer)
        begun = record.points[0].event
        return {
            "format": FORMAT,
            "id": record.id,
            "taken": begun.at,
            "why": [
                *(["sampled"] if record.sampled else []),
                *(["failed"] if record.failed else []),
            ],
            "app": facts.app,
            "plan": facts.plan,
            "generation": facts.generation,
            "route": facts.route,
            "contract": facts.contract.id,
            "manifest": facts.manifest,
            "version": record.version,
            "sent": {
                "method": record.sent.method,
                "path": self._text(record.sent.path),
                "query": [[self._text(k), self._text(v)] for k, v in query],
                "headers": [[name, self._text(value)] for name, value in headers],
                "client": record.sent.client,
                "http": record.sent.http,
                "body": self._octets(body, "/sent/body", hidden=lost),
            },
            "seen": {
                name: self._writer.write(part, f"/seen/{name}") for name, part in seen.items()
            },
            "principal": {
                "name": self._text(record.principal.name),
                "roles": sorted(record.principal.roles),
            },
            "trace": self._trace(),
            "flags": self._writer.write(flags, "/flags"),
            **self._history(states),
            "answer": answer
            and {**answer, "body": self._octets(answer["body"], "/answer/body", hidden=False)},
            "missing": [
                {"at": at, "type": missing.type, "why": missing.why}
                for at, missing in self._writer.missing
            ],
            "cut": [],
        }

    def _credentials(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        shown = []
        for name, value in headers:
            if name in CREDENTIALS or name in self._facts.key_headers:
                if "cookie" in name:
                    self._learn_cookies(value)
                else:
                    self._hidden.learn([value, value.partition(" ")[2]])
                value = MASK
            elif ("headers", name) in {tuple(p[:2]) for p in self._pointers}:
                self._hidden.learn(value)
                value = MASK
            shown.append((name, value))
        return shown

    def _learn_cookies(self, value: str) -> None:
        for pair in value.split(";"):
            text = pair.partition("=")[2].strip().strip('"')
            if len(text) >= _SHORTEST_COOKIE:
                self._hidden.learn(text)

    def _query(self, sent: Sent) -> list[tuple[str, str]]:
        hidden = {p[1] for p in self._pointers if p[0] == "query" and len(p) > 1}
        hidden |= self._facts.key_params
        hidden |= _secret_names(self._facts.contract.shape.query, self._facts.types)
        pairs = []
        for name, value in parse_qsl(sent.query, keep_blank_values=True):
            if name in hidden:
                self._hidden.learn(value)
                value = MASK
            pairs.append((name, value))
        return pairs

    def _bodies(self, seen: dict[str, Any], sent: Sent) -> tuple[bytes | None, bool]:
        """Hides what is in the parts that the handler saw, and gives the body as it was sent,
        without what is hidden in it, and whether it is left out for that.
        """
        shape, types = self._facts.contract.handler_shape, self._facts.types
        typed: dict[str, GType | None] = {
            "params": shape.path,
            "query": shape.query,
            "headers": shape.headers,
            "cookies": shape.cookies,
            "body": shape.body,
        }
        found: dict[str, bool] = {}
        for name, kind in typed.items():
            values = secret_fields(kind, seen.get(name), types)
            self._hidden.learn(values)
            found[name] = self._point_at(name, seen.get(name)) or bool(values)
        self._mask_known(seen)
        body = sent.body
        if body is None:
            return None, False
        masked = self._masked("body", body, self._facts.contract.shape.body)
        if masked is None:
            # In the words of an older version it may stand elsewhere in the body.
            lost = found["body"] or type(seen.get("body")) is Missing
            return (None, True) if lost else (body, False)
        return masked, False

    def _mask_known(self, seen: dict[str, Any]) -> None:
        """Hides credentials in what the handler saw."""
        cookies, headers = seen.get("cookies"), seen.get("headers")
        if isinstance(cookies, dict):
            for name, value in cookies.items():
                if isinstance(value, str) and len(value) >= _SHORTEST_COOKIE:
                    self._hidden.learn(value)
                cookies[name] = MASK
        if isinstance(headers, dict):
            for name in CREDENTIALS | self._facts.key_headers:
                if name in headers:
                    headers[name] = MASK

    def _masked(self, part: str, body: bytes, type: GType | None) -> bytes | None:
        """JSON without what is hidden in it; None when nothing is."""
        if type is None and not any(pointer[0] == part for pointer in self._pointers):
            return None
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return None
        values = secret_fields(type, value, self._facts.types)
        self._hidden.learn(values)
        if self._point_at(part, value) or values:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "replace"
            )
        return None

    def _point_at(self, part: str, value: Any) -> bool:
        found = False
        for pointer in self._pointers:
            if pointer[0] == part and len(pointer) > 1:
                values = at_pointer(pointer[1:], value)
                self._hidden.learn(values)
                found = found or bool(values)
        return found

    def _answer(self, answer: Answer | None) -> dict[str, Any] | None:
        if answer is None:
            return None
        headers = self._credentials(answer.headers)
        shape = self._facts.contract.shape
        type = next((a.type for a in shape.answers if a.status == answer.status), None)
        body = answer.body
        masked = self._masked("answer", body, type) if body and answer.complete else None
        return {
            "status": answer.status,
            "headers": [[name, self._text(value)] for name, value in headers],
            "body": body if masked is None else masked,
            "complete": answer.complete,
        }

    def _octets(self, body: bytes | None, at: str, *, hidden: bool) -> Any:
        """A body: as text where it is one, else as base64; None where there is none."""
        if hidden:
            return self._left(at, HIDDEN)
        if body is None:
            return None
        try:
            return {"text": self._hidden.text(body.decode())}
        except UnicodeDecodeError:
            if type(self._hidden.value(body)) is Missing:
                return self._left(at, HIDDEN)
            return {"base64": base64.b64encode(body).decode()}

    def _left(self, at: str, why: str) -> dict[str, Any]:
        self._writer.missing.append((at, Missing("bytes", why)))
        return {"$missing": ["bytes", why]}

    def _trace(self) -> dict[str, Any] | None:
        found = self._record.trace
        if found is None:
            return None
        return {
            "trace_id": found.trace_id,
            "span_id": found.span_id,
            "parent_id": found.parent_id,
            "sampled": found.sampled,
            "state": self._text(found.state),
        }

    def _history(self, states: list[Any]) -> dict[str, Any]:
        """The states, each once, and the points with the numbers of theirs."""
        numbers: list[int] = []
        known: dict[bytes, int] = {}
        written: list[Any] = []
        for state in states:
            writer = Writer(self._hidden.value)
            made = writer.write(state, f"/states/{len(written)}")
            text = orjson.dumps(made)
            if text not in known:
                known[text] = len(written)
                written.append(made)
                self._writer.missing += writer.missing
            numbers.append(known[text])
        points = [self._point(point, numbers) for point in self._record.points]
        return {"states": written, "points": points}

    def _point(self, point: Point, numbers: list[int]) -> dict[str, Any]:
        event = point.event
        waiting = [self._outstanding(each) for each in point.outstanding]
        if event.error is not None and event.kind is not Kind.STATE:
            waiting[:0] = self._cancelled(event.error)
        return {
            "at": event.at,
            "state": event.state.value,
            "kind": event.kind.value,
            "name": event.name,
            "level": event.level,
            "duration": event.duration,
            "status": event.status,
            "error": self._error(event.error),
            "local": None if point.state is None else numbers[point.state],
            "outstanding": waiting,
            "hook": {
                "index": point.begun - 1 if point.begun else None,
                "name": point.last,
                "running": list(point.running),
            },
            "left": point.left,
        }

    def _outstanding(self, each: Outstanding) -> dict[str, Any]:
        return {
            "function": each.function,
            "task": self._text(each.name),
            "made": each.made,
            "waits": list(each.waits),
            "status": "cancelled" if each.cancelled else "waiting",
        }

    def _cancelled(self, error: BaseException) -> list[dict[str, Any]]:
        """What the request itself waited for when it was cancelled: its stack tells."""
        if type(error).__name__ != "CancelledError":
            return []
        frames = traceback.extract_tb(error.__traceback__)
        waits = [f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames]
        return [{"function": "", "task": "", "made": "", "waits": waits, "status": "cancelled"}]

    def _error(self, error: BaseException | None) -> dict[str, Any] | None:
        if error is None:
            return None
        message = "its message cannot be told"
        with contextlib.suppress(Exception):
            message = str(error)
        told = {"type": type_name(error), "message": self._text(message)}
        if id(error) in self._told:
            return told
        self._told.add(id(error))
        return {**told, "trace": self._text(trace(error)[-_LONGEST_TRACE:])}

    def _text(self, text: str) -> str:
        return self._hidden.text(text).encode("utf-8", "replace").decode()


def _secret_names(type: Any, types: Any) -> set[str]:
    while type is not None and hasattr(type, "name") and not hasattr(type, "fields"):
        type = types.get(type.name)
    return {field.name for field in getattr(type, "fields", ()) if field.secret}
