"""All that a test can do, once in each language: what `record.py` runs and records.

The reports in ``tests/proof/reports`` are of these projects; what each test must
come out as is in ``tests/proof/test_reports.py``.
"""

from typing import Final

JS_CALC: Final = """\
export function sub (a, b) { return a - b }
export function crash () { return null.x }
"""
CJS_CALC: Final = """\
exports.sub = (a, b) => a - b
exports.crash = () => null.x
"""
JS_TESTS: Final = """\
test('passes', () => { expect(calc.sub(2, 1)).toBe(1) })
test('fails', () => { expect(calc.sub(2, 1)).toBe(2) })
test('missing', () => { expect(calc.add(2, 1)).toBe(3) })
test('crash', () => { calc.crash() })
test('own', () => { throw new Error('own') })
test.skip('skipped', () => {})
test.todo('todo')
describe('group', () => { it('in', () => {}); it.each([1, 2])('each %i', (n) => { expect(n).toBe(1) }) })
describe('hooked', () => { beforeEach(() => { throw new Error('hook') }); it('h', () => {}) })
test('snapshot', () => { expect({ a: 1 }).toMatchSnapshot() })
"""  # noqa: E501
VITEST_HEAD: Final = "import { test, describe, it, expect, beforeEach } from 'vitest'\n"
NODE_HEAD: Final = (
    "import { test, describe, it, beforeEach } from 'node:test'\nimport assert from 'node:assert'\n"
)
C_HEAD: Final = '#include "../calc.h"\n'

ZOO: Final[dict[str, dict[str, str]]] = {
    "node": {
        "package.json": '{"name": "calc", "type": "module"}\n',
        "calc.js": JS_CALC,
        "a.test.js": NODE_HEAD + """\
import * as calc from './calc.js'
test('passes', () => { assert.equal(calc.sub(2, 1), 1) })
test('fails', () => { assert.equal(calc.sub(2, 1), 2) })
test('missing', () => { assert.equal(calc.add(2, 1), 3) })
test('crash', () => { calc.crash() })
test('own', () => { throw new Error('own') })
test('skipped', { skip: true }, () => {})
test('todo', { todo: true }, () => { throw new Error('x') })
describe('group', () => {
  it('in', () => {})
  describe('deeper', () => { it('x > y', () => { throw new Error('own') }) })
})
describe('hooked', () => { beforeEach(() => { throw new Error('hook') }); it('h', () => {}) })
test('parent', async (t) => {
  await t.test('one', () => {})
  await t.test('two', () => { assert.ok(false) })
})
""",
        "export.test.js": NODE_HEAD + "import { add } from './calc.js'\ntest('x', () => add())\n",
        "file.test.js": NODE_HEAD + "import { add } from './new.js'\ntest('never', () => add())\n",
        "syntax.test.js": NODE_HEAD + "test('never', () => {\n",
        "package.test.cjs": "require('left-pad')\n",
        "script.test.js": "import assert from 'node:assert'\nassert.equal(1, 2)\n",
    },
    "vitest": {
        "package.json": '{"name": "calc", "type": "module"}\n',
        "calc.js": JS_CALC,
        "a.test.js": VITEST_HEAD + "import * as calc from './calc.js'\n" + JS_TESTS,
        "export.test.js": VITEST_HEAD + "import { add } from './calc.js'\ntest('x', () => add())\n",
        "file.test.js": VITEST_HEAD + "import { add } from './new.js'\ntest('x', () => add())\n",
        "syntax.test.js": VITEST_HEAD + "test('never', () => {\n",
        "package.test.js": VITEST_HEAD + "import x from 'left-pad'\ntest('x', () => x)\n",
    },
    "jest": {
        "package.json": '{"name": "calc"}\n',
        "calc.js": CJS_CALC,
        "a.test.js": "const calc = require('./calc')\n" + JS_TESTS + """\
test('node', () => { require('node:assert').equal(1, 2) })
test.failing('xfail', () => { expect(1).toBe(2) })
""",
        "retried.test.js": "jest.retryTimes(2)\nlet n = 0\n"
        "test('flaky', () => { expect(++n).toBe(2) })\n",
        "file.test.js": "const { add } = require('./lib/new')\ntest('never', () => add())\n",
        "syntax.test.js": "test('never', () => {\n",
        "package.test.js": "require('left-pad')\n",
    },
    "go": {
        "go.mod": "module example.com/calc\n\ngo 1.18\n",
        "calc/calc.go": "package calc\n\nfunc Sub(a, b int) int { return a - b }\n"
        "func Crash() int { var m []int; return m[3] }\n",
        "calc/calc_test.go": """\
package calc

import "testing"

func TestPasses(t *testing.T) {}
func TestFails(t *testing.T) {
	if Sub(2, 1) != 2 {
		t.Errorf("want 2")
	}
}
func TestSkipped(t *testing.T) { t.Skip("x") }
func TestTable(t *testing.T) {
	for _, n := range []string{"one", "two words"} {
		t.Run(n, func(t *testing.T) {
			if n != "one" {
				t.Fatal("no")
			}
		})
	}
}
func TestCrash(t *testing.T) { Crash() }
func TestAfter(t *testing.T) {}
""",
        "own/own_test.go": 'package own\n\nimport "testing"\n\nfunc TestOwn(t *testing.T) {\n'
        '\tt.Run("in", func(t *testing.T) { panic("own") })\n}\n',
        "missing/m_test.go": 'package missing\n\nimport (\n\t"testing"\n\n'
        '\t"example.com/calc/calc"\n)\n\n'
        "func TestAdd(t *testing.T) {\n\tif calc.Add(1, 2) != 3 {\n\t\tt.Fatal()\n\t}\n}\n",
        "newpkg/n_test.go": 'package newpkg\n\nimport (\n\t"testing"\n\n'
        '\t"example.com/calc/brandnew"\n)\n\nfunc TestX(t *testing.T) { brandnew.X() }\n',
        "foreign/f_test.go": 'package foreign\n\nimport (\n\t"testing"\n\n'
        '\t"example.org/nothing"\n)\n\nfunc TestX(t *testing.T) { nothing.X() }\n',
        "syntax/s_test.go": 'package syntax\n\nimport "testing"\n\nfunc TestX(t *testing.T) {\n',
        "types/t_test.go": 'package types\n\nimport "testing"\n\n'
        'func TestX(t *testing.T) { var n int = "x"; _ = n }\n',
        "exits/e_test.go": 'package exits\n\nimport (\n\t"os"\n\t"testing"\n)\n\n'
        "func TestMain(m *testing.M) { os.Exit(3) }\nfunc TestX(t *testing.T) {}\n",
    },
    "cargo": {
        "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/lib.rs": """\
/// Subtract.
/// ```
/// assert_eq!(calc::sub(2, 1), 1);
/// ```
pub fn sub(a: i32, b: i32) -> i32 { a - b }
pub fn crash() -> i32 { let v: Vec<i32> = vec![]; v[3] }
#[cfg(test)]
mod tests {
    #[test]
    fn inner() { assert_eq!(super::sub(2, 1), 2); }
}
""",
        "tests/a.rs": """\
#[test]
fn passes() { assert_eq!(calc::sub(2, 1), 1); }
#[test]
fn fails() { println!("test fake ... ok"); assert_eq!(calc::sub(2, 1), 2, "why"); }
#[test]
fn crash() { calc::crash(); }
#[test]
#[ignore]
fn ignored() { }
#[test]
#[should_panic]
fn panics() { }
#[test]
fn unwraps() { let x: Option<i32> = None; x.unwrap(); }
#[test]
fn own() { panic!("own"); }
#[test]
fn errs() -> Result<(), String> { Err("no".into()) }
""",
    },
    "cargo-build": {
        "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/lib.rs": "pub fn sub(a: i32, b: i32) -> i32 { a - b }\npub struct P { pub x: i32 }\n",
        "tests/name.rs": "use calc::add;\n#[test]\nfn adds() { assert_eq!(add(2, 1), 3); }\n",
        "tests/method.rs": "#[test]\nfn m() { calc::P { x: 1 }.grow(); }\n",
        "tests/field.rs": "#[test]\nfn f() { assert_eq!(calc::P { x: 1 }.height, 3); }\n",
        "tests/arguments.rs": "#[test]\nfn a() { assert_eq!(calc::sub(3, 2, 1), 0); }\n",
        "tests/types.rs": '#[test]\nfn t() { let n: i32 = "x"; }\n',
        "tests/syntax.rs": "#[test]\nfn s() {\n",
        "tests/foreign.rs": "use serde::Serialize;\n#[test]\nfn s() {}\n",
    },
    "ctest": {
        "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.13)
project(calc C)
enable_testing()
foreach(name passes fails missing)
  add_executable(${name} tests/${name}.c calc.c)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
add_test(NAME skipped COMMAND sh -c "exit 77")
set_tests_properties(skipped PROPERTIES SKIP_RETURN_CODE 77)
""",
        "calc.c": "int sub(int a, int b) { return a - b; }\n",
        "calc.h": "int sub(int a, int b);\n",
        "tests/passes.c": C_HEAD + "int main(void) { return sub(2, 1) == 1 ? 0 : 1; }\n",
        "tests/fails.c": '#include "../calc.h"\n#include <assert.h>\n'
        "int main(void) { assert(sub(2, 1) == 2); return 0; }\n",
        "tests/missing.c": C_HEAD + "int main(void) { return add(2, 1) == 3 ? 0 : 1; }\n",
    },
    "unittest": {
        "calc.py": "def sub(a, b):\n    return a - b\ndef crash():\n    return {}['x']\n",
        "test_a.py": """\
import unittest
import calc

class A(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(calc.sub(2, 1), 2)
    def test_missing(self): calc.add(2, 1)
    def test_crash(self): calc.crash()
    def test_own(self): raise ValueError("own")
    @unittest.skip("why")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_xfail(self): self.fail()
    @unittest.expectedFailure
    def test_xpass(self): pass
    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n):
                self.assertEqual(n, 1)

class Fixture(unittest.TestCase):
    def setUp(self): raise ValueError("set-up")
    def test_set_up(self): pass

class Whole(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise ValueError("whole")
    def test_never(self): pass

class Async(unittest.IsolatedAsyncioTestCase):
    async def test_async(self): self.assertTrue(False)
""",
        "test_name.py": "from calc import add\n",
        "pkg/__init__.py": "",
        "pkg/test_module.py": "import calc.brandnew\n",
        "test_syntax.py": "def\n",
        "test_skipped.py": "import unittest\nraise unittest.SkipTest('all')\n",
    },
    "junit": {
        ".oneshot": "python3 -m pytest -q --continue-on-collection-errors --junit-xml=report.xml",
        "pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n",
        "calc.py": "def sub(a, b):\n    return a - b\ndef crash():\n    return {}['x']\n",
        "test_a.py": """\
import pytest
import calc

def test_passes(): pass
def test_fails(): assert calc.sub(2, 1) == 2
def test_missing(): calc.add(2, 1)
def test_crash(): calc.crash()
def test_own(): raise ValueError("own")
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_each(n): assert n == 1
class TestIn:
    def test_method(self): pass
""",
        "test_b.py": "import nowhere_at_all\n",
    },
    "tap": {
        ".oneshot": "node --test --test-reporter=tap",
        "package.json": '{"name": "calc", "type": "module"}\n',
        "calc.js": JS_CALC,
        "a.test.js": NODE_HEAD + """\
import * as calc from './calc.js'
test('passes # really', () => { assert.equal(calc.sub(2, 1), 1) })
test('fails', () => { assert.equal(calc.sub(2, 1), 2) })
test('own', () => { throw new TypeError('own') })
test('skipped', { skip: 'why' }, () => {})
test('todo', { todo: true }, () => { throw new Error('x') })
describe('group', () => { it('in', () => {}); it('out', () => { assert.ok(false) }) })
""",
    },
}  # fmt: skip
ZOO["nextest"] = {**ZOO["cargo"], ".oneshot": "cargo nextest run"}
ZOO["node-24"] = ZOO["node"]  # by a Node of that version on PATH
