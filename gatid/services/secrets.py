"""Secrets: read from where the plan says, kept for their TTL, never shown.

The store outlives plans, so a reload neither re-reads nor forgets a secret that is still
declared the same. A secret without a TTL is read once. When reading again fails, the value
before stays in use and the failure is logged: a file in the middle of being replaced must
not stop the service, and whoever replaces it is told.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from typing import TYPE_CHECKING, Never, SupportsIndex

from gatid.errors import DeniedError
from gatid.lifecycle.tasks import detached
from gatid.observe.scrub import MASK, Scrubber
from gatid_compiler.plan import KeyAuth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from gatid.observe.logs import Log
    from gatid_compiler import plan

_LARGEST = 1 << 20
_RETRY = 1.0


class SecretUnavailableError(Exception):
    """A secret cannot be read; the message names it and its place, never its value."""


class MissingSecretsError(SecretUnavailableError):
    """One or more secrets that the plan needs are not there; `faults` has a line for each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class Secret:
    """A value that does not show itself: only `reveal()` gives the text.

    It prints as `***` and cannot be pickled or written as JSON. A copy is the secret itself.
    """

    __slots__ = ("_text", "name")

    name: str

    def __init__(self, name: str, text: str) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_text", lambda: text)

    def reveal(self) -> str:
        """The text. Hand it to what needs it, and keep it nowhere."""
        return self._text()

    _text: Callable[[], str]

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = self.reveal(), other.reveal()
        return hmac.compare_digest(
            mine.encode("utf-8", "surrogatepass"), theirs.encode("utf-8", "surrogatepass")
        )

    __hash__ = object.__hash__

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"secret `{self.name}` cannot be changed")

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError(f"secret `{self.name}` cannot be pickled: pass its name and read it there")


class SecretStore:
    """All secrets of one worker, by how they are declared.

    `base` is what file names are relative to: the entry file's directory. `clock` counts
    seconds and never goes back.
    """

    def __init__(
        self,
        base: Path,
        scrubber: Scrubber,
        log: Log,
        *,
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._base = base
        self._scrubber = scrubber
        self._log = log
        self._environ = environ
        self._kept: dict[plan.Secret, _Kept] = {}
        self._fetching: dict[plan.Secret, asyncio.Future[Secret]] = {}
        self.clock = clock

    def of(self, secrets: Mapping[str, plan.Secret]) -> Secrets:
        """The secrets of one plan, by name."""
        return Secrets(self, secrets)

    def fresh(self, spec: plan.Secret) -> Secret | None:
        """The value when it is known and within its TTL."""
        kept = self._kept.get(spec)
        return kept.secret if kept is not None and self.clock() < kept.until else None

    async def get(self, spec: plan.Secret) -> Secret:
        """The value, read again after its TTL; calls that meet share one reading."""
        secret = self.fresh(spec)
        if secret is not None:
            return secret
        running = self._fetching.get(spec)
        if running is None:
            running = detached(self._fetch(spec))
            self._fetching[spec] = running
            running.add_done_callback(lambda done: self._fetched(spec, done))
        # One caller that gives up must not take the value from the others.
        return await asyncio.shield(running)

    def read(self, spec: plan.Secret) -> Secret:
        """The value, read now if it is not known; blocks for a file."""
        secret = self.fresh(spec)
        return self._keep(spec, self._text(spec)) if secret is None else secret

    async def _fetch(self, spec: plan.Secret) -> Secret:
        try:
            if spec.backend == "file":
                text = await asyncio.to_thread(self._text, spec)
            else:
                text = self._text(spec)
        except SecretUnavailableError as error:
            kept = self._kept.get(spec)
            if kept is None:
                raise
            self._log.error("a secret could not be read again", secret=spec.name, reason=str(error))
            self._kept[spec] = _Kept(kept.secret, self.clock() + _RETRY)
            return kept.secret
        return self._keep(spec, text)

    def _fetched(self, spec: plan.Secret, done: asyncio.Future[Secret]) -> None:
        del self._fetching[spec]
        if not done.cancelled():
            # All who waited may have gone; the failure was theirs to see.
            done.exception()

    def _keep(self, spec: plan.Secret, text: str) -> Secret:
        kept = self._kept.get(spec)
        if kept is not None and kept.secret.reveal() == text:
            secret = kept.secret
        else:
            self._scrubber.add(text)
            secret = Secret(spec.name, text)
        until = float("inf") if spec.ttl is None else self.clock() + spec.ttl / 1000
        self._kept[spec] = _Kept(secret, until)
        return secret

    def _text(self, spec: plan.Secret) -> str:
        if spec.backend == "env":
            text = self._environ.get(spec.argument, "")
            if not text:
                state = "empty" if spec.argument in self._environ else "not set"
                raise SecretUnavailableError(
                    f"secret `{spec.name}` comes from the environment variable"
                    f" `{spec.argument}`, which is {state}"
                )
            return text
        return self._file(spec)

    def _file(self, spec: plan.Secret) -> str:
        where = f"secret `{spec.name}` comes from the file `{spec.argument}`, which"
        try:
            with (self._base / spec.argument).open("rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SecretUnavailableError(f"{where} cannot be read: {reason}") from error
        if len(data) > _LARGEST:
            raise SecretUnavailableError(f"{where} is larger than 1 MiB")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise SecretUnavailableError(f"{where} is no UTF-8 text") from None
        # Editors and `echo` end files with a newline that nobody means.
        text = text.removesuffix("\n").removesuffix("\r")
        if not text:
            raise SecretUnavailableError(f"{where} is empty")
        return text


class _Kept:
    __slots__ = ("secret", "until")

    def __init__(self, secret: Secret, until: float) -> None:
        self.secret = secret
        self.until = until


class Secrets:
    """The secrets of one plan by name: `await secrets.get("store_dsn")`.

    `allowed` None means all of them. `who` and `how` tell someone who asks for another what
    to write.
    """

    __slots__ = ("_allowed", "_how", "_specs", "_store")

    def __init__(
        self,
        store: SecretStore,
        specs: Mapping[str, plan.Secret],
        allowed: Collection[str] | None = None,
        how: str = "",
    ) -> None:
        self._store = store
        self._specs = specs
        self._allowed = specs.keys() if allowed is None else frozenset(allowed)
        self._how = how

    def only(self, allowed: Collection[str], where: str) -> Secrets:
        """The same secrets, of which only `allowed` may be read; `where` is what `allow`
        would be written in, such as "route `create_order`".
        """
        return Secrets(self._store, self._specs, allowed, where)

    async def get(self, name: str) -> Secret:
        """The value, from memory within its TTL.

        Raises `DeniedError` when it is not allowed or declared, and `SecretUnavailableError`
        when it cannot be read and never could.
        """
        spec = self._spec(name)
        return self._store.fresh(spec) or await self._store.get(spec)

    def fresh(self, name: str) -> Secret | None:
        """The value when it is in memory and within its TTL, without waiting."""
        return self._store.fresh(self._spec(name))

    def require(self, names: Iterable[str]) -> None:
        """Reads all of `names` now; raises `MissingSecretsError` that names each fault."""
        faults = []
        for name in names:
            try:
                self._store.read(self._spec(name))
            except SecretUnavailableError as error:
                faults.append(str(error))
        if faults:
            raise MissingSecretsError(tuple(faults))

    def _spec(self, name: str) -> plan.Secret:
        spec = self._specs.get(name)
        if spec is None:
            raise DeniedError(
                f'no secret `{name}` is declared: write `secret {name} from env "VARIABLE"`'
            )
        if name not in self._allowed:
            raise DeniedError(
                f"secret `{name}` may not be read here: write `allow secret {name}` in {self._how}"
            )
        return spec


def needed(whole: plan.Plan) -> tuple[str, ...]:
    """The names of the secrets without which this plan cannot serve, sorted."""
    names: set[str] = set()
    for route in whole.routes:
        names.update(route.secrets)
        names.update(auth.keys for auth in route.auth if isinstance(auth, KeyAuth))
    for module in whole.modules.values():
        names.update(module.secrets)
    return tuple(sorted(names))
