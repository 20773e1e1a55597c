"""Files that hold code and tests are taken apart where their language says, or not at all."""

import time
from collections import Counter
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_oneshot.core.source.inside import ENDINGS, Split, holds_tests, split, together

RUST: Final = """\
//! Sums. #[cfg(test)] mod not_this_one {}
use std::fmt;

pub fn add<'a>(a: &'a i32, b: i32) -> i32 { let _ = ('{', "}", b'{', r#"" { "#); a + b }
/* #[cfg(test)] /* mod nor_this { */ */

#[cfg(test)]
#[allow(unused)]
mod tests {
    use super::*;
    #[test]
    fn adds() { assert_eq!(add(&1, 2), 3); let s = "}"; }
}

#[cfg(not(test))]
fn real() {}
"""
TEST: Final = '#[cfg(test)]\n#[allow(unused)]\nmod tests {\n    use super::*;\n    #[test]\n    fn adds() { assert_eq!(add(&1, 2), 3); let s = "}"; }\n}'  # noqa: E501


def taken(path: str, source: str) -> Split:
    """A file taken apart, which must be possible."""
    found = split(path, source)
    assert found is not None
    return found


def test_rust_is_taken_apart_where_it_says_test() -> None:
    found = taken("src/lib.rs", RUST)
    assert found.tests == (TEST,)
    assert "mod tests" not in found.head + found.tail
    assert "fn real() {}" in found.tail


@pytest.mark.parametrize(
    "item",
    [
        "#[cfg(test)]\nmod tests;",
        "#[cfg(all(test, unix))]\nmod tests { fn f() {} }",
        "#[should_panic]\n#[test]\nfn f() { g() }",
        '#[tokio::test(flavor = "multi_thread")]\nasync fn f() { g().await }',
        "#[cfg(test)]\nuse std::{fs, io};",
        "#[cfg(test)]\nconst A: T = T { a: [1; 2] };",
        "#[cfg(test)]\npub(crate) const fn f() -> [u8; 2] { [1, 2] }",
        "#[cfg(test)]\nimpl T { fn f() {} }",
        "#[cfg(test)]\nmacro_rules! m { () => { 1 } }",
        "#[cfg(test)]\nstruct S(u8);",
        "#[cfg(test)]\npub(crate) use std::{fs, io};",
        "#[cfg(test)]\npub(in crate::a) static A: T = T { a: 1 };",
        "#[cfg(test)]\npub(crate) struct S(u8);",
    ],
)
def test_every_item_of_rust_ends_where_it_does(item: str) -> None:
    found = taken("a.rs", f"fn a() {{}}\n{item}\nfn b() {{}}\n")
    assert found.tests == (item,)
    assert (found.head, found.tail) == ("fn a() {}\n", "\nfn b() {}\n")


@pytest.mark.parametrize(
    "item",
    [
        '#[cfg(any(test, feature = "x"))]\nfn f() {}',
        "#[cfg(not(test))]\nfn f() {}",
        "#[cfg_attr(test, derive(Debug))]\nstruct S;",
        "#[derive(Test)]\nstruct S;",
        "impl T {\n    #[cfg(test)]\n    fn f() {}\n}",
        'const A: &str = r"\n#[cfg(test)]\nmod x {}";',
    ],
)
def test_what_is_compiled_into_the_program_is_no_test(item: str) -> None:
    assert taken("a.rs", f"fn a() {{}}\n{item}\n").tests == ()


def test_a_file_may_be_all_tests() -> None:
    assert taken("a.rs", "#![cfg(test)]\nuse super::*;\n").tests == (
        "#![cfg(test)]\nuse super::*;",
    )


SCRIPT: Final = """\
export const add = (a, b) => a + b // if (import.meta.vitest) {
const re = /[/{'"]/g, t = `${`}`} if (import.meta.vitest) { ${{ a: '}' }.a}`, half = add(4) / 2 / 1

if (import.meta.vitest) {
  const { it, expect } = import.meta.vitest
  it('adds {', () => expect(add(1, 2)).toBe(3))
}

export const last = 1
"""


def test_a_script_is_taken_apart_where_vitest_alone_runs_it() -> None:
    found = taken("src/add.ts", SCRIPT)
    assert len(found.tests) == 1
    assert found.tests[0].startswith("if (import.meta.vitest) {\n  const")
    assert found.tests[0].endswith("toBe(3))\n}")
    assert "export const last" in found.tail
    page = (
        f"<template>don't {{{{ a }}}}</template>\n<script>\n{SCRIPT}</script>\n<style>\n</style>\n"
    )
    of_page = taken("src/Add.vue", page)
    assert of_page.tests == found.tests
    assert of_page.tail.endswith("</script>\n<style>\n</style>\n")
    bare = taken("src/Add.vue", "<script setup>\nlet a = 1\n</script>\n")
    assert together(bare, of_page) == (
        f"<script setup>\nlet a = 1\n\n{found.tests[0]}\n</script>\n"
    )


@pytest.mark.parametrize(
    "source",
    [
        "if (import.meta.vitest) { a() } else { b() }\n",
        "if (import.meta.vitest) a()\n",
        "function f() { if (import.meta.vitest) { a() } }\n",
        "if (import.meta.env) { a() }\n",
    ],
)
def test_what_others_than_vitest_run_is_no_test(source: str) -> None:
    assert taken("a.ts", source).tests == ()


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.rs", "#[cfg(test)]\nmod tests {\n"),
        ("a.rs", "fn f() ) {}\n#[cfg(test)] mod t { ] }\n"),
        ("a.rs", 'const A: &str = "open;\n'),
        ("a.rs", "/* open"),
        ("a.rs", 'r#"open"'),
        ("a.ts", "if (import.meta.vitest) {\n"),
        ("a.ts", "const a = `${b"),
        ("a.ts", "const a = `open"),
        ("a.ts", "/* open"),
        ("a.ts", "const a = /[open\n"),
        ("a.ts", "`${" * 3_000),
        ("a.ts", "`${" * 3_000 + "1" + "}`" * 3_000),
        ("a.vue", "<script>\nlet a = 1\n"),
        ("a.vue", "<script"),
        ("a.zig", 'test "a" {}\n'),
    ],
)
def test_what_cannot_be_followed_is_not_taken_apart(path: str, source: str) -> None:
    assert split(path, source) is None


def test_the_code_of_one_version_with_the_tests_of_another() -> None:
    old = taken("a.rs", "fn a() {}\n\n#[cfg(test)]\nmod t { fn x() {} }\n\nfn z() {}\n")
    new = taken(
        "a.rs", "fn a() { b() }\n#[test]\nfn y() {}\n#[cfg(test)]\nmod t { fn w() {} }\nfn z() {}"
    )
    assert together(old, new).split("\n") == [
        "fn a() {}", "", "", "#[test]", "fn y() {}", "#[cfg(test)]", "mod t { fn w() {} }", "", "",
        "fn z() {}", "",
    ]  # fmt: skip
    assert not old.is_like(new)
    assert old.is_like(taken("a.rs", "fn a() {}\nfn z() {}\n"))
    none = taken("a.rs", "fn a() {}\n")
    assert together(none, none) == "fn a() {}\n"
    assert together(old, none) == "fn a() {}\n\n\n\nfn z() {}\n"


def test_a_macro_stays_before_the_tests_that_use_it() -> None:
    first, macro, end = (
        "#[cfg(test)]\nuse a::b;",
        "macro_rules! m { () => {} }",
        "#[test]\nfn t() {}",
    )
    both, one = (taken("a.rs", "\n".join(s)) for s in ((first, macro, end, ""), (first, macro, "")))
    for old in (both, one, taken("a.rs", f"{macro}\n")):
        made = together(old, both)
        assert made.index("macro_rules") < made.index("fn t")
        assert made.endswith("fn t() {}\n")
        assert old.is_like(both)
    grown = taken("a.rs", f"{first}\n{macro}\n{end}\nfn z() {{}}\n")
    assert together(both, grown).index("macro_rules") < together(both, grown).index("fn t")
    assert not both.is_like(grown)


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("a.rs", "#["), ("a.rs", "\n"), ("a.rs", " "), ("a.rs", "'\\u{"), ("a.rs", ";"),
        ("a.rs", "#[a]"), ("a.rs", "fn a;"), ("a.rs", "r#"), ("a.rs", "pub("), ("a.rs", "a::"),
        ("a.zig", "\n"), ("a.zig", "test "), ("a.d", "\n"), ("a.rkt", "(module+ "),
        ("a.ts", "=/["), ("a.ts", "\\'"), ("a.ts", '\\"'), ("a.ts", "=/\\/"), ("a.ts", "`${"),
        ("a.ts", "if(import.meta.vitest)"), ("a.ts", "/*"), ("a.ts", "'\n"), ("a.ts", "=/a"),
        ("a.vue", "<script>"), ("a.vue", "<script "), ("a.vue", "<script></script "),
    ],
)  # fmt: skip
def test_no_file_takes_the_square_of_its_length(path: str, piece: str) -> None:
    source = piece * (2**16 // len(piece))
    began = time.process_time()
    holds_tests(path, source)
    split(path, source)
    assert time.process_time() - began < 2  # it takes a quarter of a second at most


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.rs", "#[test]\nfn a() {}"),
        ("a.rs", "    #[cfg(test)] mod a;"),
        ("a.rs", "/// ```\n/// a();\n/// ```"),
        ("a.ts", "if (import.meta.vitest) {}"),
        ("a.svelte", "if (import.meta.vitest) {}"),
        ("a.zig", 'test "one" {'),
        ("a.d", "unittest {"),
        ("a.rkt", "(module+ test 1)"),
    ],
)
def test_a_file_says_that_it_holds_tests(path: str, source: str) -> None:
    assert holds_tests(path, f"x\n{source}\n")
    assert not holds_tests(path, "x\n")
    assert not holds_tests("a.c", source)


@given(st.sampled_from(ENDINGS), st.text(alphabet="#[]cfg(test) mod{}'\"`$/*\\\nr;", max_size=60))
def test_nothing_is_lost_or_made_up(ending: str, source: str) -> None:
    found = split(f"a{ending}", source)
    if found is not None:
        whole = "".join([found.head, *found.tests, found.tail])
        assert Counter("".join(whole.split())) == Counter("".join(source.split()))
