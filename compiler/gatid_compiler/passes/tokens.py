"""`auth jwt`: whose tokens are taken, and what is read from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes import arguments
from gatid_compiler.passes.places import AUTH_JWT, keyword_word, placed, unknown_option
from gatid_compiler.passes.services import known_secret
from gatid_compiler.rules import policies as rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.passes.declare import Names
    from gatid_compiler.passes.report import Report


def jwt(
    word: syntax.Word, block: Sequence[syntax.Statement], names: Names, report: Report
) -> plan.JwtAuth | None:
    """What the block of an `auth jwt` says, or None after a fault has been reported."""
    said: dict[str, syntax.Directive] = {
        statement.keyword.text: statement
        for statement in placed(block, AUTH_JWT, report)
        if isinstance(statement, syntax.Directive)
    }
    _complete(word, {keyword_word(statement).text for statement in block}, report)
    issuer = arguments.text(said["issuer"], report) if "issuer" in said else None
    audience = _texts(said["audience"], report) if "audience" in said else ()
    algorithms = _algorithms(said["algorithms"], report) if "algorithms" in said else ()
    leeway = arguments.duration(said["leeway"], report) if "leeway" in said else 0
    subject = _claim(said["subject"], 'subject "sub"', report) if "subject" in said else "sub"
    roles = _claim(said["roles"], 'roles "realm.roles"', report) if "roles" in said else None
    require = _claims(said["require"], report) if "require" in said else ()
    keys = None
    if "keys" in said:
        keys = arguments.word(said["keys"], "the name of a secret", report)
    if keys is None or not known_secret(keys, names, report):
        return None
    if issuer is None or not audience or algorithms is None or leeway is None or subject is None:
        return None
    return plan.JwtAuth(issuer, audience, keys.text, algorithms, leeway, subject, roles, require)


def secrets(block: Sequence[syntax.Statement], names: Names) -> set[str]:
    """The secrets that a block names, be it right or not."""
    return {
        arg.text
        for statement in block
        if isinstance(statement, syntax.Directive)
        for group in statement.groups
        for arg in group
        if isinstance(arg, syntax.Word)
    } & set(names.secrets)


def _complete(word: syntax.Word, written: set[str], report: Report) -> None:
    needed = {
        "issuer": "who issues the tokens",
        "audience": "whom they are meant for",
        "keys": "which secret holds the keys that they are signed with",
    }
    missing = [what for name, what in needed.items() if name not in written]
    if missing and "url" not in written:
        report.add(
            rules.AUTH_INCOMPLETE.at(
                word.span,
                f"`auth jwt` does not say {', '.join(missing[:-1])}"
                f"{' and ' if missing[1:] else ''}{missing[-1]}",
                help='write lines such as `issuer "https://id.example.com"`, `audience "shop"` and '
                "`keys NAME`, with the name of a secret, into its block",
            )
        )


def _texts(node: syntax.Directive, report: Report) -> tuple[str, ...]:
    args = arguments.listed(node, "strings", report)
    texts = tuple(arg.value for arg in args if isinstance(arg, syntax.Text) and arg.value)
    if len(texts) < len(args):
        arguments.wrong(node, "strings", report)
    return texts


def _claims(node: syntax.Directive, report: Report) -> tuple[str, ...]:
    """Names of claims: words, or strings for what no word can be."""
    found = []
    for arg in arguments.listed(node, "names of claims", report):
        match arg:
            case syntax.Word(text=str() as name) | syntax.Text(value=str() as name) if name:
                found.append(name)
            case _:
                arguments.wrong(node, "names of claims", report)
    return tuple(found)


def _claim(node: syntax.Directive, form: str, report: Report) -> str | None:
    """One claim; what it is written like elsewhere in the language is something else."""
    arguments.no_block(node, report)
    match node.groups:
        case ((syntax.Text(value=str() as name),),) if name:
            return name
    arguments.wrong(node, "the name of a claim", report, form)
    return None


def _algorithms(node: syntax.Directive, report: Report) -> tuple[str, ...] | None:
    """Known ones, and not of both kinds: who may verify with a shared key may sign with it."""
    found: list[syntax.Word] = []
    for arg in arguments.listed(node, "names of algorithms", report):
        if not isinstance(arg, syntax.Word):
            arguments.wrong(node, "names of algorithms", report)
        elif arg.text not in plan.JWT_ALGORITHMS:
            unknown_option(arg, plan.JWT_ALGORITHMS, "an algorithm of tokens", report)
        else:
            found.append(arg)
    shared = [arg for arg in found if arg.text.startswith("HS")]
    public = [arg for arg in found if not arg.text.startswith("HS")]
    if shared and public:
        report.add(
            rules.MIXED_ALGORITHMS.at(
                shared[0].span,
                f"`{shared[0].text}` takes a shared key, and `{public[0].text}` a public one",
                help="keep those of one kind, or write two `auth jwt` with a secret each",
            )
        )
    return tuple(arg.text for arg in found) or None
