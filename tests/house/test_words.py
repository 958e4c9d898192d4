"""One word per thing, in code, tables, messages and command names alike."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.house.source import (
    Module,
    Violation,
    is_docstring,
    load_modules,
    plant,
    require_none,
)
from tests.support.environment import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = {
    "daemon": "say supervisor",
    "helper": "name what it does",
    "helpers": "name what they do",
    "job": "say task, run or merge request",
    "jobs": "say tasks, runs or merge requests",
    "manager": "name what it keeps or decides",
    "misc": "name the topic",
    "mutex": "say lock",
    "trunk": "say target",
    "util": "name the topic",
    "utils": "name the topic",
    "workspace": "say worktree",
    "workspaces": "say worktrees",
}
"""Words that are no names here, with the right one."""

COMMANDS = {
    "abort": "cancel",
    "create": "spawn",
    "kill": "stop",
    "land": "merge",
    "list": "status",
    "new": "spawn",
    "prune": "cleanup",
    "rebase": "merge",
    "remove": "cleanup",
    "rm": "cleanup",
    "run": "spawn",
}
"""File names that are no commands, with the verb that is."""

PHRASES = {
    r"\b(?:ours|theirs)\b": "say target and branch, or name the task",
    r"\b[Jj]obs?\b": "say task, run or merge request",
    r"\b[Dd]aemons?\b": "say supervisor",
    r"\b[Ww]orkspaces?\b": "say worktree",
    r"\b[Pp]lease\b": "name the next command",
    r"\b(?:[Ss]orry|[Oo]ops|[Uu]h-oh)\b": "name the cause",
    r"\b[Ss]uccessfully\b": "what is not an error was done",
}
"""Patterns of text that no person shall read, with the way to say it."""

SPEAKING = (
    "wtagents/cli/",
    "wtagents/core/",
    "wtagents/dashboard/",
    "wtagents/operations/",
    "wtagents/supervisor/",
    "wtagents/system/",
)
"""Floors whose texts reach a person; git and agent also quote git and the agent program."""


def find_wrong_words(root: Path) -> list[Violation]:
    found = []
    for module in load_modules(root, "wtagents"):
        found += [*wrong_names(module), *wrong_phrases(module), *wrong_commands(module)]
    for path in sorted((root / "wtagents").rglob("*.sql")):
        found += wrong_tables(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    return found


def wrong_names(module: Module) -> Iterator[Violation]:
    stem = module.path.rpartition("/")[2].removesuffix(".py")
    for line, name in [(1, stem), *sorted(set(defined(module.nodes)))]:
        for word in split_name(name):
            if word in WORDS:
                yield module.violation(line, f"'{word}' in the name {name}", WORDS[word])
    for function in own_functions(module.nodes):
        if function.name.startswith("get_"):
            instead = "a noun, or require_, load_, parse_, observe_"
            yield module.violation(function, f"the accessor {function.name}", instead)


def own_functions(nodes: tuple[ast.AST, ...]) -> Iterator[ast.FunctionDef]:
    """Yield the functions whose name is ours; a base class may dictate those of its methods."""
    dictated = {
        id(method)
        for node in nodes
        if isinstance(node, ast.ClassDef) and node.bases
        for method in node.body
    }
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and id(node) not in dictated:
            yield node


def defined(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def split_name(name: str) -> list[str]:
    """Split snake_case and CamelCase into lower-case words."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def wrong_phrases(module: Module) -> Iterator[Violation]:
    if not module.is_in(*SPEAKING):
        return
    silent = {
        id(node.value) for node in module.nodes if isinstance(node, ast.Expr) and is_docstring(node)
    }
    for node in module.nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            for pattern, instead in PHRASES.items():
                for match in re.findall(pattern, node.value):
                    yield module.violation(node, f"'{match}' in a text", instead)


def wrong_commands(module: Module) -> Iterator[Violation]:
    if module.is_in("wtagents/cli/commands/"):
        stem = module.path.rpartition("/")[2].removesuffix(".py")
        if stem in COMMANDS:
            yield module.violation(1, f"the command {stem}", f"the verb is {COMMANDS[stem]}")


def wrong_tables(path: str, text: str) -> Iterator[Violation]:
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(r"--.*|'[^']*'", "", line)
        for name in re.findall(r"[A-Za-z_]+", code):
            for word in split_name(name):
                if word in WORDS:
                    what = f"'{word}' in the name {name}"
                    yield Violation(place=f"{path}:{number}", what=what, instead=WORDS[word])


def test_every_thing_has_its_word() -> None:
    require_none(find_wrong_words(PROJECT))


def test_wrong_words_are_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "wtagents/git/utils.py": "THEIRS = 'checkout --theirs'\n",
            "wtagents/core/a.py": (
                '"""Jobs of the daemon: docstrings are for us."""\n'
                "class JobQueue: ...\n"
                "def f(workspaceRoot, jobless): return 'kept theirs'\n"
                "def get_task(): ...\n"
                "class Group(click.Group):\n    def get_help(self): ...\n"
                "merge_manager = f'Daemon {f} done successfully'\n"
            ),
            "wtagents/cli/commands/kill.py": "",
            "wtagents/store/schema.sql": (
                "CREATE TABLE job (id INTEGER); -- a job\nCHECK (kind IN ('job'))\n"
            ),
        },
    )
    assert [str(each) for each in find_wrong_words(root)] == [
        "wtagents/cli/commands/kill.py:1: the command kill; the verb is stop",
        "wtagents/core/a.py:2: 'job' in the name JobQueue; say task, run or merge request",
        "wtagents/core/a.py:3: 'workspace' in the name workspaceRoot; say worktree",
        "wtagents/core/a.py:7: 'manager' in the name merge_manager; name what it keeps or decides",
        (
            "wtagents/core/a.py:4: the accessor get_task; "
            "a noun, or require_, load_, parse_, observe_"
        ),
        ("wtagents/core/a.py:3: 'theirs' in a text; say target and branch, or name the task"),
        "wtagents/core/a.py:7: 'Daemon' in a text; say supervisor",
        "wtagents/core/a.py:7: 'successfully' in a text; what is not an error was done",
        "wtagents/git/utils.py:1: 'utils' in the name utils; name the topic",
        "wtagents/store/schema.sql:1: 'job' in the name job; say task, run or merge request",
    ]
