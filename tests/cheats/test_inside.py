"""Code that dresses as a test inside of a production file: it stays production."""

import builtins
from typing import Final

import pytest

from git_oneshot.core.source.examples import with_examples
from git_oneshot.core.source.inside import split
from tests.proof.conftest import MakeLab
from tests.proof.lab import INI, said

GUARD: Final = "if (import.meta.vitest)"
SCRIPTS: Final = {
    "a condition that is always so": "if (import.meta.vitest || true) { rate = 5 }",
    "a condition that is so without vitest": "if (import.meta.vitest === undefined) { rate = 5 }",
    "a condition with a template": "if (import.meta.vitest\n`x`) { rate = 5 }",
    "a text between the condition and the block": f'{GUARD} "x"\n{{ rate = 5 }}',
    "a template between them": f"{GUARD} `x`\n{{ rate = 5 }}",
    "a regular expression between them": f"{GUARD} /x/\n{{ rate = 5 }}",
    "the body of a loop": f"while (go()) {GUARD} {{ }}\nrate = 5",
    "what another condition does not do": f"if (go()) {{ }} else {GUARD} {{ }}\nrate = 5",
    "a method of that name": f"a.{GUARD}\n{{ rate = 5 }}",
    "a name that ends so": f"a\u200d{GUARD}\n{{ rate = 5 }}",
    "a text that a page shows": f"a = <p>\n{GUARD} {{rate = 5}} so\n</p>",
    "a block that parts a call": f"let a = rate\n{GUARD} {{ }}\n(5)",
    "a block that parts a call from a template": f"let a = rate\n{GUARD} {{ }} // x\n`5`",
    "a comment that hides a bracket": f"{GUARD} {{ //\r}} rate = 5; {{\n}}",
}


@pytest.mark.parametrize("cheat", SCRIPTS)
def test_a_script_that_all_run(cheat: str) -> None:
    found = split("rate.tsx", SCRIPTS[cheat])
    assert found is None or not any("rate" in test or test.endswith("{ }") for test in found.tests)


def test_a_script_that_vitest_alone_runs() -> None:
    found = split("rate.tsx", f"let rate = 5 // so\n{GUARD} {{ rate = 6 }} // so\nrate()\n")
    assert found is not None
    assert found.tests == (f"{GUARD} {{ rate = 6 }}",)


RUST: Final = {
    "an attribute of a tool": "#[rustfmt::test]\nfn rate() {}",
    "an attribute of a tool for the whole file": "#![clippy::test]\nfn rate() {}",
    "an attribute of somebody": "#[mine::test]\nfn rate() {}",
    "an attribute of somebody that is called test": "use mine::test;\n#[test]\nfn rate() {}",
    "one that is called so here": "pub use mine::{as_is as test, b};\n#[test]\nfn rate() {}",
    "a known one's name as another's": "#[mine::tokio::test]\nfn rate() {}",
    "one that leaves its function there": "#[test_case::test_case(1)]\nfn rate(a: u8) {}",
}


@pytest.mark.parametrize("cheat", RUST)
def test_a_function_that_is_compiled_into_the_program(cheat: str) -> None:
    found = split("src/lib.rs", RUST[cheat])
    assert found is None or found.tests == ()


@pytest.mark.parametrize(
    "source",
    [
        "#[core::prelude::v1::test]\nfn rate() {}",
        "use tokio::test;\n#[test]\nasync fn rate() {}",
        "use super::test::helper;\n#[test]\nfn rate() {}",
    ],
)
def test_a_function_that_is_a_test(source: str) -> None:
    found = split("src/lib.rs", source)
    assert found is not None
    assert len(found.tests) == 1


SHOWN: Final = '''    """
    >>> price(1)
    1
    """
'''
NEW: Final = f"def price(x):\n{SHOWN}    return x\n"
IN_CLASS: Final = "class A:\n" + "".join(f"    {line}\n" for line in NEW.splitlines())
# Each has a `price` that works, which a shell of that name would break.
WORKS: Final = {
    "below a condition": ("if math:\n    def price(x): return x\n", NEW),
    "by assignment": ("price = lambda x: x\n", NEW),
    "by an import": ("from m import cost as price\n", NEW),
    "by an import of all": ("from m import *\n", NEW),
    "in a loop": ("for price in [int]: pass\n", NEW),
    "within an expression": ("print(price := int)\n", NEW),
    "from a function": ("def f():\n    global price\n    price = int\nf()\n", NEW),
    "from a text": ("exec('def price(x): return x')\n", NEW),
    "by the module's own dictionary": ("globals()['pr' 'ice'] = int\n", NEW),
    "by the module's attributes": ("def __getattr__(name): return int\n", NEW),
    "of Python itself": ("x = len([])\n", NEW.replace("price", "len")),
    "by inheritance": ("from m import B\nclass A(B):\n    x = 1\n", IN_CLASS),
    "by inheritance here": (
        "class B:\n    if 1:\n        def price(x): return x\nclass A(B):\n    x = 1\n",
        IN_CLASS,
    ),
    "by inheritance from Python": ("class A(str):\n    x = 1\n", IN_CLASS.replace("price", "find")),
    "in a class by assignment": ("class A:\n    price = int\n", IN_CLASS),
    "in a class from outside": ("class A:\n    x = 1\nA.price = int\n", IN_CLASS),
    "in a class by its attributes": (
        "class A:\n    def __getattr__(self, name):\n        return int\n",
        IN_CLASS,
    ),
    "as every class has it": (
        "class A:\n    x = 1\n",
        IN_CLASS.replace("def price", "def __init__"),
    ),
}


@pytest.mark.parametrize("way", WORKS)
def test_an_example_does_not_turn_because_its_function_is_broken_for_it(way: str) -> None:
    old, new = WORKS[way]
    assert with_examples(old, new, vars(builtins)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def f():\n    price = 1\n", NEW),
        ("class A:\n    def price(self): ...\n", NEW),
        ("class A(ValueError):\n    x = 1\n", IN_CLASS),
        ("def price(): ...\nclass B:\n    x = 1\nclass A(B):\n    x = 1\n", IN_CLASS),
    ],
)
def test_an_example_of_what_is_not_there_has_a_shell(old: str, new: str) -> None:
    assert "NotImplementedError" in (with_examples(old, new, vars(builtins)) or "")


@pytest.mark.parametrize(
    ("ini", "code"), [("    --doctest-modules\n", "UNKNOWN(inseparable)"), ("", "FAIL(no-test)")]
)
def test_code_that_an_example_of_something_else_hides(lab: MakeLab, ini: str, code: str) -> None:
    made = lab({
        "calc.py": "import math\n\nif math:\n    def price(x):\n        return x\n\n"
        "def fee(x):\n    return 1\n",
        "pytest.ini": INI + ini,
    })  # fmt: skip
    new = f"{NEW}\n\ndef fee(x):\n    return 99\n"
    assert said(made.prove({"calc.py": new}).proof) == code
