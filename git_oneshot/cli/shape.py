"""The shape of every part of an answer: apart, so that a command loads only the parts it needs."""

from msgspec import Struct


class Data(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Fields that are all there, always; what does not apply is null."""
