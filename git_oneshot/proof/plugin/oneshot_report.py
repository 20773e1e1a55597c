"""pytest plugin: what each test did, read from the exception itself.

Loaded with ``-p oneshot_report`` into the project's own pytest, so it keeps to
what every pytest since 7 has. The exception is read from ``call.excinfo``, not
from the report, which a conftest may rewrite.

Two canaries run behind the project's own tests, one that must fail and one
that must pass: what makes them come out otherwise is in the run, not in the
code. The failing one is called passed afterwards, so it shows in no exit status.
"""

from __future__ import annotations  # the project's python may be older than ours

from typing import TYPE_CHECKING, Any

import pytest
from oneshot_lines import executed  # type: ignore[import-not-found]
from oneshot_told import foreign, inside, plain, told, write  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Iterator


def _names(node: Any) -> dict[str, str]:
    """A test's file below the top, and its id: pytest's own begins wherever its rootdir is."""
    path = getattr(node, "path", None) or getattr(node, "fspath", None)
    file, separator, rest = str(node.nodeid).partition("::")
    file = (path and inside(str(path))) or file
    return {"id": file + separator + rest, "file": file}


@pytest.hookimpl(trylast=True)
def pytest_configure(config: Any) -> None:
    """A test that fails has failed: plugins that would run it again have nothing to do."""
    for option in ("reruns", "retries"):
        if hasattr(config.option, option):
            setattr(config.option, option, 0)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Take the marks off by which a test asks to be run again."""
    for node in {node for item in items for node in item.listchain()}:
        node.own_markers = [mark for mark in node.own_markers if mark.name != "flaky"]


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
        write({"canary": test.__name__[1:], "when": "collect"})


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> Any:
    """A canary is not counted where a person reads how many tests passed."""
    canary = report.nodeid.rpartition("::")[2].startswith("oneshot_canary_")
    return ("", "", "") if canary else None


def _told_by_canary(item: Canary, call: Any, report: Any) -> None:
    write({"canary": item.name[15:], "when": report.when, "outcome": report.outcome,
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
        record.update(told(call.excinfo.value))
        # pytest.skip and pytest.xfail are exceptions, too, and no failures.
        record["raised"] = not call.excinfo.errisinstance(
            (pytest.skip.Exception, pytest.xfail.Exception)
        )
    write(record)


@pytest.hookimpl(hookwrapper=True)
def pytest_report_to_serializable() -> Iterator[None]:
    """A report that xdist can't send would end its worker, and the tests behind it."""
    outcome: Any = yield
    outcome.force_result(plain(outcome.get_result()))


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: Any) -> None:
    """A warning is sent, too."""
    said = warning_message.message
    if isinstance(said, Warning):
        said.args = plain(said.args)


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: Any) -> Iterator[None]:
    """A conftest that can't be imported ends pytest before any test: that is a result, too.

    And no coverage is measured: of a part of the tests it is too little, which is no failure.
    """
    early_config.known_args_namespace.no_cov = True  # as --no-cov of pytest-cov does
    outcome: Any = yield
    error: Any = outcome.excinfo[1] if outcome.excinfo else None
    if type(error).__name__ != "ConftestImportFailure":
        return
    cause = getattr(error, "cause", None) or error.excinfo[1]  # as pytest 7 has it
    name = inside(str(error.path)) or str(error.path)
    record = {"id": name, "file": name, "when": "collect", "outcome": "failed"}
    write({**record, **told(cause)})
    write({"end": 4, "foreign": foreign(), **executed()})


def pytest_exception_interact(node: Any, call: Any, report: Any) -> None:
    if report.when == "collect" and call.excinfo is not None:
        write(
            {
                **_names(node),
                "when": "collect",
                "outcome": "failed",
                **told(call.excinfo.value),
            }
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: Any) -> Iterator[None]:
    """A file that is skipped as a whole holds no test to say so: it is said of the file."""
    outcome: Any = yield
    report = outcome.get_result()
    raised = getattr(getattr(report, "call", None), "excinfo", None)
    if raised and report.outcome == "skipped" and isinstance(collector, pytest.Module):
        said = told(raised.value)
        write({**_names(collector), "when": "collect", "outcome": "skipped", **said})


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: Any, exitstatus: int) -> None:
    worker = hasattr(session.config, "workerinput")  # of xdist: it loads the code, too
    end = None if worker else int(exitstatus)
    write({"end": end, "foreign": foreign(), **executed()})
