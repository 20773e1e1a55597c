"""What ``data`` holds in the answers of commands: a module for those that belong together.

A command loads only what it answers with; all of it is in `table`.
"""

from msgspec import Struct


class Data(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Fields that are all there, always; what does not apply is null."""
