"""unittest, with a report of what each test did.

``python oneshot_unittest.py [OPTION]... -- [FILE]...``, run by the project's own
python, so it keeps to what 3.8 has. Without files it discovers, by the options
of ``python -m unittest discover``.
"""

from __future__ import annotations  # the project's python may be older than ours

import inspect
import os
import sys
import unittest
from typing import Any

from oneshot_told import (  # type: ignore[import-not-found]
    foreign,
    inside,
    told,
    write,
)

_SETUPS = ("setUp", "setUpClass", "setUpModule", "asyncSetUp", "tearDown", "tearDownClass",
           "tearDownModule", "asyncTearDown", "doCleanups")  # fmt: skip


def _names(test: Any) -> dict[str, str]:
    """A test's file below the top, and its id, as pytest would spell it."""
    case = getattr(test, "test_case", test)
    try:
        file = inside(inspect.getfile(type(case))) or ""
    except (TypeError, OSError):
        file = ""
    method = getattr(case, "_testMethodName", str(case))
    below = f" {test._subDescription()}" if case is not test else ""
    start = f"{file}::" if file else ""
    return {"id": f"{start}{type(case).__name__}::{method}{below}", "file": file}


def _where(value: Any) -> str:
    """The phase that an exception came out of: the first frame of the project tells."""
    traceback = value.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if inside(code.co_filename):
            return "setup" if code.co_name in _SETUPS else "call"
        traceback = traceback.tb_next
    return "call"


class Result(unittest.TestResult):
    """A result that writes down what it is told."""

    def addSuccess(self, test: Any) -> None:  # noqa: N802 - unittest's names, here and below
        """A test passed."""
        write({**_names(test), "when": "call", "outcome": "passed"})

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        """A test raised something, or could not be loaded."""
        super().addError(test, err)
        value = getattr(test, "_exception", None)
        if type(test).__name__ == "_FailedTest":
            self._unloaded(test, value)
        elif not hasattr(test, "_testMethodName"):  # a class's or a module's set-up
            write({"id": str(test), "file": _file(err[1]), "when": "setup", "outcome": "failed",
                   "raised": True, **told(err[1])})  # fmt: skip
        else:
            self._failed(test, err[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        """A check of a test failed."""
        super().addFailure(test, err)
        self._failed(test, err[1])

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        """A part of a test ended."""
        super().addSubTest(test, subtest, err)
        if err is None:
            write({**_names(subtest), "when": "call", "outcome": "passed"})
        else:
            self._failed(subtest, err[1])

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        """A test was skipped."""
        write({**_names(test), "when": "call", "outcome": "skipped", "message": reason[:500]})

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: ARG002, N802
        """A test failed as it says."""
        write({**_names(test), "when": "call", "outcome": "skipped", "xfail": True})

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        """A test passed, and says that it fails: unittest calls that a failure."""
        super().addUnexpectedSuccess(test)
        write({**_names(test), "when": "call", "outcome": "failed"})

    def _failed(self, test: Any, value: Any) -> None:
        write({**_names(test), "when": _where(value), "outcome": "failed", "raised": True,
               **told(value)})  # fmt: skip

    def _unloaded(self, test: Any, value: Any) -> None:
        """A file that cannot be imported: the loader made a test of that."""
        name = test._testMethodName.replace(".", "/") + ".py"
        file = inside(os.path.abspath(name)) or name
        if isinstance(value, ImportError) and value.__cause__ is None:
            value = _imported(test._testMethodName) or value
        write({"id": file, "file": file, "when": "collect", "outcome": "failed", "raised": True,
               **told(value)})  # fmt: skip


def _imported(name: str) -> Any:
    """What an import raises: the loader keeps only its text."""
    try:
        __import__(name)
    except Exception as err:  # noqa: BLE001 - whatever a project's module raises
        return err
    return None


def _file(value: Any) -> str:
    frames = told(value)["frames"]
    return frames[0] if frames else ""


def _load(options: list[str], files: list[str]) -> unittest.TestSuite:
    loader = unittest.TestLoader()
    if files:
        return unittest.TestSuite(_named(loader, file) for file in files)
    found = {"-s": ".", "-p": "test*.py", "-t": None}
    names = {"--start-directory": "-s", "--pattern": "-p", "--top-level-directory": "-t"}
    words = [word for option in options for word in option.split("=", 1)]
    for option, value in zip(words, words[1:]):  # noqa: B905, RUF007 - an old python
        option = names.get(option, option)
        if option in found:
            found[option] = value
    return loader.discover(found["-s"] or ".", found["-p"] or "test*.py", found["-t"])


def _named(loader: unittest.TestLoader, file: str) -> unittest.TestSuite:
    """The tests of a file, or those of it that are asked for; what is not there is said."""
    made: Any = unittest.loader  # asked by name, it lets through what it makes a test of else
    name = _module(file.partition("::")[0])
    try:
        found = loader.loadTestsFromName(_module(file))
    except unittest.SkipTest as skip:
        found = made._make_skipped_test(name, skip, unittest.TestSuite)
    except Exception:  # noqa: BLE001 - whatever a project's module raises
        found, _ = made._make_failed_import_test(name, unittest.TestSuite)
    tests = found if isinstance(found, unittest.TestSuite) else ()
    if any(isinstance(getattr(test, "_exception", None), AttributeError) for test in tests):
        sys.stderr.write(f"not found: {os.path.abspath(file)}\n")  # as pytest says it
    return found


def _module(file: str) -> str:
    """The name that a file is imported by, with the tests of it that are asked for."""
    path, _, test = file.partition("::")
    name = os.path.normpath(path)[: -len(".py")].replace(os.sep, ".")
    return ".".join([name, *test.split(" ")[0].split("::")]) if test else name


def main(argv: list[str]) -> int:
    """Run the tests, and end as unittest does."""
    # Not before our own imports: what the tree calls unittest.py is no runner.
    sources = [path for path in os.environ.get("ONESHOT_SOURCES", "").split(os.pathsep) if path]
    sys.path[:1] = [os.getcwd(), *sources]
    split = argv.index("--")
    suite = _load(argv[:split], argv[split + 1 :])
    result = Result()
    unittest.signals.registerResult(result)
    suite(result)
    status = 0 if result.wasSuccessful() else 1
    write({"end": status, "foreign": foreign()})
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
