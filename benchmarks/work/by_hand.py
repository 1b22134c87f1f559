"""The same work by hand: one RSGI coroutine, pydantic-core and orjson, no more than that."""

import secrets
from itertools import count

import orjson
from orders import place
from pydantic_core import SchemaValidator, ValidationError, core_schema

_EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"


def _object(fields):
    return core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(schema) for name, schema in fields.items()},
        extra_behavior="forbid",
    )


def _string(**bounds):
    return core_schema.str_schema(strict=True, **bounds)


_order = _object(
    {
        "customer": _object(
            {"name": _string(min_length=1, max_length=120), "email": _string(pattern=_EMAIL)}
        ),
        "lines": core_schema.list_schema(
            _object(
                {
                    "sku": _string(pattern=r"^[A-Z]{3}-[0-9]{4}$"),
                    "quantity": core_schema.int_schema(strict=True, ge=1, le=999),
                    "gift": core_schema.bool_schema(strict=True),
                }
            ),
            min_length=1,
            max_length=50,
        ),
        "status": core_schema.literal_schema(["new", "paid"]),
    }
)
_order["fields"]["note"] = core_schema.typed_dict_field(
    core_schema.nullable_schema(_string(max_length=500)), required=False
)
_answer = SchemaValidator(
    _object(
        {
            "id": _string(),
            "customer": _string(),
            "lines": core_schema.int_schema(strict=True),
            "pieces": core_schema.int_schema(strict=True),
            "status": core_schema.literal_schema(["new", "paid"]),
            "gift": core_schema.bool_schema(strict=True),
        }
    )
)
_validate = SchemaValidator(_order).validate_json
_number = count(1)
_prefix = secrets.token_hex(8)


class _Request:
    __slots__ = ("body", "params")


async def app(scope, proto):
    path = scope.path
    request_id = f"{_prefix}{next(_number):016x}"
    headers = [("content-type", "application/json"), ("x-request-id", request_id)]
    if scope.method != "POST" or not path.startswith("/orders/"):
        proto.response_bytes(404, headers, b"{}")
        return
    request = _Request()
    request.params = {"id": path[8:]}
    try:
        request.body = _validate(await proto())
    except ValidationError as error:
        proto.response_bytes(400, headers, error.json().encode())
        return
    answer = await place(request, None, None, None)
    _answer.validate_python(answer)
    proto.response_bytes(200, headers, orjson.dumps(answer))
