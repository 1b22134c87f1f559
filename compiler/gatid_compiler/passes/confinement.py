"""What a module may touch beyond its own code: processes, limits, files, addresses.

The kernel holds a module that has a process of its own to what is allowed; in process the
same lines document what it needs. A line that nothing enforces is a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes import arguments
from gatid_compiler.passes.addresses import BadAddressError, address
from gatid_compiler.passes.places import MODULE_LIMITS, placed, unknown_option
from gatid_compiler.rules import policies as rules
from gatid_compiler.rules import project as project_rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from gatid_compiler.passes.report import Report

_LEAST_MEMORY = 16 << 20
_LEAST_FILES = 16
_MOST_FILES = 1 << 20


@dataclass(slots=True)
class Confinement:
    """What the lines of one module say, gathered before it is known how it runs."""

    network: list[syntax.Text] = field(default_factory=list)
    files: dict[str, tuple[syntax.Text, plan.AllowedFile]] = field(default_factory=dict)
    isolate: plan.Isolation | None = None
    limits: syntax.Directive | None = None

    def isolated(self, report: Report) -> plan.Isolation | None:
        """How it runs; what that leaves without effect, or unenforced, is reported."""
        for arg in self.network:
            _network(arg, self.isolate, report)
        for arg, _ in self.files.values():
            if self.isolate is None:
                report.add(
                    rules.FILE_NOT_ENFORCED.at(
                        arg.span,
                        "`allow file` documents this, and prevents nothing: the module runs in "
                        "process",
                        help="add `isolate process` to have it enforced",
                    )
                )
        if self.limits is None:
            return self.isolate
        if self.isolate is None:
            report.add(
                project_rules.MISPLACED_STATEMENT.at(
                    self.limits.keyword.span,
                    "`limits` says nothing for a module that runs in process",
                    help="add `isolate process`, or take it away",
                )
            )
            return None
        return _limited(self.isolate, self.limits, report)

    def allowed_files(self) -> tuple[plan.AllowedFile, ...]:
        """The files and folders that it may touch, by path."""
        return tuple(self.files[path][1] for path in sorted(self.files))


def isolate(node: syntax.Directive, report: Report) -> plan.Isolation | None:
    """What `isolate` says, None for `none`."""
    arguments.no_block(node, report)
    match node.groups:
        case ((syntax.Word(text="none"),),):
            return None
        case ((syntax.Word(text="process"),),):
            return plan.Isolation(strict=False)
        case ((syntax.Word(text="process"), syntax.Word(text="strict")),):
            return plan.Isolation(strict=True)
        case ((syntax.Word(text="process"), syntax.Word() as word),):
            unknown_option(word, ("strict",), "what follows `isolate process`", report)
        case ((syntax.Word() as word,),):
            unknown_option(word, ("none", "process"), "`isolate`", report)
        case _:
            arguments.wrong(node, "`none`, `process` or `process strict`", report)
    return None


def allow_network(args: tuple[syntax.Arg, ...], gathered: Confinement, report: Report) -> None:
    """`allow network "host:port", …`; `*` is any host."""
    for arg in args:
        if not isinstance(arg, syntax.Text) or not _reachable(arg.value):
            report.add(
                project_rules.BAD_ARGUMENT.at(
                    arg.span,
                    f"`allow network` takes a quoted `host:port`, not `{arg.span.text}`",
                    help='write it like `allow network "127.0.0.1:5432"`, with `*` for any host',
                )
            )
        elif any(arg.value == other.value for other in gathered.network):
            arguments.once([(arg, arg.value), (arg, arg.value)], report)
        else:
            gathered.network.append(arg)


def allow_file(node: syntax.Directive, gathered: Confinement, report: Report) -> None:
    """`allow file "path" [write], …`, relative to the entry file's folder."""
    arguments.no_block(node, report)
    first, *more = node.groups
    for group in (first[1:], *more):
        match group:
            case (syntax.Text(value=path) as arg,):
                write = False
            case (syntax.Text(value=path) as arg, syntax.Word(text="write")):
                write = True
            case (syntax.Text(), syntax.Word() as word):
                unknown_option(word, ("write",), "what follows the path", report)
                continue
            case _:
                _no_path(node, report)
                continue
        if not path or "\0" in path:
            _no_path(node, report)
            continue
        plain = str(PurePosixPath(path))
        if plain in gathered.files:
            arguments.once([(arg, plain), (arg, plain)], report)
        else:
            gathered.files[plain] = arg, plan.AllowedFile(plain, write)


def _no_path(node: syntax.Directive, report: Report) -> None:
    report.add(
        project_rules.BAD_ARGUMENT.at(
            node.span,
            "`allow file` takes a quoted path, and `write` behind it where it may be changed",
            help='write it like `allow file "prices.csv"` or `allow file "/var/lib/shop" write`',
        )
    )


def _reachable(text: str) -> bool:
    host, _, port = text.rpartition(":")
    try:
        where = address(f"any:{port}" if host == "*" else text)
    except BadAddressError:
        return False
    return where.kind == "tcp" and where.port > 0


def _network(arg: syntax.Text, isolation: plan.Isolation | None, report: Report) -> None:
    host, _, port = arg.value.rpartition(":")
    if isolation is None:
        report.add(
            rules.NETWORK_NOT_ENFORCED.at(
                arg.span,
                "`allow network` documents this, and prevents nothing: the module runs in process",
                help="add `isolate process` to have it enforced",
            )
        )
    elif host != "*":
        report.add(
            rules.HOST_NOT_ENFORCED.at(
                arg.span,
                f"the kernel holds the module to port {port}, and not to `{host}`",
                help=f'write `allow network "*:{port}"` to say so',
            )
        )


def _limited(isolation: plan.Isolation, node: syntax.Directive, report: Report) -> plan.Isolation:
    for statement in placed(arguments.options(node, report), MODULE_LIMITS, report):
        if not isinstance(statement, syntax.Directive):
            continue
        value: int | None
        match statement.keyword.text:
            case "memory":
                value = arguments.size(statement, report, least=_LEAST_MEMORY)
                isolation = isolation if value is None else replace(isolation, memory=value)
            case "file_size":
                value = arguments.size(statement, report)
                isolation = isolation if value is None else replace(isolation, file_size=value)
            case "open_files":
                value = arguments.count(statement, report, least=_LEAST_FILES, most=_MOST_FILES)
                isolation = isolation if value is None else replace(isolation, open_files=value)
            case _:
                isolation = replace(isolation, cpu=arguments.duration(statement, report))
    return isolation
