"""Which lines of some files a run executes.

ONESHOT_TRACE names the files, as a JSON list of paths below the top. It is
imported where it is named, before the project's own modules are.
"""

from __future__ import annotations  # the project's python may be older than ours

import json
import os
import sys
from typing import Any

_TOP = os.path.realpath(os.environ.get("ONESHOT_TOP") or os.getcwd())
_TRACED = {
    os.path.join(_TOP, path): path for path in json.loads(os.environ.get("ONESHOT_TRACE", "[]"))
}
_LINES: dict[str, set[int]] = {}
_REAL: dict[str, str] = {}
_TOOL = 4  # of those that Python leaves to anyone


def executed() -> dict[str, Any]:
    """What there is to report of it at the end."""
    return {
        "lines": {_TRACED[path]: sorted(done) for path, done in _LINES.items()},
        "untold": bool(_TRACED) and not _still_tracing(),
    }


def _lines_of(code: Any) -> set[int] | None:
    """Where the executed lines of a piece of code are kept, None when nobody asked."""
    name = code.co_filename
    real = _REAL.get(name)
    if real is None:
        real = _REAL[name] = os.path.realpath(name)
    return _LINES.setdefault(real, set()) if real in _TRACED else None


def _on_line(code: Any, line: int) -> Any:
    done = _lines_of(code)
    if done is not None:
        done.add(line)
    return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]


def _on_call(frame: Any, _event: str, _arg: Any) -> Any:
    """The trace function of a Python before 3.12."""
    done = _lines_of(frame.f_code)
    if done is None:
        return None

    def on_line(frame: Any, event: str, _arg: Any) -> Any:
        if event == "line":
            done.add(frame.f_lineno)
        return on_line

    return on_line


def _trace() -> None:
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        import threading

        sys.settrace(_on_call)
        threading.settrace(_on_call)
    elif monitoring.get_tool(_TOOL) is None:
        monitoring.use_tool_id(_TOOL, "git-oneshot")
        monitoring.register_callback(_TOOL, monitoring.events.LINE, _on_line)
        monitoring.set_events(_TOOL, monitoring.events.LINE)


def _still_tracing() -> bool:
    """Whether nothing, such as a coverage tool, took our place meanwhile."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return sys.gettrace() is _on_call
    return bool(monitoring.get_tool(_TOOL) == "git-oneshot")


if _TRACED:
    _trace()
