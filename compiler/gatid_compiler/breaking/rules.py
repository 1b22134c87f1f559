"""What can change between two contracts, a row for each kind of change.

A row names and explains a change; whether one breaks a client is judged by meaning, see
`judge`. `harm` says what a change of the kind does as a rule: many a field that went away was
never sent, and then its removal breaks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Direction = Literal["operation", "request", "response"]
Harm = Literal["breaks", "may break", "harmless"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of change. In `sentence`, `{name}` is what changed, from `{old}` to `{new}`."""

    id: str
    direction: Direction
    harm: Harm
    sentence: str


_OPERATIONS: tuple[tuple[str, Harm, str], ...] = (
    ("route-added", "harmless", "the route is new"),
    ("route-removed", "breaks", "the route is gone"),
    ("route-renamed", "harmless", "the route `{old}` is called `{new}` now"),
    ("route-method-changed", "breaks", "the method was {old} and is {new}"),
    ("route-path-changed", "breaks", "the path was `{old}` and is `{new}`"),
    ("path-parameter-renamed", "harmless", "the path parameter `{old}` is called `{new}` now"),
    ("version-added", "harmless", "the version `{new}` is new"),
    ("version-removed", "breaks", "the version `{old}` is gone"),
    ("version-tag-added", "harmless", "the version {old} is called `{new}` too"),
    ("version-tag-removed", "breaks", "the version {new} is no longer called `{old}`"),
    ("version-tag-moved", "may break", "`{name}` was the version {old} and is {new}"),
    ("version-header-added", "harmless", "the header `{new}` asks for a version now"),
    ("version-header-removed", "breaks", "the header `{old}` no longer asks for a version"),
    ("version-header-changed", "breaks", "the header `{old}` that asks for a version is `{new}`"),
    ("version-parameter-added", "may break", "the query parameter `{new}` asks for a version now"),
    ("version-parameter-removed", "breaks", "the parameter `{old}` no longer asks for a version"),
    (
        "version-parameter-changed",
        "breaks",
        "the parameter `{old}` that asks for a version is `{new}`",
    ),
    (
        "version-default-changed",
        "may break",
        "who asks for no version got `{old}` and gets `{new}`",
    ),
    (
        "version-default-required",
        "breaks",
        "who asks for no version got `{old}` and is refused now",
    ),
    ("auth-added", "breaks", "anyone could call, now {new} is needed"),
    ("auth-removed", "harmless", "{old} was needed, now anyone may call"),
    ("auth-alternative-added", "harmless", "callers may also show {new}"),
    ("auth-alternative-removed", "breaks", "callers can no longer show {old}"),
    (
        "auth-keys-changed",
        "may break",
        "the keys came from the secret `{old}` and come from `{new}`",
    ),
    ("auth-token-changed", "may break", "`{name}` of tokens was {old} and is {new}"),
    ("roles-added", "breaks", "any role would do, now callers need {new}"),
    ("roles-removed", "harmless", "callers needed {old}, now any role will do"),
    ("roles-narrowed", "breaks", "callers needed {old}, now they need {new}"),
    ("roles-widened", "harmless", "callers needed {old}, now {new} is enough"),
    ("rate-added", "may break", "calls are limited to {new} now"),
    ("rate-removed", "harmless", "calls are no longer limited to {old}"),
    ("rate-lowered", "may break", "calls were limited to {old}, now to {new}"),
    ("rate-raised", "harmless", "calls were limited to {old}, now to {new}"),
    ("timeout-lowered", "may break", "a call was given {old} and is given {new}"),
    ("timeout-raised", "harmless", "a call was given {old} and is given {new}"),
    ("max-body-lowered", "breaks", "bodies could have {old} and may have {new} now"),
    ("max-body-raised", "harmless", "bodies could have {old} and may have {new} now"),
    ("max-header-lowered", "breaks", "headers could have {old} and may have {new} now"),
    ("max-header-raised", "harmless", "headers could have {old} and may have {new} now"),
    ("depth-lowered", "breaks", "bodies could be {old} levels deep and may be {new} now"),
    ("depth-raised", "harmless", "bodies could be {old} levels deep and may be {new} now"),
    ("duplicate-keys-refused", "breaks", "of a key written twice the last won, now it is refused"),
    ("duplicate-keys-taken", "harmless", "a key written twice was refused, now the last wins"),
    (
        "unexpressed-changed",
        "may break",
        "what the document says at `{name}` is not expressed here, and changed",
    ),
)

_MESSAGES: tuple[tuple[str, Harm, str], ...] = (
    ("request-body-added", "breaks", "no body was read, now {new} is wanted"),
    ("request-body-removed", "harmless", "the body, {old}, is no longer read"),
    (
        "request-body-media-narrowed",
        "breaks",
        "the body could be of any media type, now it is JSON, {new}",
    ),
    ("request-body-media-widened", "harmless", "the body was JSON, {old}, and may be anything now"),
    ("request-query-parameter-added", "harmless", "the query parameter `{name}` is new"),
    (
        "request-query-parameter-added-required",
        "breaks",
        "the query parameter `{name}` is new and required",
    ),
    ("request-query-parameter-removed", "breaks", "the query parameter `{name}` is gone"),
    ("request-query-parameter-required", "breaks", "the query parameter `{name}` is required now"),
    (
        "request-query-parameter-optional",
        "harmless",
        "the query parameter `{name}` may be absent now",
    ),
    ("request-header-added", "may break", "the header `{name}` is read now"),
    ("request-header-added-required", "breaks", "the header `{name}` is required now"),
    ("request-header-removed", "harmless", "the header `{name}` is no longer read"),
    (
        "request-header-required",
        "breaks",
        "the header `{name}` could be absent and is required now",
    ),
    ("request-header-optional", "harmless", "the header `{name}` may be absent now"),
    ("request-cookie-added", "may break", "the cookie `{name}` is read now"),
    ("request-cookie-added-required", "breaks", "the cookie `{name}` is required now"),
    ("request-cookie-removed", "harmless", "the cookie `{name}` is no longer read"),
    (
        "request-cookie-required",
        "breaks",
        "the cookie `{name}` could be absent and is required now",
    ),
    ("request-cookie-optional", "harmless", "the cookie `{name}` may be absent now"),
    ("response-status-added", "breaks", "{new} is answered now"),
    ("response-error-added", "may break", "{new} is declared now"),
    ("response-status-removed", "harmless", "{old} is no longer answered"),
    ("response-body-added", "harmless", "there was no body, now there is {new}"),
    ("response-header-added", "harmless", "the header `{name}` is declared now"),
    ("response-header-removed", "breaks", "the header `{name}` is no longer declared"),
    ("response-header-required", "harmless", "the header `{name}` is always there now"),
    ("response-header-optional", "breaks", "the header `{name}` was always there and need not be"),
    ("response-body-removed", "breaks", "there was a body, {old}, now there is none"),
)

_TYPES: tuple[tuple[str, Harm, Harm, str], ...] = (
    ("field-added", "harmless", "breaks", "the field `{name}` is new"),
    ("field-added-required", "breaks", "breaks", "the field `{name}` is new and required"),
    ("field-removed", "breaks", "harmless", "the field `{name}` is gone"),
    ("field-removed-required", "breaks", "breaks", "the field `{name}`, which was required, is gone"),  # noqa: E501
    ("field-required", "breaks", "harmless", "the field `{name}` could be absent and is required now"),  # noqa: E501
    ("field-optional", "harmless", "breaks", "the field `{name}` was required and may be absent now"),  # noqa: E501
    ("default-added", "harmless", "harmless", "`{name}` is {new} now where it is absent"),
    ("default-removed", "harmless", "harmless", "`{name}` was {old} where it is absent and stays absent now"),  # noqa: E501
    ("default-changed", "harmless", "harmless", "`{name}` was {old} where it is absent and is {new} now"),  # noqa: E501
    ("object-closed", "breaks", "harmless", "other fields could be there and no longer can"),
    ("object-opened", "harmless", "breaks", "other fields may be there now"),
    ("type-changed", "breaks", "breaks", "the type was {old} and is {new}"),
    ("type-narrowed", "breaks", "harmless", "it could be anything and is {new} now"),
    ("type-widened", "harmless", "breaks", "it was {old} and may be anything now"),
    ("integer-to-number", "harmless", "breaks", "it was a whole number and may be any number now"),
    ("number-to-integer", "breaks", "harmless", "it could be any number and must be whole now"),
    ("nullable-added", "harmless", "breaks", "it may be `null` now"),
    ("nullable-removed", "breaks", "harmless", "it could be `null` and no longer can"),
    ("constant-changed", "breaks", "breaks", "it was always {old} and is always {new} now"),
    ("enum-narrowed", "breaks", "harmless", "{old} can no longer stand here"),
    ("enum-widened", "harmless", "breaks", "{new} can stand here too"),
    ("enum-opened", "harmless", "breaks", "it was one of {old} and is {new} now"),
    ("enum-closed", "breaks", "harmless", "it was {old} and is one of {new} now"),
    ("minimum-raised", "breaks", "harmless", "the least number was {old} and is {new}"),
    ("minimum-lowered", "harmless", "breaks", "the least number was {old} and is {new}"),
    ("maximum-raised", "harmless", "breaks", "the greatest number was {old} and is {new}"),
    ("maximum-lowered", "breaks", "harmless", "the greatest number was {old} and is {new}"),
    ("multiple-added", "breaks", "harmless", "it must be a multiple of {new} now"),
    ("multiple-removed", "harmless", "breaks", "it need not be a multiple of {old} any more"),
    ("multiple-changed", "breaks", "breaks", "it was a multiple of {old} and is one of {new} now"),
    ("length-minimum-raised", "breaks", "harmless", "the least length was {old} and is {new}"),
    ("length-minimum-lowered", "harmless", "breaks", "the least length was {old} and is {new}"),
    ("length-maximum-raised", "harmless", "breaks", "the greatest length was {old} and is {new}"),
    ("length-maximum-lowered", "breaks", "harmless", "the greatest length was {old} and is {new}"),
    ("pattern-added", "breaks", "harmless", "the text must be of the pattern {new} now"),
    ("pattern-removed", "harmless", "breaks", "the text need not be of the pattern {old} any more"),
    ("pattern-changed", "breaks", "breaks", "the pattern was {old} and is {new}"),
    ("format-added", "breaks", "harmless", "any text would do ({old}), now it must be {new}"),
    ("format-removed", "harmless", "breaks", "the text was {old} and is {new} now"),
    ("format-changed", "breaks", "breaks", "the text was {old} and is {new} now"),
    ("items-minimum-raised", "breaks", "harmless", "the least number of items was {old} and is {new}"),  # noqa: E501
    ("items-minimum-lowered", "harmless", "breaks", "the least number of items was {old} and is {new}"),  # noqa: E501
    ("items-maximum-raised", "harmless", "breaks", "the greatest number of items was {old} and is {new}"),  # noqa: E501
    ("items-maximum-lowered", "breaks", "harmless", "the greatest number of items was {old} and is {new}"),  # noqa: E501
    ("unique-added", "breaks", "harmless", "items could repeat and must differ now"),
    ("unique-removed", "harmless", "breaks", "items had to differ and may repeat now"),
    ("tuple-length-changed", "breaks", "breaks", "there were {old} items and are {new}"),
    ("tuple-to-array", "harmless", "breaks", "the array was {old} and is {new} now"),
    ("array-to-tuple", "breaks", "harmless", "the array was {old} and is {new} now"),
    ("branch-added", "harmless", "breaks", "it may be {new} too"),
    ("branch-removed", "breaks", "harmless", "it can no longer be {old}"),
    ("discriminator-added", "breaks", "may break", "the field `{new}` tells what it is now"),
    ("discriminator-removed", "may break", "breaks", "`{old}` no longer tells what it is"),
    ("discriminator-changed", "breaks", "breaks", "the field `{old}` told what it is, now `{new}` does"),  # noqa: E501
)  # fmt: skip


def _all() -> tuple[Rule, ...]:
    rules = [Rule(name, "operation", harm, text) for name, harm, text in _OPERATIONS]
    for name, harm, text in _MESSAGES:
        rules.append(
            Rule(name, "request" if name.startswith("request") else "response", harm, text)
        )
    for name, asked, answered, text in _TYPES:
        rules.append(Rule(f"request-{name}", "request", asked, text))
        if not name.startswith("default-"):  # answers never gain defaults
            rules.append(Rule(f"response-{name}", "response", answered, text))
    return tuple(rules)


RULES: Mapping[str, Rule] = {rule.id: rule for rule in _all()}
"""Every rule by its id."""
