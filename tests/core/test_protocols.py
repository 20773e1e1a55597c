"""What Python itself says of an operation that an object lacks the method for."""

import asyncio
import os
from collections.abc import Callable
from typing import Any, Final

import pytest

from git_oneshot.core.source.protocols import implied


class Bare:
    """An object that can do nothing."""


a: Any = Bare()


def _enters() -> None:
    with a:
        pass


def _assigns() -> None:
    a[0] = 1


def _deletes() -> None:
    del a[0]


async def _waits() -> None:
    await a


async def _enters_async() -> None:
    async with a:
        pass


async def _walks_async() -> None:
    async for _ in a:
        pass


LACKING: Final[dict[str, Callable[[], object]]] = {
    "__getitem__": lambda: a[0],
    "__class_getitem__": lambda: type(a)[int],
    "__setitem__": _assigns,
    "__delitem__": _deletes,
    "__call__": lambda: a(),
    "__iter__": lambda: list(a),
    "__contains__": lambda: 1 in a,
    "__next__": lambda: next(a),
    "__reversed__": lambda: reversed(a),
    "__len__": lambda: len(a),
    "__hash__": lambda: hash([]),
    "__enter__": _enters,
    "__await__": lambda: asyncio.run(_waits()),
    "__aenter__": lambda: asyncio.run(_enters_async()),
    "__aiter__": lambda: asyncio.run(_walks_async()),
    "__fspath__": lambda: os.fspath(a),
    "__index__": lambda: [1][a],
    "__int__": lambda: int(a),
    "__float__": lambda: float(a),
    "__complex__": lambda: complex(a),
    "__bytes__": lambda: bytes(a),
    "__round__": lambda: round(a),
    "__format__": lambda: format(a, "x"),
    "__abs__": lambda: abs(a),
    "__divmod__": lambda: divmod(a, a),
    "__neg__": lambda: -a,
    "__invert__": lambda: ~a,
    "__add__": lambda: a + 1,
    "__radd__": lambda: 1 + a,
    "__iadd__": lambda: exec("a += 1", {"a": a}),
    "__floordiv__": lambda: a // 2,
    "__pow__": lambda: a**2,
    "__matmul__": lambda: a @ a,
    "__lt__": lambda: a < a,
    "__ge__": lambda: a >= a,
}


@pytest.mark.parametrize("name", LACKING)
def test_the_method_that_is_lacking_is_among_those_implied(name: str) -> None:
    with pytest.raises(TypeError) as caught:
        LACKING[name]()
    assert name in implied(str(caught.value)), caught.value


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("contains", "argument of type 'Bare' is not iterable"),
        ("contains", "argument of type 'Bare' is not a container or iterable"),
        ("await", "object Bare can't be used in 'await' expression"),
        ("await", "'Bare' object can't be awaited"),
        ("hash", "unhashable type: 'Bare'"),
        ("hash", "cannot use 'Bare' as a set element (unhashable type: 'Bare')"),
        ("enter", "'Bare' object does not support the context manager protocol"),
        ("enter", "'Bare' object does not support the context manager protocol "
         "(missed __exit__ method)"),
        ("complex", "complex() first argument must be a string or a number, not 'Bare'"),
        ("complex", "complex() argument must be a string or a number, not lib.Bare"),
        ("complex", "complex() argument 'real' must be a real number, not Bare"),
        ("float", "complex() second argument must be a number, not 'Bare'"),
        ("float", "complex() argument 'imag' must be a real number, not Bare"),
    ],
)  # fmt: skip
def test_each_version_of_python_has_its_own_words(name: str, message: str) -> None:
    """Up to 3.13, and of 3.14: what is judged is judged alike, whichever Python runs the tests."""
    assert f"__{name}__" in implied(message)


@pytest.mark.parametrize(
    "message", ["", "f() missing 1 required positional argument: 'x'", "'x' is bad"]
)
def test_other_messages_imply_nothing(message: str) -> None:
    assert implied(message) == frozenset()
