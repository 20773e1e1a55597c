"""pytest plugin: what each test did, read from the exception itself.

Loaded with ``-p oneshot_report`` into the project's own pytest, so it keeps to
what every pytest since 7 has. JSON lines go to the file that ONESHOT_REPORT
names; a line is one write, so xdist's workers can share it. The exception is
read from ``call.excinfo``, not from the report, which a conftest may rewrite.

Two canaries run behind the project's own tests, one that must fail and one
that must pass: what makes them come out otherwise is in the run, not in the
code. The failing one is called passed afterwards, so it shows in no exit status.
"""

from __future__ import annotations  # the project's python may be older than ours

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


_PATH = os.environ.get("ONESHOT_REPORT")
_TOP = os.path.realpath(os.environ.get("ONESHOT_TOP") or os.getcwd())
_ELSEWHERE = os.environ.get("ONESHOT_WORK_TREE")


def _write(record: dict[str, Any]) -> None:
    if _PATH:
        # A lone surrogate, as in a name that is not UTF-8, is no JSON: it becomes a '?'.
        data = (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        fd = os.open(_PATH, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)


def _inside(path: str) -> str | None:
    path = os.path.realpath(path)
    return os.path.relpath(path, _TOP) if path.startswith(_TOP + os.sep) else None


def _told(excinfo: Any) -> dict[str, Any]:
    value = excinfo.value
    if type(value).__name__ == "CollectError" and value.__cause__ is not None:
        value = value.__cause__  # pytest wraps what went wrong at import
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
        missing = _inside(os.path.abspath(missing)) or missing
    frames = []
    traceback = value.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        frame = None if name.startswith("<") else _inside(name)
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


def _names(node: Any) -> dict[str, str]:
    """A test's file below the top, and its id: pytest's own begins wherever its rootdir is."""
    path = getattr(node, "path", None) or getattr(node, "fspath", None)
    file, separator, rest = str(node.nodeid).partition("::")
    file = (path and _inside(str(path))) or file
    return {"id": file + separator + rest, "file": file}


class Canary(pytest.Function):
    """A test of ours. Plugins treat it as one of the project's."""


def _fails() -> None:
    raise AssertionError("a canary that sings")


def _passes() -> None:
    pass


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: Any) -> None:
    if not session.items or session.config.option.collectonly:
        return
    # With the last test, whose module is set up then; xdist counts on one order.
    parent = session.items[-1].getparent(pytest.Module) or session
    for test in (_fails, _passes):
        name = f"oneshot_canary{test.__name__}"
        session.items.append(Canary.from_parent(parent, name=name, callobj=test))
        _write({"canary": test.__name__[1:], "when": "collect"})


def _told_by_canary(item: Canary, call: Any, report: Any) -> None:
    _write({"canary": item.name[15:], "when": report.when, "outcome": report.outcome,
            "raised": call.excinfo is not None})  # fmt: skip
    call.excinfo = None
    report.outcome = "passed"
    report.longrepr = None


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if isinstance(item, Canary):
        _told_by_canary(item, call, report)
        return
    record = {
        **_names(item),
        "when": call.when,
        "outcome": report.outcome,
        "xfail": hasattr(report, "wasxfail"),
    }
    if call.excinfo is not None:
        record.update(_told(call.excinfo))
        # pytest.skip and pytest.xfail are exceptions, too, and no failures.
        record["raised"] = not call.excinfo.errisinstance(
            (pytest.skip.Exception, pytest.xfail.Exception)
        )
    _write(record)


def pytest_exception_interact(node: Any, call: Any, report: Any) -> None:
    if report.when == "collect" and call.excinfo is not None:
        _write(
            {
                **_names(node),
                "when": "collect",
                "outcome": "failed",
                **_told(call.excinfo),
            }
        )


def _foreign() -> list[str]:
    """Code of the user's working tree that was loaded instead of this tree's."""
    if not _ELSEWHERE:
        return []
    top = os.path.realpath(_ELSEWHERE) + os.sep
    own = os.path.realpath(__file__)
    found = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str):
            continue
        path = os.path.realpath(path)
        inside = path[len(top) :] if path.startswith(top) else ""
        # An environment inside the working tree is where packages live, not the change.
        installed = path == own or "site-packages" in inside
        if inside and not path.startswith(_TOP + os.sep) and not installed:
            found.append(inside)
    return found[:20]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: Any, exitstatus: int) -> None:
    worker = hasattr(session.config, "workerinput")  # of xdist: it loads the code, too
    _write({"end": None if worker else int(exitstatus), "foreign": _foreign()})
