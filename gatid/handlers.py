"""The types that handlers and hooks are annotated with; nobody has to.

`Request[Body, Query, Params, Headers, Cookies]` says what is read of the request; what is left
out is anything. `gatid check` holds these annotations against the route.
"""

from gatid.errors import HTTPError
from gatid.ingress.request import Request
from gatid.ingress.response import Response
from gatid.lifecycle.local_context import LocalContext
from gatid.services.global_context import GlobalContext

__all__ = ["GlobalContext", "HTTPError", "LocalContext", "Request", "Response"]
