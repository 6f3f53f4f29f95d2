"""A signed end of a robot's audit chain, as it is kept and told. Pure."""

import msgspec


class AuditHead(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the chain at some moment, signed; ``key`` is the public one, 32 bytes."""

    seq: int
    at_ms: int
    hash: bytes
    key: bytes
    signature: bytes
