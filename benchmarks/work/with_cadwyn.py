"""The measured work in FastAPI, and the last of its fifty changes in Cadwyn."""

from datetime import date
from typing import Annotated, Literal

from cadwyn import (
    Cadwyn,
    HeadVersion,
    RequestInfo,
    ResponseInfo,
    Version,
    VersionBundle,
    VersionChange,
    VersionedAPIRouter,
    convert_request_to_next_version_for,
    convert_response_to_previous_version_for,
    schema,
)
from fastapi import FastAPI
from orders import receipt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Line(Strict):
    sku: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-\d{4}$")]
    quantity: Annotated[int, Field(ge=1, le=999)]
    gift: bool


class Customer(Strict):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    email: Annotated[str, StringConstraints(pattern=_EMAIL)]


class Order(Strict):
    customer: Customer
    lines: Annotated[list[Line], Field(min_length=1, max_length=50)]
    status: Literal["new", "paid"]
    note: Annotated[str, StringConstraints(max_length=500)] | None = None


class Receipt(Strict):
    id: str
    customer: str
    lines: int
    pieces: int
    status: Literal["new", "paid"]
    gift: bool


class AnotherName(VersionChange):
    description = "The customer and new orders have another name."
    instructions_to_migrate_to_previous_version = (
        schema(Order).field("customer").had(name="buyer050"),
        schema(Order).field("status").had(type=Literal["n50", "paid"]),
        schema(Receipt).field("customer").had(name="buyer050"),
        schema(Receipt).field("status").had(type=Literal["n50", "paid"]),
    )

    @convert_request_to_next_version_for(Order)
    def forward(request: RequestInfo):  # noqa: N805 - Cadwyn calls it with nothing else
        body = request.body
        body["customer"] = body.pop("buyer050")
        if body["status"] == "n50":
            body["status"] = "new"

    @convert_response_to_previous_version_for(Receipt)
    def backward(response: ResponseInfo):  # noqa: N805 - likewise
        body = response.body
        body["buyer050"] = body.pop("customer")
        if body["status"] == "new":
            body["status"] = "n50"


router = VersionedAPIRouter()


@router.post("/orders/{id}", response_model=Receipt)
async def place(id: str, order: Order):
    return receipt(id, order.model_dump())


plain = FastAPI()
"""The same route without versions."""
plain.post("/orders/{id}", response_model=Receipt)(place)

app = Cadwyn(
    versions=VersionBundle(
        HeadVersion(), Version(date(2025, 1, 1), AnotherName), Version(date(2024, 1, 1))
    )
)
app.generate_and_include_versioned_routers(router)
