"""Code that dresses as a test inside of a production file: it stays production."""

from typing import Final

import pytest

from git_oneshot.core.inside import split

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
