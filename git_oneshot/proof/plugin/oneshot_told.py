"""What an exception says, for the plugins of Python's runners. JSON lines go to the file that
ONESHOT_REPORT names; a line is one write, so xdist's workers can share it."""

from __future__ import annotations  # the project's python may be older than ours

import json
import os
import sys
from typing import Any

_PATH = os.environ.get("ONESHOT_REPORT")
_TOP = os.path.realpath(os.environ.get("ONESHOT_TOP") or os.getcwd())
_ELSEWHERE = os.environ.get("ONESHOT_WORK_TREE")


def write(record: dict[str, Any]) -> None:
    """Add a line to the report."""
    if _PATH:
        # A lone surrogate, as in a name that is not UTF-8, is no JSON: it becomes a '?'.
        data = (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        fd = os.open(_PATH, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)


def plain(value: Any) -> Any:
    """The same with a '?' for each lone surrogate, which xdist's workers cannot send."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items()}
    return type(value)(map(plain, value)) if type(value) in (list, tuple) else value


def inside(path: str) -> str | None:
    """A file below the top; None for any other."""
    path = os.path.realpath(path)
    return os.path.relpath(path, _TOP) if path.startswith(_TOP + os.sep) else None


def told(value: Any) -> dict[str, Any]:
    """What an exception says: its class, its message, what it missed, where it came through."""
    if type(value).__name__ == "CollectError" and value.__cause__ is not None:
        value = value.__cause__  # pytest wraps what went wrong at import
    example = _example(value)
    if example:
        # Whatever it does instead, an example that fails does not show what it says.
        return {"exception": "DocTestFailure", "bases": ["DocTestFailure", "AssertionError"],
                "message": example, "missing": "", "frames": []}  # fmt: skip
    missing = value.filename if isinstance(value, OSError) else getattr(value, "name", None)
    if missing is None and isinstance(value, KeyError) and value.args:
        missing = value.args[0]
    message = str(value)[:500]
    if isinstance(value, ImportError) and "cannot import name" in message:
        missing = message.split("'")[1]
    if isinstance(value, TypeError) and "argument" in message:
        quoted = message.split("'")
        missing = quoted[1] if len(quoted) > 2 else message.split("(")[0].split(".")[-1]
    if isinstance(value, OSError) and isinstance(missing, str):
        missing = inside(os.path.abspath(missing)) or missing
    frames = []
    traceback = value.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        frame = None if name.startswith("<") else inside(name)
        if frame:
            frames.append(frame)
        traceback = traceback.tb_next
    return {
        "exception": type(value).__name__,
        "bases": [cls.__name__ for cls in type(value).__mro__],
        "message": message,
        "missing": missing if isinstance(missing, str) else "",
        "frames": frames[-50:],
    }


def _example(value: Any) -> str:
    """The first example of a docstring that failed, as pytest says it; "" for all else."""
    first = (getattr(value, "failures", None) or [value])[0]
    if type(first).__name__ not in ("DocTestFailure", "UnexpectedException"):
        return ""
    exc_info = getattr(first, "exc_info", None)
    got = repr(exc_info[1]) if exc_info else first.got
    return f">>> {first.example.source.strip()}: {got.strip()}"[:500]


def foreign() -> list[str]:
    """Code of the user's working tree that was loaded instead of this tree's."""
    if not _ELSEWHERE:
        return []
    top = os.path.realpath(_ELSEWHERE) + os.sep
    own = os.path.dirname(os.path.realpath(__file__))
    found = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str):
            continue
        path = os.path.realpath(path)
        inside = path[len(top) :] if path.startswith(top) else ""
        # An environment inside the working tree is where packages live, not the change.
        installed = os.path.dirname(path) == own or "site-packages" in inside
        if inside and not path.startswith(_TOP + os.sep) and not installed:
            found.append(inside)
    return found[:20]
