"""Both sides add: imports, functions, methods, tests, keys, items of lists; in every language."""

from __future__ import annotations

import pytest

from tests.ladder.structural.merging import both_add, merged

ADDITIONS = {
    "imports.py": """\
import os
T|import re
R|import sys

from a import b


def f():
    return os, b
""",
    "functions.py": """\
def first():
    return 1
T|
T|
T|def second():
T|    return 2
R|
R|
R|@cache
R|def third():
R|    # The third.
R|    return 3


class A:
    x = 1

    def one(self):
        return 1
T|
T|    def two(self):
T|        return 2
R|
R|    def three(self):
R|        return 3
""",
    "dictionary.py": """\
COLOURS = {
    "red": 1,
T|    "green": 2,
R|    "blue": {
R|        "dark": 3,
R|    },
}
""",
    "imports.js": """\
import a from './a';
T|import { b } from './b';
R|import { c, d } from './c';

export const x = a;
""",
    "tests.js": """\
describe('sum', () => {
  it('adds', () => {
    expect(sum(1, 2)).toBe(3);
  });
T|
T|  it('adds nothing', () => {
T|    expect(sum()).toBe(0);
T|  });
R|
R|  it('adds one', async () => {
R|    expect(await sum(1)).toBe(1);
R|  });
});
""",
    "types.ts": """\
export interface Options {
  name: string;
T|  size?: number;
R|  paint(colour: string): void;
}

export enum Kind {
  One = 1,
T|  Two = 2,
R|  Three = 3,
}
""",
    "view.tsx": """\
export const routes = {
  home: <Home />,
T|  list: <List all />,
R|  page: <Page />,
};
""",
    "server.go": """\
package server

import (
	"fmt"
T|	"io"
R|	"os"
)

type Server struct {
	Name string
T|	Port int
R|	// Root is where files are.
R|	Root string
}

// Start starts.
func (s *Server) Start() { fmt.Println(s.Name) }
T|
T|// Stop stops.
T|func (s *Server) Stop() {}
R|
R|func (s *Server) Wait() {}
""",
    "lib.rs": """\
use std::fs;
T|use std::io::Read;
R|use std::process;

pub enum Kind {
    One,
T|    Two(u8),
R|    Three { a: u8 },
}

pub fn one() {}
T|
T|/// The second.
T|pub fn two() {}
R|
R|#[inline]
R|pub fn three() {}

#[cfg(test)]
mod tests {
    use super::*;
T|
T|    #[test]
T|    fn is_two() {}
R|
R|    #[test]
R|    fn is_three() {}
}
""",
    "Shop.java": """\
package shop;

import java.util.List;
T|import java.util.Map;
R|import java.util.Set;

public class Shop {
    private int size;
T|    private int weight;
R|    private String name;

    void open() {}
T|
T|    void open(int hour) {}
R|
R|    @Override
R|    public String toString() { return ""; }
}
""",
    "list.c": """\
#include <stdio.h>
T|#include <stdlib.h>
R|#include <string.h>

int one(void) { return 1; }
T|
T|static int two(void)
T|{
T|    return 2;
T|}
R|
R|int *three(int a) { return 0; }
""",
    "package.json": """\
{
  "name": "a",
  "dependencies": {
    "first": "1",
T|    "second": "2",
R|    "third": { "version": "3" },
    "zeta": "9"
  }
}
""",
    "compose.yaml": """\
# What runs.
services:
  web:
    image: a
T|    # Only here.
T|    ports: [80]
R|    restart: always
    volumes: {}
T|  cache:
T|    image: b
R|  queue:
R|    image: c
R|    command: |
R|      run
R|      # no comment
""",
    "Cargo.toml": """\
[package]
name = "a"

[dependencies]
first = "1"
T|second = { version = "2", optional = true }
R|# Why the third.
R|third = "3"
T|
T|[features]
T|all = []
R|
R|[profile.release]
R|lto = true
""",
}


@pytest.mark.parametrize("path", ADDITIONS)
def test_both_add_beside_each_other(path: str) -> None:
    found, both = both_add(path, ADDITIONS[path])
    assert found == both


def test_the_last_key_gets_its_comma() -> None:
    found = merged(
        "a.json",
        '{\n  "a": 1\n}\n',
        '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\n',
        '{\n  "a": 1,\n  "c": 3\n}\n',
    )
    assert found == '{\n  "a": 1,\n  "b": [\n    2\n  ],\n  "c": 3\n}\n'


def test_a_trailing_comma_that_one_side_adds_stays() -> None:
    found = merged(
        "a.ts",
        "import {\n  a,\n  c\n} from 'x';\n",
        "import {\n  a,\n  c,\n} from 'x';\n",
        "import {\n  a,\n  b, // why\n  c\n} from 'x';\n",
    )
    assert found == "import {\n  a,\n  b, // why\n  c,\n} from 'x';\n"
    found = merged(
        "a.ts",
        "import {\n  a,\n  c\n} from 'x';\n",
        "import {\n  a,\n  b,\n  c\n} from 'x';\n",
        "import {\n  a,\n  c,\n} from 'x';\n",
    )
    assert found == "import {\n  a,\n  b,\n  c,\n} from 'x';\n"


@pytest.mark.parametrize(
    ("path", "base", "target", "branch", "both"),
    [
        (
            "a.py",
            "from m import a, d\n",
            "from m import a, b, d\n",
            "from m import a, c, d\n",
            "from m import a, b, c, d\n",
        ),
        (
            "a.js",
            "import { a, x } from 'm';\n",
            "import { a, c, x } from 'm';\n",
            "import { a, b, x } from 'm';\n",
            "import { a, b, c, x } from 'm';\n",
        ),
        (
            "a.rs",
            "use m::{a, d};\n",
            "pub use m::{a, d};\n",
            "use m::{a, c, d};\n",
            None,
        ),
    ],
)
def test_names_in_one_row(path: str, base: str, target: str, branch: str, both: str | None) -> None:
    assert merged(path, base, target, branch) == both


def test_imports_that_both_sides_keep_sorted_stay_sorted() -> None:
    found = merged(
        "a.go",
        'package a\n\nimport (\n\t"a"\n\t"c"\n\t"z"\n)\n',
        'package a\n\nimport (\n\t"a"\n\t"c"\n\t"f"\n\t"z"\n)\n',
        'package a\n\nimport (\n\t"a"\n\t"c"\n\t"d"\n\t"z"\n)\n',
    )
    assert found == 'package a\n\nimport (\n\t"a"\n\t"c"\n\t"d"\n\t"f"\n\t"z"\n)\n'


def test_one_takes_away_what_stands_beside_an_addition() -> None:
    found = merged(
        "a.py",
        "import a\nimport b\n\nx = a\n",
        "import a\n\nx = a\n",
        "import a\nimport b\nimport c\n\nx = a\n",
    )
    assert found == "import a\nimport c\n\nx = a\n"


def test_much_on_both_sides_is_merged_when_both_must_survive() -> None:
    rows = "".join(f"R|    three({number})\n" for number in range(20))
    text = (
        f"def one():\n    one()\nT|\nT|\nT|def two():\nT|    two()\nR|\nR|\nR|def three():\n{rows}"
    )
    assert both_add("a.py", text)[0] is None
    found, both = both_add("a.py", text, keep_both=True)
    assert found == both


def test_members_of_a_list_are_ordered_when_both_must_survive() -> None:
    text = 'NAMES = [\n    "b",\nT|    "a",\nR|    "c",\n]\n'
    assert both_add("a.py", text)[0] is None
    found, both = both_add("a.py", text, keep_both=True)
    assert found == both
