"""The modules of a plan as `gctx.modules` has them: a protocol each, whose methods are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.codegen.python_types import camel, docstring

if TYPE_CHECKING:
    from gatid_compiler import plan as p
    from gatid_compiler.codegen.python_types import PythonTypes


def modules(plan: p.Plan, types: PythonTypes) -> None:
    """Writes the protocols, and `Context`, which is what handlers get as `gctx`."""
    lines = [
        f"    {name}: {_module(module, types)}\n" for name, module in sorted(plan.modules.items())
    ]
    if lines:
        types.blocks.append(f"class Modules({types.use('Protocol')}):\n{''.join(lines)}")
    types.alias("Context", "GlobalContext[Modules]" if lines else "GlobalContext")


def _module(module: p.Module, types: PythonTypes) -> str:
    """The name of the module's protocol; anything where its source does not show what it is."""
    manifest = module.manifest
    if manifest is None:
        return types.use("Any")
    own = types.beside(sorted(manifest.types))
    for name in sorted(manifest.types):
        own.declare(name, manifest.types[name], filled=False)
    name = types.fresh(f"{camel(module.name)}Module")
    methods = _spaced([_method(method, name, own) for method in manifest.methods])
    empty = "" if methods else "    pass\n"
    types.blocks.append(f"class {name}({types.use('Protocol')}):\n{methods}{empty}")
    return name


def _spaced(methods: list[str]) -> str:
    """One-line methods stand together, those with a docstring apart."""
    text = ""
    for index, method in enumerate(methods):
        apart = index and ("\n        " in method or "\n        " in methods[index - 1])
        text += "\n" * bool(apart) + method
    return text


def _method(method: p.Method, module: str, types: PythonTypes) -> str:
    if method.kind not in ("sync", "async"):
        return f"    {method.name}: {types.use('Any')}\n"
    path = f"{module}{camel(method.name)}"
    said = "None" if method.result is None else types.text(method.result, path, filled=False)
    result = types.use("Any") if method.result is None else said
    head = f"    async def {method.name}({_parameters(method, path, types)}) -> {result}:"
    doc = docstring(method.doc, "        ")
    return f"{head}\n{doc}        ...\n" if doc else f"{head} ...\n"


def _parameters(method: p.Method, path: str, types: PythonTypes) -> str:
    texts = ["self"]
    kinds = [parameter.kind for parameter in method.parameters]
    for index, parameter in enumerate(method.parameters):
        if parameter.kind == "named" and "rest" not in kinds and "named" not in kinds[:index]:
            texts.append("*")
        texts.append(_parameter(parameter, path, types))
        if parameter.kind == "positional" and kinds[index + 1 : index + 2] != ["positional"]:
            texts.append("/")
    return ", ".join(texts)


def _parameter(parameter: p.Parameter, path: str, types: PythonTypes) -> str:
    said = types.use("Any")
    if parameter.type is not None:
        said = types.text(parameter.type, f"{path}{camel(parameter.name)}", filled=False)
    stars = {"rest": "*", "names": "**"}.get(parameter.kind, "")
    default = "" if parameter.required or stars else " = ..."
    return f"{stars}{parameter.name}: {said}{default}"
