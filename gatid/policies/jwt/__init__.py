"""Bearer tokens that are JWTs: keys, signatures, claims (RFC 7519, RFC 8725, RFC 9068)."""

from gatid.policies.jwt.keys import BadTokenKeysError
from gatid.policies.jwt.tokens import Tokens

__all__ = ["BadTokenKeysError", "Tokens"]
