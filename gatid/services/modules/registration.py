"""A module runs if and only if it is what its manifest says, and its declaration allows that.

The manifest was read from the source; this looks at what was loaded. Where the source does not
show what the class is, there is none, and what the module asks for is refused when it asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid.errors import ModuleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid.services.modules.running import Method
    from gatid_compiler.plan import Module, ModuleManifest


def allowed(module: Module) -> None:
    """Raises `ModuleError` where the module asks for what its declaration does not allow."""
    shown = module.manifest
    if shown is None:
        return
    for kind, asked, given in (
        ("secret", shown.secrets, module.secrets),
        ("module", shown.modules, module.modules),
        ("topic", shown.topics, module.topics),
    ):
        for name in asked:
            if name not in given:
                raise ModuleError(
                    module.name,
                    f"it uses the {kind} `{name}`, which is not allowed:"
                    f" write `allow {kind} {name}` in module `{module.name}`",
                )


def registered(module: Module, loaded: Mapping[str, Method]) -> None:
    """Raises `ModuleError` where the methods that were loaded are not those of the manifest."""
    if module.manifest is not None:
        for fault in _faults(module.manifest, loaded):
            raise ModuleError(module.name, f"it is not what its source shows: {fault}")


def _faults(shown: ModuleManifest, loaded: Mapping[str, Method]) -> list[str]:
    expected = {method.name: method for method in shown.methods}
    faults = [f"the method `{name}` is not in it" for name in loaded if name not in expected]
    for name, method in expected.items():
        found = loaded.get(name)
        if method.kind == "unknown":
            continue
        if found is None:
            faults.append(f"the method `{name}` is missing")
        elif found.kind != method.kind:
            faults.append(f"the method `{name}` is {found.kind}, not {method.kind}")
        elif found.idempotent and not method.idempotent:
            faults.append(f"the method `{name}` is idempotent only once it is loaded")
    return faults
