"""What Python itself says of an operation that an object lacks the method for."""

import asyncio
import os
from collections.abc import Callable
from typing import Any, Final

import pytest

from git_oneshot.core.protocols import implied


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
    "message", ["", "f() missing 1 required positional argument: 'x'", "'x' is bad"]
)
def test_other_messages_imply_nothing(message: str) -> None:
    assert implied(message) == frozenset()
