"""What no run can notice, by the syntax trees of two versions; and what only looks like it."""

import importlib.util
import shlex
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Final

import pytest

from git_oneshot.core.source.go import same_go
from git_oneshot.core.verdicts.codes import advice
from git_oneshot.proof.classes.inert import differs, same_python
from git_oneshot.proof.classes.script import grammar_of, same_script
from git_oneshot.proof.extra import installing
from tests.proof.conftest import MakeLab
from tests.proof.lab import said

PYTHON_SAME: Final = {
    "a comment": ("x = 1\n", "# why\nx = 1  # one\n"),
    "a docstring": ("def f(): pass\n", 'def f():\n    """Do."""\n'),
    "a module's docstring": ("x = 1\n", '"""Say."""\nx = 1\n'),
    "the form": ("x = {'a': 1}\n", 'x = {\n    "a": 1,\n}\n'),
    "types": (
        "def f(a, *b, c=1, **d):\n    return a\n",
        "from collections.abc import Callable\nfrom typing import Any\n\n\n"
        "def f(a: int, *b: str, c: Any = 1, **d: Callable[[], None]) -> int:\n    return a\n",
    ),
    "a type of a variable": ("x = 1\n", "x: int = 1\n"),
    "a type of an attribute": (
        "class A:\n    def __init__(self):\n        self.x = 1\n",
        "class A:\n    def __init__(self) -> None:\n        self.x: int = 1\n",
    ),
    "a type of a property": (
        "class A:\n    @property\n    def x(self): return 1\n",
        "class A:\n    @property\n    def x(self) -> int: return 1\n",
    ),
    "types of every form": (
        "import typing as t\ndef f(a, *b): return a\n",
        "import typing as t\n"
        "def f(a: 't.Any | None', *b: t.Callable[[int, str], None]) -> t.Literal[-1] | None:\n"
        "    return a\n",
    ),
    "an abstract method's types": (
        "import abc\nclass A:\n    @abc.abstractmethod\n    def f(self, a): ...\n",
        "import abc\nclass A:\n    @abc.abstractmethod\n    def f(self, a: int) -> str: ...\n",
    ),
    "overloads by the module": (
        "import typing\ndef f(a, b=1): return a\n",
        "import typing\n@typing.overload\ndef f(a: int, b: int = ...) -> int: ...\n"
        "@typing.overload\ndef f(a: str, b: int = 1) -> str: ...\ndef f(a, b=1): return a\n",
    ),
    "overloads of a function": (
        "from typing import Any\n\n\nclass A:\n    def f(self, a: Any): return a\n",
        "from typing import Any, overload\n\n\nclass A:\n    @overload\n"
        "    def f(self, a: int) -> int: ...\n    @overload\n    def f(self, a: str) -> str: ...\n"
        "    def f(self, a: Any): return a\n",
    ),
    "imports for a type checker": (
        "import a\n",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nimport a\n"
        "if TYPE_CHECKING:\n    from b import c\n",
    ),
}
PYTHON_OTHER: Final = {
    "a value": ("x = 1\n", "x = 2\n"),
    "a field": ("class A:\n    x = 1\n", "class A:\n    x: int = 1\n"),
    "a field's type": ("class A:\n    x: int\n", "class A:\n    x: str\n"),
    "what a decorator may read": (
        "@app.get('/')\ndef f(a): return a\n", "@app.get('/')\ndef f(a: int): return a\n",
    ),
    "what a class's decorator may read": (
        "@inject\nclass A:\n    def __init__(self, b): pass\n",
        "@inject\nclass A:\n    def __init__(self, b: B): pass\n",
    ),
    "types that are read": (
        "import typing\n\n\ndef f(a): return typing.get_type_hints(f)\n",
        "import typing\n\n\ndef f(a: int): return typing.get_type_hints(f)\n",
    ),
    "a docstring that is read": ('"""A."""\nprint(__doc__)\n', '"""B."""\nprint(__doc__)\n'),
    "a name that is exported": (
        "__all__ = ['Any']\n", "from typing import Any\n\n__all__ = ['Any']\n",
    ),
    "a local name": ("def f():\n    return x\n", "def f():\n    x: int\n    return x\n"),
    "an overload that is the function": (
        "from typing import overload\nx = 1\n",
        "from typing import overload\n@overload\ndef f(a): ...\nx = 1\n",
    ),
    "overloads that are read": (
        "import typing\ndef f(a): typing.get_overloads(f)\n",
        "import typing\n@typing.overload\ndef f(a): ...\ndef f(a): typing.get_overloads(f)\n",
    ),
    "an annotation that binds": (
        "RATE = 2\ndef f(x): return x\n", "RATE = 2\ndef f(x: (RATE := 5)): return x\n",
    ),
    "an annotation that calls": ("RATE = 2\n", "RATE: exec('RATE = 3') = 2\n"),
    "an annotation alone that calls": ("RATE = 2\n", "RATE = 2\nx: exec('RATE = 3')\n"),
    "what a function is said to give, and calls": (
        "def f(): return 1\n", "def f() -> exec('RATE = 3'): return 1\n",
    ),
    "a module of ours that is called typing": (
        "x = 1\n", "from .typing import Any\nx = 1\n",
    ),
    "a name of typing in the place of another": (
        "def rate(): return 1\n", "def rate(): return 1\nfrom typing import Any as rate\n",
    ),
    "a name of typing in the place of its own": (
        "def cast(): return 1\n", "def cast(): return 1\nfrom typing import cast\n",
    ),
    "an overload whose default calls": (
        "from typing import overload\ndef f(a, b=1): return a\n",
        "from typing import overload\n@overload\ndef f(a, b=print()): ...\n"
        "def f(a, b=1): return a\n",
    ),
    "an overload of another's": (
        "from x import overload\ndef f(a): return a\n",
        "from x import overload\n@overload\ndef f(a): ...\ndef f(a): return a\n",
    ),
    "an overload of another module's": (
        "import x\ndef f(a): return a\n",
        "import x\n@x.overload\ndef f(a): ...\ndef f(a): return a\n",
    ),
    "an overload that is used before its function": (
        "from typing import overload\ndef f(a): return a\nb = f(1)\ndef f(a): return 2\n",
        "from typing import overload\ndef f(a): return a\n@overload\ndef f(a): ...\nb = f(1)\n"
        "def f(a): return 2\n",
    ),
    "an overload that its function uses": (
        "from typing import overload\ndef f(a): return a\ndef f(a, b=f): return b\n",
        "from typing import overload\ndef f(a): return a\n@overload\ndef f(a): ...\n"
        "def f(a, b=f): return b\n",
    ),
    "what another's property may read": (
        "import x\nclass A:\n    @x.property\n    def f(self): return 1\n",
        "import x\nclass A:\n    @x.property\n    def f(self) -> int: return 1\n",
    ),
    "an import": ("x = 1\n", "import os\nx = 1\n"),
    "no Python before": ("x = (\n", "x = 1\n"),
    "no Python after": ("x = 1\n", "x = (\n"),
    "a future with fields": (
        "class A:\n    x: int\n", "from __future__ import annotations\nclass A:\n    x: int\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PYTHON_SAME)
def test_python_that_does_the_same(case: str) -> None:
    old, new = (text.encode() for text in PYTHON_SAME[case])
    assert same_python(old, new) and same_python(new, old)


@pytest.mark.parametrize("case", PYTHON_OTHER)
def test_python_that_may_do_something_else(case: str) -> None:
    old, new = (text.encode() for text in PYTHON_OTHER[case])
    assert not same_python(old, new) and not same_python(new, old)


def test_the_line_that_is_more_than_types_is_told_where_there_are_types() -> None:
    """Somebody who added types alone, but for one line, sees which one it is."""
    old = "class Cart:\n    def add(self, x):\n        return x\n\n\ndef f(a):\n    return a\n"
    typed = old.replace("(self, x)", "(self, x: int) -> int").replace("f(a)", "f(a: int) -> int")
    more = typed.replace("class Cart:\n", 'class Cart:\n    """Holds."""\n\n    items = None\n\n')
    assert differs(old.encode(), typed.encode()) == 0
    assert differs(old.encode(), more.encode()) == 4
    alias = f"from typing import Tuple\n\nLine = Tuple[int, int]\n\n{typed}"
    assert differs(old.encode(), alias.encode()) == 3
    assert differs(b"def f():\n    return 1\n", b"def f():\n    return 2\n") == 0
    assert differs(b"def f(:\n", b"x") == 0


def test_bytes_that_are_no_source_are_not_the_same() -> None:
    assert not same_python(b"\xff\xfe\x00", b"\xff\xfe\x00\n")
    assert not same_python(b"x = " + b"(" * 5000, b"x = 1")


BUTTON: Final = """\
import React from 'react';
export function Button({ label, onClick }) {
  return <button onClick={onClick}>{label} now</button>;
}
"""
TYPED: Final = """\
import React from 'react';
import type { ReactNode } from 'react';

/** What a button is given. */
export interface ButtonProps {
  label: string;
  onClick?: () => void;
}

export function Button({ label, onClick }: ButtonProps): ReactNode {
  return <button onClick={onClick}>{label} now</button>;
}
"""
SCRIPT_SAME: Final = {
    "types of a component": (".tsx", BUTTON, TYPED),
    "comments": (".js", "function f(a){return a}", "/** @a */ function f(a){return a} // c"),
    "a cast": (".ts", "f(a)", "f(a as any)"),
    "what is not null": (".ts", "f(a.b)", "f(a!.b)"),
    "a private field": (".ts", "class A { x = 1 }", "class A { private readonly x: number = 1 }"),
    "a parameter that may be left out": (".ts", "function f(a) {}", "function f(a?: string) {}"),
    "a declaration": (".ts", "f(1)", "declare function f(a: number): void;\nf(1)"),
    "a method that overrides": (
        ".ts", "class A { f() {} x = 1 }", "class A { override f() {} override x = 1 }",
    ),
    "a type": (".ts", "let x = 1;", "type A = number;\nlet x: A = 1;"),
}  # fmt: skip
SCRIPT_OTHER: Final = {
    "a text": (".tsx", BUTTON, BUTTON.replace("now", "later")),
    "an expression": (".tsx", BUTTON, BUTTON.replace("{label}", "{label + 1}")),
    "a line break that ends it": (".js", "function f(a){return a}", "function f(a){return\na}"),
    "a space in a text": (".js", "const a = 'x';", "const a = 'x ';"),
    "a space in a template": (".js", "const a = `x ${b} y`;", "const a = `x ${b}  y`;"),
    "a space in a pattern": (".js", "const a = /x/;", "const a = /x /;"),
    "a property by a parameter": (
        ".ts", "class A { constructor(x) {} }", "class A { constructor(private x) {} }",
    ),
    "a property by a parameter that overrides": (
        ".ts", "class A { constructor(x) {} }", "class A { constructor(override x) {} }",
    ),
    "what a decorator is told": (
        ".ts", "@I()\nclass A { constructor(x) {} }", "@I()\nclass A { constructor(x: B) {} }",
    ),
    "an enum": (".ts", "enum A {X}", "enum A {X, Y}"),
    "a comment that is read": (".jsx", "f(<a/>)", "/** @jsx h */ f(<a/>)"),
    "no script": (".js", "a(", "b("),
}  # fmt: skip


@pytest.mark.parametrize("case", SCRIPT_SAME)
def test_a_script_that_does_the_same(case: str) -> None:
    suffix, old, new = SCRIPT_SAME[case]
    assert same_script(old.encode(), new.encode(), suffix)
    assert same_script(new.encode(), old.encode(), suffix)


@pytest.mark.parametrize("case", SCRIPT_OTHER)
def test_a_script_that_may_do_something_else(case: str) -> None:
    suffix, old, new = SCRIPT_OTHER[case]
    assert not same_script(old.encode(), new.encode(), suffix)
    assert not same_script(new.encode(), old.encode(), suffix)


@pytest.mark.parametrize(
    ("path", "suffix"),
    [("a/b.tsx", ".tsx"), ("b.ts", ".ts"), ("b.mjs", ".mjs"), ("b.py", ""), ("b.vue", "")],
)
def test_a_grammar_is_found_by_the_end_of_a_name(path: str, suffix: str) -> None:
    assert grammar_of(path) == suffix


def test_without_the_extra_the_hint_says_what_to_install(
    lab: MakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = '[[suite]]\nname = "all"\ncommand = "true"\n[sides]\nproduction = ["*.ts"]\n'
    made = lab({".oneshot.toml": rules, "a.ts": "f(1)\n", "b.ts": "g(1)\n"})
    assert said(made.prove({"a.ts": "f(1) // one\n"}).proof) == "PASS inert"
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    proof = made.prove({"b.ts": "g(1) // one\n"}).proof
    assert said(proof) == "FAIL(no-test)"
    assert f"{sys.executable} -m pip install 'tree-sitter>=" in advice(proof)


def test_what_an_extra_needs_is_installed_beside_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another pip on PATH would put it elsewhere. Our own name is on no index: it is not named."""
    setup = ConfigParser()
    setup.read(Path(__file__).parents[2] / "setup.cfg")
    listed = setup["options.extras_require"]["syntax"].replace(" ", "").split()
    pip = (sys.executable, "-m", "pip", "install")
    assert shlex.split(installing("syntax")) == [*pip, *listed]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)  # as uv makes it
    uv = ("uv", "pip", "install", "--python", sys.executable)
    assert shlex.split(installing("syntax")) == [*uv, *listed]
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "git-oneshot-next"))
    (tmp_path / "git-oneshot-next").mkdir()
    (tmp_path / "git-oneshot-next" / "pipx_metadata.json").touch()
    assert shlex.split(installing("syntax")) == ["pipx", "inject", "git-oneshot-next", *listed]


def test_a_program_that_was_not_installed_has_its_extras_from_its_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert installing("syntax") == "in a checkout of git-oneshot: pip install '.[syntax]'"


def test_what_declares_types_alone_asks_for_no_test(lab: MakeLab) -> None:
    rules = '[[suite]]\nname = "all"\ncommand = "true"\n[sides]\nproduction = ["*.ts", "*.pyi"]\n'
    made = lab({".oneshot.toml": rules, "a.d.ts": "export const a: 1\n", "b.pyi": "b: int\n"})
    for path in ("a.d.ts", "b.pyi"):
        assert said(made.prove({path: "\n"}).proof) == "PASS inert"


# -- Go ------------------------------------------------------------------------------------------

ADD: Final = "package a\n\nfunc add(a, b int) int {\n\treturn a + b\n}\n"
GO_SAME: Final = {
    "a comment": (ADD, "// Package a adds.\n" + ADD.replace("+ b", "+ b //nolint:govet")),
    "a comment in a line": (ADD, ADD.replace("a + b", "a /* and */ + b")),
    "empty lines and spaces": (ADD, ADD.replace("{\n\treturn a + b", "{\n\n    return a+b\n")),
    "one line": ("func f() int {\n\treturn 1\n}\n", "func f() int { return 1 }\n"),
    "a call over lines": ("x := f(a, 'b')\n", "x := f(\n\ta,\n\t'b',\n)\n"),
    "a structure over lines": ("var x = T{1, 2}\n", "var x = T{\n\t1,\n\t2,\n}\n"),
    "no end of the last line": (ADD, ADD.rstrip("\n")),
    "other ends of lines": (ADD, ADD.replace("\n", "\r\n")),
}
GO_OTHER: Final = {
    "an operator": (ADD, ADD.replace("+", "-")),
    "a line that ends a statement": ("return\nf()\n", "return f()\n"),
    "a comment of lines that ends one": ("return /* */ f()\n", "return /*\n*/ f()\n"),
    "signs that come together": ("x = a - -b\n", "x = a--b\n"),
    "a comment in a text": ('x := "a"\n', 'x := "a // b"\n'),
    "a space in a text": ("x := `a\n b`\n", "x := `a\nb`\n"),
    "a build constraint": (ADD, "//go:build linux\n\n" + ADD),
    "an old build constraint": (ADD, "// +build linux\n\n" + ADD),
    "what is embedded": ("//go:embed a\nvar x string\n", "//go:embed b\nvar x string\n"),
    "C before its import": ('// int x;\nimport "C"\n', '// int y;\nimport "C"\n'),
    "no end": (ADD, ADD + "/* "),
    "no text": (ADD, "\udc80"),
}


@pytest.mark.parametrize("case", GO_SAME)
def test_go_that_does_the_same(case: str) -> None:
    old, new = (text.encode() for text in GO_SAME[case])
    assert same_go(old, new) and same_go(new, old)


@pytest.mark.parametrize("case", GO_OTHER)
def test_go_that_may_do_something_else(case: str) -> None:
    old, new = (text.encode(errors="surrogateescape") for text in GO_OTHER[case])
    assert not same_go(old, new) and not same_go(new, old)


def test_a_comment_in_go_asks_for_no_test(lab: MakeLab) -> None:
    made = lab({"go.mod": "module a\n", "a.go": ADD, "a_test.go": "package a\n"})
    assert said(made.prove({"a.go": "// Package a adds.\n" + ADD}).proof) == "PASS inert"
    assert made.runs() == 0
