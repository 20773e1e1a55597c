"""Why a test failed without the change, and whether the change takes that away.

A test that is red on the hybrid tree counts when it failed for a reason that
the change takes away (``reason``):

=================  ========  ==================================================
reason             accepted  evidence
=================  ========  ==================================================
assertion          yes       the test's own check failed
production         yes       the exception came through production code
missing-symbol     yes       a name, module or file is missing that the change adds
test-error         no        the exception is the test's own
broken-test        no        the test file cannot be collected
setup              no        a fixture failed, in no changed production code
xpass              no        a strict xfail passed
exit-code          yes       a command failed: the suite's own, or one the test ran
=================  ========  ==================================================
"""

from typing import Final

from git_oneshot.core.rules.languages import is_test, stem
from git_oneshot.core.source.protocols import implied
from git_oneshot.core.verdicts.runs import FAILING, Facts, Result


def reason(result: Result, facts: Facts) -> tuple[bool, str]:
    """Whether a failure is the change's to turn, and the name of the reason."""
    if result.outcome not in FAILING:
        return False, result.outcome
    touched = any(frame in facts.production for frame in result.frames)
    if _missing(result, facts):
        return True, "missing-symbol"
    if result.when == "collect":
        return False, "broken-test"
    if result.when != "call":
        return touched, "production" if touched else "setup"
    if not result.exception:
        return False, "xpass"
    if result.exception in ("exit-code", "CalledProcessError"):
        return True, "exit-code"
    if "AssertionError" in result.bases or result.exception in ("Failed", "AssertionError"):
        return True, "assertion"
    # The test file itself is a frame, so production is any frame that is not it.
    if any(frame != result.file and not is_test(frame) for frame in result.frames):
        return True, "production"
    return False, "test-error"


_MISSING: Final = frozenset(
    ("ImportError", "AttributeError", "NameError", "TypeError", "KeyError",
     "FileNotFoundError", "NotADirectoryError")
)  # fmt: skip

# Of a module, and of what is installed: a package may ask for its own version.
_ABSENT: Final = ("ModuleNotFoundError", "PackageNotFoundError")


def _missing(result: Result, facts: Facts) -> bool:
    """Whether the test misses something that the change adds."""
    kinds = {result.exception, *result.bases}
    if not _MISSING & kinds:
        return False
    if facts.provisional and (result.exception != "TypeError" or "NameError" in result.bases):
        return True
    if "TypeError" in kinds and implied(result.message) & facts.names:
        return True
    wanted = result.missing
    if not wanted:
        return False
    if not kinds & {"FileNotFoundError", "NotADirectoryError"}:
        # A package is there when its files are: to name it, as in an import, brings none.
        package = result.exception in _ABSENT and "." not in wanted
        if not package and {wanted, wanted.rpartition(".")[2]} & facts.names:
            return True
        wanted = wanted.replace(".", "/")
    ends = (f"/{wanted}", f"/{wanted}/__init__", f"/{wanted}/index")
    names = {f"/{file}" for file in facts.files} | {f"/{stem(file)}" for file in facts.files}
    return any(name.endswith(ends) or f"/{wanted}/" in name for name in names)


def why(result: Result, facts: Facts) -> str:
    """The reason of a failure as a turn says it; "not ..." when it does not count."""
    if result.outcome not in FAILING:
        return ""
    accepted, name = reason(result, facts)
    return name if accepted else f"not {name}"


def uninstalled(result: Result, facts: Facts) -> bool:
    """Whether a whole package is missing that the change does not add.

    Of a submodule (a dotted name) the package is there: that is no trouble of the machine.
    """
    missing = result.exception in _ABSENT and "." not in result.missing
    missing = missing or "Uninstalled" in result.bases  # of other languages
    return missing and result.outcome in FAILING and not _missing(result, facts)
