"""The secrets that a route or a module is given, by name, and no others."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gatid.errors import DeniedError
from gatid.services.secrets.faults import MissingSecretsError, SecretUnavailableError
from gatid_compiler.plan import JwtAuth, KeyAuth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gatid.services.secrets.store import SecretStore
    from gatid.services.secrets.value import Secret
    from gatid_compiler import plan


class Secrets:
    """The secrets of one plan by name: `await secrets.get("store_dsn")`.

    `allowed` None means all of them. `reader` is who reads them, and what someone who asks for
    another has to write it in.
    """

    __slots__ = ("_allowed", "_reader", "_specs", "_store")

    def __init__(
        self,
        store: SecretStore,
        specs: Mapping[str, plan.Secret],
        allowed: Collection[str] | None = None,
        reader: str = "gatid",
    ) -> None:
        self._store = store
        self._specs = specs
        self._allowed = specs.keys() if allowed is None else frozenset(allowed)
        self._reader = reader

    def only(self, allowed: Collection[str], reader: str) -> Secrets:
        """The same secrets, of which only `allowed` may be read; `reader` is what `allow`
        would be written in, such as "route `create_order`".
        """
        return Secrets(self._store, self._specs, allowed, reader)

    async def get(self, name: str) -> Secret:
        """The value, from memory within its TTL.

        Raises `DeniedError` when it is not allowed or declared, and `SecretUnavailableError`
        when it cannot be read and never could.
        """
        spec = self._spec(name)
        secret = self._store.fresh(spec) or await self._store.get(spec)
        self._store.accessed(secret, self._reader)
        return secret

    def fresh(self, name: str) -> Secret | None:
        """The value when it is in memory and within its TTL, without waiting."""
        return self._store.fresh(self._spec(name))

    def learn(self, names: Iterable[str]) -> None:
        """Reads what can be read of `names`, so that from now on it is scrubbed."""
        for name in names:
            with suppress(SecretUnavailableError):
                self._store.read(self._spec(name))

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
        if spec is None or name not in self._allowed:
            self._store.refused(name, self._reader)
        if spec is None:
            raise DeniedError(
                f'no secret `{name}` is declared: write `secret {name} from env "VARIABLE"`'
            )
        if name not in self._allowed:
            raise DeniedError(
                f"secret `{name}` may not be read here: write `allow secret {name}` in"
                f" {self._reader}"
            )
        return spec


def needed(whole: plan.Plan) -> tuple[str, ...]:
    """The names of the secrets without which this plan cannot serve, sorted."""
    names: set[str] = set()
    for route in whole.routes:
        names.update(route.secrets)
        names.update(auth.keys for auth in route.auth if isinstance(auth, KeyAuth | JwtAuth))
    for module in whole.modules.values():
        names.update(module.secrets)
    return tuple(sorted(names))
