"""What the handlers of `shop` read and answer with.

Written by `gatid gen python`: change the .gati files, and write it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Protocol, TypeAlias, TypedDict

from gatid.handlers import GlobalContext, Request


class ArticleVoucher(TypedDict):
    kind: Literal["voucher"]
    sku: Sku
    value: int


Article: TypeAlias = "ArticleVoucher | Goods"


class Customer(TypedDict):
    email: str
    name: str
    phone: NotRequired[Phone]


class GoodsShelf(TypedDict):
    aisle: int
    place: int


class Goods(TypedDict):
    audience: Literal["adults", "all"]
    category: Literal["mugs", "pots", "tea"]
    images: list[str]
    kind: Literal["goods"]
    label: str
    """Maker and title, as they stand on the bill."""
    maker: str
    note: NotRequired[str]
    price: float
    """In euros."""
    rating: NotRequired[Rating]
    shelf: GoodsShelf
    size: str
    """Width and height in centimetres: `30x20`."""
    sku: Sku
    title: str
    weight: int
    """In grams."""


class NewOrder(TypedDict):
    customer: Customer
    lines: list[OrderLine]
    note: NotRequired[str | None]


class Order(TypedDict):
    amount: str
    currency: Literal["EUR", "USD"]
    customer: Customer
    id: str
    """Assigned by the server."""
    lines: list[OrderLine]
    note: NotRequired[str | None]
    placed_at: str
    status: Status


class OrderLine(TypedDict):
    gift: NotRequired[bool]
    """Wrapped, without a bill in the box."""
    quantity: int
    sku: Sku


class PageOrder(TypedDict):
    items: list[Order]
    next: NotRequired[str]


Phone: TypeAlias = "str"


class Rating(TypedDict):
    stars: int
    votes: int


Sku: TypeAlias = "str"
Status: TypeAlias = 'Literal["new", "paid", "shipped"]'
PingRequest: TypeAlias = "Request[None]"
"""GET /ping"""
PingAnswer: TypeAlias = "None"
CreateOrderRequest: TypeAlias = "Request[NewOrder]"
"""POST /orders"""
CreateOrderAnswer: TypeAlias = "Order"


class ListOrdersQuery(TypedDict):
    after: NotRequired[str]
    limit: int
    status: NotRequired[Status]


ListOrdersRequest: TypeAlias = "Request[None, ListOrdersQuery]"
"""GET /orders"""
ListOrdersAnswer: TypeAlias = "PageOrder"


class GetOrderParams(TypedDict):
    id: str


GetOrderRequest: TypeAlias = "Request[None, Mapping[str, Any], GetOrderParams]"
"""GET /orders/{id}"""
GetOrderAnswer: TypeAlias = "Order"


class PayOrderBody(TypedDict):
    reference: str


class PayOrderParams(TypedDict):
    id: str


PayOrderRequest: TypeAlias = "Request[PayOrderBody, Mapping[str, Any], PayOrderParams]"
"""POST /orders/{id}/payment"""
PayOrderAnswer: TypeAlias = "Order"
ListArticlesRequest: TypeAlias = "Request[None]"
"""GET /catalogue"""
ListArticlesAnswer: TypeAlias = "list[Article]"


class GetStockParams(TypedDict):
    sku: Sku


GetStockRequest: TypeAlias = "Request[None, Mapping[str, Any], GetStockParams]"
"""GET /catalogue/{sku}/stock"""


class GetStockAnswer(TypedDict):
    left: int


class PutArticleParams(TypedDict):
    sku: Sku


PutArticleRequest: TypeAlias = "Request[Article, Mapping[str, Any], PutArticleParams]"
"""PUT /catalogue/{sku}"""
PutArticleAnswer: TypeAlias = "Article"
ExportArticlesRequest: TypeAlias = "Request[None]"
"""GET /catalogue.txt"""
ExportArticlesAnswer: TypeAlias = "bytes"


class StoreModule(Protocol):
    async def articles(self) -> Any: ...
    async def get(self, order_id: str) -> Any: ...
    async def insert(self, order: dict[str, Any]) -> Any: ...
    async def page(self, status: str | None, limit: int, after: str | None) -> Any: ...

    async def pay(self, order_id: str, reference: str) -> Any:
        """The order, and whether this call was the one that paid it."""
        ...

    async def put_article(self, article: Any) -> Any: ...


class Modules(Protocol):
    store: StoreModule


Context: TypeAlias = "GlobalContext[Modules]"
