"""Security schemes as policies. A scheme that is not supported yet is never left open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid_compiler.passes.settings import HEADER_NAME

if TYPE_CHECKING:
    from gatid_compiler.openapi.load import Node
    from gatid_compiler.openapi.names import Names
    from gatid_compiler.openapi.notes import Notes

NONE = ("auth none",)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that asks for a key, and the secret that holds the keys."""

    name: str
    secret: str
    where: str
    key: str

    def text(self) -> str:
        """The secret and the policy, as they are declared."""
        return (
            f'secret {self.secret} from file "keys/{self.name}.txt"\n\n'
            f"policy {self.name} {{\n  auth key {{\n"
            f'    {self.where} "{self.key}"\n    keys {self.secret}\n  }}\n}}\n'
        )


class Security:
    """The schemes of a document, and what each operation asks for."""

    def __init__(self, document: Node, names: Names, notes: Notes) -> None:
        self._notes = notes
        self._names = names
        self._schemes: Node = document.get("components", {}).get("securitySchemes", {})
        self._policies: dict[str, Policy] = {}

    def used(self) -> tuple[Policy, ...]:
        """The policies that were asked for."""
        return tuple(self._policies.values())

    def statements(self, requirements: Any, pointer: str) -> tuple[str, ...]:
        """What a level says for the list of alternatives that stands at the pointer."""
        if not isinstance(requirements, list) or not requirements:
            return NONE
        used: dict[str, None] = {}
        for index, alternative in enumerate(requirements):
            place = f"{pointer}/{index}"
            schemes = list(alternative) if isinstance(alternative, dict) else []
            if not schemes:
                self._notes.add(place, "credentials are optional; anyone may call")
                return NONE
            if len(schemes) > 1:
                both = " and ".join(f"`{name}`" for name in schemes)
                self._notes.add(place, f"{both} are asked for together; only the first one is")
            for name in schemes[:1]:
                if alternative[name]:
                    scopes = ", ".join(f"`{scope}`" for scope in alternative[name])
                    self._notes.add(place, f"the scopes {scopes} are not asked for")
                used.setdefault(self._policy(name).name)
        return (f"use {', '.join(used)}",)

    def _policy(self, scheme: str) -> Policy:
        if scheme not in self._policies:
            said = self._schemes.get(scheme, {})
            name = self._names.unique(scheme, "key")
            where, key = said.get("in"), said.get("name", "")
            secret = f"{name}_keys"
            plain = where == "query" or (where == "header" and HEADER_NAME.fullmatch(str(key)))
            if said.get("type") == "apiKey" and plain and isinstance(key, str) and key:
                where = "param" if where == "query" else "header"
                self._policies[scheme] = Policy(name, secret, where, key)
            else:
                kind = said.get("scheme") or said.get("type") or "unknown"
                what = f"an API key in a {where} `{key}`" if kind == "apiKey" else f"`{kind}`"
                fault = f"{what} is not supported yet"
                if str(kind).lower() == "bearer":
                    fault = "whose tokens are taken is not said, as `auth jwt` needs it"
                self._notes.add(
                    f"/components/securitySchemes/{scheme}",
                    f"{fault}; a key in the header `X-API-Key` stands in",
                )
                self._policies[scheme] = Policy(name, secret, "header", "X-API-Key")
        return self._policies[scheme]
