"""Changes that people make to the schemas of events and bodies, with what is known of each.

`BOTH`: old and new take the same values. `WIDER`: what the old schema takes the new one takes,
not the reverse. `NARROWER`: the reverse alone. `APART`: each takes what the other does not.
"""

from __future__ import annotations

from typing import Any

BOTH, WIDER, NARROWER, APART = (True, True), (True, False), (False, True), (False, False)

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
ADDRESS = {
    "type": "object",
    "properties": {"street": STRING, "city": STRING, "zip": {"type": "string"}},
    "required": ["street", "city"],
    "additionalProperties": False,
}


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return open_(required, **properties) | {"additionalProperties": False}


def open_(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these properties among any others."""
    made: dict[str, Any] = {"type": "object", "properties": properties}
    return made | {"required": required.split()} if required else made


def text(**constraints: Any) -> dict[str, Any]:
    """A string with constraints."""
    return {"type": "string"} | constraints


def whole(**constraints: Any) -> dict[str, Any]:
    """An integer with constraints."""
    return {"type": "integer"} | constraints


def items(of: Any, **constraints: Any) -> dict[str, Any]:
    """An array with constraints."""
    return {"type": "array", "items": of} | constraints


def one_of(*branches: Any) -> dict[str, Any]:
    """Exactly one of the branches."""
    return {"oneOf": list(branches)}


def any_of(*branches: Any) -> dict[str, Any]:
    """At least one of the branches."""
    return {"anyOf": list(branches)}


def nullable(of: Any) -> dict[str, Any]:
    """The type, or `null`."""
    return any_of(of, {"type": "null"})


def paid(kind: str, **properties: Any) -> dict[str, Any]:
    """A branch that its `kind` tells."""
    return closed(" ".join(["kind", *properties]), kind={"const": kind}, **properties)


def tree(of: Any, **more: Any) -> dict[str, Any]:
    """A node with a value and children."""
    node = closed("value", value=of, children=items({"$ref": "#/$defs/node"}, **more))
    return {"$ref": "#/$defs/node", "$defs": {"node": node}}


CARD, BILL = paid("card", last4=text(pattern="^[0-9]{4}$")), paid("bill", due=text(format="date"))
CASH = paid("cash")
ENVELOPE = open_("id type data", id=text(format="uuid"), type={"const": "made"}, data=open_())

EVOLUTIONS: dict[str, tuple[Any, Any, tuple[bool, bool]]] = {
    # fields
    "an optional field is added to a closed object": (
        closed("id", id=STRING),
        closed("id", id=STRING, note=STRING),
        WIDER,
    ),
    "an optional field is added to an open object": (
        open_("id", id=STRING),
        open_("id", id=STRING, note=STRING),
        NARROWER,
    ),
    "an optional field of any type is added to an open object": (
        open_("id", id=STRING),
        open_("id", id=STRING, note={}),
        BOTH,
    ),
    "a required field is added to a closed object": (
        closed("id", id=STRING),
        closed("id at", id=STRING, at=STRING),
        APART,
    ),
    "a required field is added to an open object": (
        open_("id", id=STRING),
        open_("id at", id=STRING, at=STRING),
        NARROWER,
    ),
    "an optional field of a closed object goes": (
        closed("id", id=STRING, note=STRING),
        closed("id", id=STRING),
        NARROWER,
    ),
    "an optional field of an open object goes": (
        open_("id", id=STRING, note=STRING),
        open_("id", id=STRING),
        WIDER,
    ),
    "a required field of a closed object goes": (
        closed("id at", id=STRING, at=STRING),
        closed("id", id=STRING),
        APART,
    ),
    "a field becomes required": (
        closed("id", id=STRING, at=STRING),
        closed("id at", id=STRING, at=STRING),
        NARROWER,
    ),
    "a field becomes optional": (
        open_("id at", id=STRING, at=STRING),
        open_("id", id=STRING, at=STRING),
        WIDER,
    ),
    "a field is renamed": (closed("name", name=STRING), closed("title", title=STRING), APART),
    "a field gets a default": (closed(count=INTEGER), closed(count=INTEGER | {"default": 1}), BOTH),
    "titles and descriptions change": (
        open_(a=STRING) | {"title": "A"},
        open_(a=STRING | {"description": "b"}),
        BOTH,
    ),
    "a field is forbidden": (open_("id", id=STRING), open_("id", id=STRING, old=False), NARROWER),
    "one field asks for another": (
        open_(card=STRING, address=STRING),
        open_(card=STRING, address=STRING) | {"dependentRequired": {"card": ["address"]}},
        NARROWER,
    ),
    "one of two fields is asked for": (
        closed(mail=STRING, phone=STRING),
        closed(mail=STRING, phone=STRING) | any_of({"required": ["mail"]}, {"required": ["phone"]}),
        NARROWER,
    ),
    "exactly one of two fields is asked for": (
        closed(mail=STRING, phone=STRING) | any_of({"required": ["mail"]}, {"required": ["phone"]}),
        closed(mail=STRING, phone=STRING) | one_of({"required": ["mail"]}, {"required": ["phone"]}),
        NARROWER,
    ),
    "two fields swap what they are": (
        closed("a b", a=STRING, b=INTEGER),
        closed("a b", a=INTEGER, b=STRING),
        APART,
    ),
    # open and closed
    "an object is opened": (closed("a", a=STRING), open_("a", a=STRING), WIDER),
    "an object is closed": (open_("a", a=STRING), closed("a", a=STRING), NARROWER),
    "other fields become strings": (
        open_(a=STRING),
        open_(a=STRING) | {"additionalProperties": STRING},
        NARROWER,
    ),
    "other fields become nullable": (
        open_(a=STRING) | {"additionalProperties": STRING},
        open_(a=STRING) | {"additionalProperties": {"type": ["string", "null"]}},
        WIDER,
    ),
    "a map gets a declared key": (
        {"type": "object", "additionalProperties": STRING},
        open_(lang=text(minLength=2)) | {"additionalProperties": STRING},
        NARROWER,
    ),
    "the keys of a map are told by a pattern": (
        {"type": "object", "additionalProperties": INTEGER},
        {
            "type": "object",
            "patternProperties": {"^[a-z]+$": INTEGER},
            "additionalProperties": False,
        },
        NARROWER,
    ),
    "the pattern of keys is widened": (
        {
            "type": "object",
            "patternProperties": {"^[a-z]+$": INTEGER},
            "additionalProperties": False,
        },
        {
            "type": "object",
            "patternProperties": {"^[a-z0-9]+$": INTEGER},
            "additionalProperties": False,
        },
        WIDER,
    ),
    "extensions are allowed by a prefix": (
        closed(a=STRING),
        closed(a=STRING) | {"patternProperties": {"^x-": {}}},
        WIDER,
    ),
    "names of keys become short": (
        {"type": "object"},
        {"type": "object", "propertyNames": {"maxLength": 20}},
        NARROWER,
    ),
    "a map may be empty no longer": (
        {"type": "object", "additionalProperties": STRING},
        {"type": "object", "additionalProperties": STRING, "minProperties": 1},
        NARROWER,
    ),
    "a closed object is bounded by what it can hold": (
        closed(a=STRING, b=STRING),
        closed(a=STRING, b=STRING) | {"maxProperties": 2},
        BOTH,
    ),
    "a composed object is closed by what is evaluated": (
        {"allOf": [open_("a", a=STRING), open_("b", b=STRING)]},
        {"allOf": [open_("a", a=STRING), open_("b", b=STRING)], "unevaluatedProperties": False},
        NARROWER,
    ),
    "a composed object is written out": (
        {"allOf": [open_("a", a=STRING), open_("b", b=STRING)]},
        open_("a b", a=STRING, b=STRING),
        BOTH,
    ),
    # kinds and enums
    "an integer becomes a number": (
        closed("n", n=INTEGER),
        closed("n", n={"type": "number"}),
        WIDER,
    ),
    "a number becomes a string": (closed("n", n={"type": "number"}), closed("n", n=STRING), APART),
    "a field becomes nullable": (closed("a", a=STRING), closed("a", a=nullable(STRING)), WIDER),
    "nullable is written as a type": (
        closed(a=nullable(STRING)),
        closed(a={"type": ["string", "null"]}),
        BOTH,
    ),
    "null is no longer taken": (closed(a={"type": ["string", "null"]}), closed(a=STRING), NARROWER),
    "a field may be anything": (open_("a", a=STRING), open_("a", a={}), WIDER),
    "a value joins an enum": (
        closed(s={"enum": ["new", "paid"]}),
        closed(s={"enum": ["new", "paid", "sent"]}),
        WIDER,
    ),
    "a value leaves an enum": (
        closed(s={"enum": ["new", "paid", "sent"]}),
        closed(s={"enum": ["paid", "new"]}),
        NARROWER,
    ),
    "a value of an enum is renamed": (
        closed(s={"enum": ["new", "paid"]}),
        closed(s={"enum": ["open", "paid"]}),
        APART,
    ),
    "an enum becomes any string": (closed(s={"enum": ["a", "b"]}), closed(s=STRING), WIDER),
    "an enum is nullable": (
        closed(s={"enum": ["a", "b"]}),
        closed(s={"enum": ["a", "b", None]}),
        WIDER,
    ),
    "a constant becomes an enum": (closed(v={"const": 1}), closed(v={"enum": [1, 2]}), WIDER),
    "one value is excluded": (
        closed(s=STRING),
        closed(s={"allOf": [STRING, {"not": {"const": ""}}]}),
        NARROWER,
    ),
    "what is excluded is said by a length": (
        closed(s={"allOf": [STRING, {"not": {"const": ""}}]}),
        closed(s=text(minLength=1)),
        BOTH,
    ),
    # numbers
    "a minimum is raised": (whole(minimum=0), whole(minimum=1), NARROWER),
    "a maximum is added": (whole(), whole(maximum=100), NARROWER),
    "a bound becomes exclusive": (
        {"type": "number", "minimum": 0},
        {"type": "number", "exclusiveMinimum": 0},
        NARROWER,
    ),
    "an exclusive bound of integers is written as an inclusive one": (
        whole(exclusiveMinimum=0),
        whole(minimum=1),
        BOTH,
    ),
    "cents become tenths of cents": (
        {"type": "number", "multipleOf": 0.01},
        {"type": "number", "multipleOf": 0.001},
        WIDER,
    ),
    "a range moves": (whole(minimum=0, maximum=10), whole(minimum=5, maximum=15), APART),
    "multiples of two become multiples of three": (whole(multipleOf=2), whole(multipleOf=3), APART),
    "an integer is a number without fraction": (INTEGER, {"type": "number", "multipleOf": 1}, BOTH),
    # strings
    "a length is relaxed": (text(maxLength=40), text(maxLength=80), WIDER),
    "a length is tightened on both sides": (
        text(maxLength=80),
        text(minLength=1, maxLength=40),
        NARROWER,
    ),
    "a pattern is added": (STRING, text(pattern="^[A-Z]{3}-[0-9]+$"), NARROWER),
    "a pattern takes lower case, too": (
        text(pattern="^[A-Z]{3}$"),
        text(pattern="^[A-Za-z]{3}$"),
        WIDER,
    ),
    "a pattern is written otherwise": (
        text(pattern=r"^\d{3}-\d{3}$"),
        text(pattern="^([0-9]{3}-){1}[0-9][0-9][0-9]$"),
        BOTH,
    ),
    "a pattern loses its anchor": (text(pattern="^abc"), text(pattern="abc"), WIDER),
    "a length becomes a pattern": (
        text(minLength=2, maxLength=2),
        text(pattern="^[A-Z]{2}$"),
        NARROWER,
    ),
    "a format is added": (text(), text(format="date-time"), NARROWER),
    "a date becomes a date and time": (text(format="date"), text(format="date-time"), APART),
    "a uuid is said by its pattern": (
        text(format="uuid"),
        text(pattern="^[0-9a-fA-F-]{36}$"),
        WIDER,
    ),
    "a list of country codes becomes two letters": (
        {"enum": ["DE", "FR"]},
        text(pattern="^[A-Z]{2}$"),
        WIDER,
    ),
    "an address of a server may be of version 6": (
        text(format="ipv4"),
        any_of(text(format="ipv4"), text(format="ipv6")),
        WIDER,
    ),
    # arrays
    "items are widened": (items(INTEGER), items({"type": "number"}), WIDER),
    "a list may not be empty": (items(STRING), items(STRING, minItems=1), NARROWER),
    "a list gets longer": (items(STRING, maxItems=10), items(STRING, maxItems=100), WIDER),
    "items must differ": (items(STRING), items(STRING, uniqueItems=True), NARROWER),
    "items of one kind must differ": (
        items({"const": "a"}, uniqueItems=True),
        items({"const": "a"}, maxItems=1),
        BOTH,
    ),
    "one value becomes one or many": (
        closed("to", to=STRING),
        closed("to", to=one_of(STRING, items(STRING))),
        WIDER,
    ),
    "a pair becomes a list": (
        {"type": "array", "prefixItems": [INTEGER, INTEGER], "items": False, "minItems": 2},
        items(INTEGER),
        WIDER,
    ),
    "a pair gets an optional third": (
        {"type": "array", "prefixItems": [INTEGER, INTEGER], "items": False, "minItems": 2},
        {"type": "array", "prefixItems": [INTEGER, INTEGER, STRING], "items": False, "minItems": 2},
        WIDER,
    ),
    "the rest of a pair is typed": (
        {"type": "array", "prefixItems": [STRING]},
        {"type": "array", "prefixItems": [STRING], "items": INTEGER},
        NARROWER,
    ),
    "a nested field of items is added": (
        closed(lines=items(closed("sku", sku=STRING))),
        closed(lines=items(closed("sku", sku=STRING, n=whole(minimum=1)))),
        WIDER,
    ),
    "nested lists are bounded": (
        items(items({"type": "number"})),
        items(items({"type": "number"}, minItems=2, maxItems=2)),
        NARROWER,
    ),
    # unions
    "a branch joins": (one_of(CARD, BILL), one_of(CARD, BILL, CASH), WIDER),
    "a branch goes": (one_of(CARD, BILL, CASH), one_of(CARD, BILL), NARROWER),
    "branches change places": (one_of(CARD, BILL), one_of(BILL, CARD), BOTH),
    "exactly one of told branches becomes any of them": (
        one_of(CARD, BILL),
        any_of(CARD, BILL),
        BOTH,
    ),
    "exactly one of overlapping branches becomes any of them": (
        one_of(open_("a", a=STRING), open_("b", b=STRING)),
        any_of(open_("a", a=STRING), open_("b", b=STRING)),
        WIDER,
    ),
    "a branch gets an optional field": (
        one_of(CASH, closed("kind", kind={"const": "card"})),
        one_of(CASH, closed("kind", kind={"const": "card"}, name=STRING)),
        WIDER,
    ),
    "a branch gets a required field": (
        one_of(CASH, closed("kind", kind={"const": "card"})),
        one_of(CASH, closed("kind name", kind={"const": "card"}, name=STRING)),
        APART,
    ),
    "one object becomes a union": (CARD, one_of(CARD, BILL), WIDER),
    "conditions say what a branch needs": (
        open_("kind", kind={"enum": ["a", "b"]}),
        open_("kind", kind={"enum": ["a", "b"]})
        | {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}},
        NARROWER,
    ),
    "conditions are written as branches": (
        open_("kind", kind={"enum": ["a", "b"]})
        | {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}},
        any_of(open_("kind x", kind={"const": "a"}), open_("kind", kind={"const": "b"})),
        BOTH,
    ),
    "strings or integers instead of either": (
        one_of(STRING, INTEGER),
        {"type": ["string", "integer"]},
        BOTH,
    ),
    # references
    "a type gets a name": (
        closed(to=ADDRESS),
        closed(to={"$ref": "#/$defs/a"}) | {"$defs": {"a": ADDRESS}},
        BOTH,
    ),
    "a named type changes in all its places": (
        closed(a={"$ref": "#/$defs/t"}, b={"$ref": "#/$defs/t"}) | {"$defs": {"t": text()}},
        closed(a={"$ref": "#/$defs/t"}, b={"$ref": "#/$defs/t"})
        | {"$defs": {"t": text(maxLength=9)}},
        NARROWER,
    ),
    "what stands beside a reference counts": (
        {"$ref": "#/$defs/t", "$defs": {"t": text()}},
        {"$ref": "#/$defs/t", "maxLength": 5, "$defs": {"t": text()}},
        NARROWER,
    ),
    "the values of a tree are widened": (tree(INTEGER), tree({"type": "number"}), WIDER),
    "a tree is bounded": (tree(STRING), tree(STRING, maxItems=2), NARROWER),
    "a tree is written out once": (
        tree(STRING),
        closed("value", value=STRING, children=items({"$ref": "#/$defs/node"}))
        | {"$defs": tree(STRING)["$defs"]},
        BOTH,
    ),
    # envelopes
    "an envelope gets a source": (
        ENVELOPE,
        ENVELOPE | {"properties": ENVELOPE["properties"] | {"source": STRING}},
        NARROWER,
    ),
    "the data of an envelope are typed": (
        ENVELOPE,
        {"allOf": [ENVELOPE, open_(data=open_("a", a=STRING))]},
        NARROWER,
    ),
    "the version of an envelope is read from an enum": (
        open_("v", v={"const": "1"}),
        open_("v", v={"enum": ["1", "2"]}),
        WIDER,
    ),
    "money becomes an object": (
        closed("total", total={"type": "number"}),
        closed("total", total=closed("amount currency", amount=STRING, currency=STRING)),
        APART,
    ),
    "money may be an object": (
        closed("total", total={"type": "number"}),
        closed("total", total=any_of({"type": "number"}, closed("amount", amount=STRING))),
        WIDER,
    ),
    "a schema comes to take nothing": (closed(a=STRING), False, NARROWER),
    "a schema comes to take anything": (closed(a=STRING), True, WIDER),
    # harder
    "a tag must be among the items": (
        items(STRING),
        items(STRING) | {"contains": {"const": "main"}},
        NARROWER,
    ),
    "reserved names are excluded": (
        text(pattern="^[a-z]+$"),
        {"allOf": [text(pattern="^[a-z]+$"), {"not": {"enum": ["root", "admin"]}}]},
        NARROWER,
    ),
    "texts with a space are excluded": (
        text(),
        {"allOf": [text(), {"not": {"pattern": " "}}]},
        NARROWER,
    ),
    "look-ahead excludes a word": (text(), text(pattern="^(?!admin$).*$"), NARROWER),
    "a field goes with the absence of another": (
        open_(),
        open_() | {"not": {"required": ["a", "b"]}},
        NARROWER,
    ),
    "a field asks for the type of another": (
        open_(kind=STRING),
        open_(kind=STRING) | {"dependentSchemas": {"vat": open_("country", country=STRING)}},
        NARROWER,
    ),
    "numbers but not multiples": (
        whole(),
        {"allOf": [whole(), {"not": {"multipleOf": 2}}]},
        NARROWER,
    ),
}
