"""What the process of a module is told when it begins: its code, its limits, what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatid.services.isolation.kernel import Kernel
from gatid.services.modules.fingerprint import closure
from gatid_compiler.plan import Isolation

if TYPE_CHECKING:
    from gatid.services.modules.client import ModuleClient
    from gatid.services.modules.running import Asked
    from gatid_compiler.plan import Module


@dataclass(frozen=True, slots=True)
class Offer:
    """`modules` has the public methods of the modules that it may call, `files` the sources.

    `paths` are the files that it may open, and whether it may change them; `ports` those that
    it may connect to.
    """

    name: str
    target: tuple[str, str]
    config: Any
    base: str
    files: dict[str, str]
    modules: dict[str, list[str]]
    paths: tuple[tuple[str, bool], ...]
    ports: tuple[int, ...]
    limits: Isolation
    kernel: Kernel

    def plain(self) -> dict[str, Any]:
        """As a value that can cross."""
        return asdict(self)

    @staticmethod
    def read(value: dict[str, Any]) -> Offer:
        """What `plain` made."""
        given = {
            **value,
            "limits": Isolation(**value["limits"]),
            "kernel": Kernel(**value["kernel"]),
        }
        return Offer(**given)


def offer(asked: Asked, isolation: Isolation, kernel: Kernel) -> Offer:
    """The offer for a module, from its plan."""
    module, files = asked.module, asked.plan.code.files
    return Offer(
        module.name,
        (module.target.module, module.target.name),
        _plain(module.config),
        str(asked.base),
        {path: files[path] for path in sorted(closure(files, module.target.module))},
        {name: _methods(getattr(asked.context.modules, name)) for name in module.modules},
        tuple((str(Path(asked.base, each.path)), each.write) for each in module.files),
        ports(module),
        isolation,
        kernel,
    )


def ports(module: Module) -> tuple[int, ...]:
    """The ports of `allow network`."""
    return tuple(sorted({int(each.rpartition(":")[2]) for each in module.network}))


def _methods(client: ModuleClient) -> list[str]:
    return [name for name in vars(client) if not name.startswith("_")]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value
