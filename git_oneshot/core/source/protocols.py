"""Which method an object lacks, by what Python says of an operation that it does not support.

``x[0]`` on an object without ``__getitem__`` is a TypeError that names no
symbol. The words are those of CPython: of 3.11 to 3.13, and where it differs of 3.14.
"""

import re
from typing import Final

_SAID: Final[tuple[tuple[str, str], ...]] = (
    ("is not subscriptable", "getitem class_getitem"),
    ("does not support item assignment", "setitem"),
    ("doesn't support item deletion", "delitem"),
    ("is not callable", "call"),
    ("is not iterable", "iter getitem contains"),
    ("is not a container or iterable", "contains iter getitem"),
    ("non-iterable", "iter getitem"),
    ("must be an iterable", "iter getitem"),
    ("must be a mapping", "keys getitem"),
    ("is not an iterator", "next"),
    ("is not reversible", "reversed len"),
    ("has no len()", "len"),
    ("unhashable type", "hash"),
    ("asynchronous context manager", "aenter aexit"),
    ("context manager protocol", "enter exit"),
    ("in 'await' expression", "await"),
    ("object can't be awaited", "await"),
    ("__aiter__", "aiter"),
    ("__anext__", "anext"),
    ("os.PathLike", "fspath"),
    ("cannot be interpreted as an integer", "index"),
    ("must be integers or slices", "index"),
    ("int() argument must be", "int index trunc"),
    ("float() argument must be", "float index"),
    ("complex() first argument", "complex float index"),
    ("complex() second argument", "float index"),
    ("complex() argument must be", "complex float index"),
    ("complex() argument 'real'", "complex float index"),
    ("complex() argument 'imag'", "float index"),
    ("object to bytes", "bytes"),
    ("__round__", "round"),
    ("unsupported format string", "format"),
    ("for abs()", "abs"),
    ("divmod()", "divmod rdivmod"),
    ("for unary -", "neg"),
    ("for unary +", "pos"),
    ("for unary ~", "invert"),
)
_OPERATORS: Final = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod",
    "@": "matmul", "<<": "lshift", ">>": "rshift", "&": "and", "|": "or", "^": "xor",
    "**": "pow", "<": "lt gt", ">": "gt lt", "<=": "le ge", ">=": "ge le",
}  # fmt: skip
_OPERATOR: Final = re.compile(
    r"^'([<>]=?)' not supported between|^unsupported operand type\(s\) for (\S+?)(=?)(?: or|:)"
)


def implied(message: str) -> frozenset[str]:
    """The methods that would have made the operation work; none for any other message."""
    names = next((names for said, names in _SAID if said in message), "")
    found = _OPERATOR.match(message)
    name = _OPERATORS.get(found[1] or found[2]) if found else None
    if found and name:
        names = f"{name} r{name} i{name}" if found[2] else name
    return frozenset(f"__{name}__" for name in names.split())
