"""The program that is asked before an edit: it says who holds a file, never stands in the way."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile_texts import HOSTILE_TEXTS
from tests.support.processes import run_to_end
from wtagents.agent import edit_hook

TASKS = {"1": 'the task login ("fix it").', "2": "the task docs.", "3": "the task other."}


@dataclass
class Hook:
    """One repository's claims, asked by its agents."""

    folder: Path
    worktree: Path

    def hold(self, **claims: Any) -> None:
        whole = {"mode": "warn", "newest": 3, "tasks": TASKS, "areas": [], "held": {}} | claims
        (self.folder / "claims.json").write_text(json.dumps(whole))

    def run(self, stdin: str, *, task: int = 2, mode: str = "warn") -> str:
        program = [sys.executable, "-I", "-S", str(edit_hook.__file__)]
        facts = [str(self.folder), str(task), f"task-{task}", str(self.worktree), mode]
        done = run_to_end([*program, *facts], stdin=stdin.encode(), cwd=self.worktree)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode()

    def ask(self, path: str, *, task: int = 2, mode: str = "warn", **asked: Any) -> str:
        """Return what is said of an edit; '' for nothing."""
        given = {"tool_name": "Edit", "tool_input": {"file_path": path}, "cwd": str(self.worktree)}
        out = self.run(json.dumps(given | asked), task=task, mode=mode)
        if not out:
            return ""
        said = json.loads(out)["hookSpecificOutput"]
        assert said.pop("hookEventName") == "PreToolUse"
        return " | ".join(said.values())

    def noted(self) -> list[tuple[int, str]]:
        file = self.folder / "edits"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(each["task"], each["path"]) for each in map(json.loads, lines)]


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    for name in ("claims", "tree"):
        (tmp_path / name).mkdir()
    return Hook(folder=tmp_path / "claims", worktree=tmp_path / "tree")


CHANGED = 'wta: a.py is being changed by the task login ("fix it").'


def test_what_another_task_changed_first_is_said_once(hook: Hook) -> None:
    hook.hold(held={"a.py": [1]})
    assert hook.ask("a.py").startswith(CHANGED)
    assert hook.ask("a.py") == ""
    assert hook.ask("a.py", task=1) == ""
    assert hook.ask("b.py") == ""
    assert hook.noted() == [(2, "a.py"), (2, "b.py")]
    hook.hold(held={"a.py": [1, 3]})
    assert hook.ask("a.py", task=3) == ""


def test_denied_and_asked_each_time(hook: Hook) -> None:
    hook.hold(held={"a.py": [1, 2]}, mode="deny")
    for _ in range(2):
        assert hook.ask("a.py").startswith(f"deny | {CHANGED} Leave it alone.")
    hook.hold(held={"a.py": [1]}, mode="ask")
    assert hook.ask("a.py") == f"ask | {CHANGED}"
    assert hook.ask("a.py", task=1) == ""
    assert hook.noted() == []


def test_areas_come_before_changes(hook: Hook) -> None:
    areas = [
        {"path": "src/login", "why": "is claimed for login.", "tasks": [1]},
        {"pattern": translate("docs/*.md"), "why": "belongs to docs.", "tasks": [2]},
        {"path": "gone", "why": "belongs to nobody.", "tasks": []},
    ]
    hook.hold(areas=areas, held={"docs/a.md": [1], "src/login/x": [2]}, mode="deny")
    said = {path: hook.ask(path).split(" ", 4)[:4] for path in ("src/login/x", "docs/a.md", "gone")}
    assert said == {
        "src/login/x": ["deny", "|", "wta:", "src/login/x"],
        "docs/a.md": [""],
        "gone": ["deny", "|", "wta:", "gone"],
    }
    assert hook.ask("src/login2") == ""


def test_two_edits_at_once_before_any_look(hook: Hook) -> None:
    assert hook.ask("a.py", task=1) == ""
    assert hook.ask("a.py", task=2).startswith("wta: a.py has just been changed by the task task-1")
    assert hook.ask("a.py", task=2, mode="deny").startswith("deny | wta: a.py has just been")
    (hook.folder / "edits").rename(hook.folder / "edits.old")
    assert hook.ask("a.py", task=3).startswith("wta: a.py has just been changed by the task task-1")
    hook.hold(tasks={"2": "x", "3": "y"}, newest=3)
    assert hook.ask("a.py", task=2, mode="deny") == ""


def test_paths(hook: Hook, tmp_path: Path) -> None:
    hook.hold(held={"a.py": [1], "sub/b": [1]}, mode="deny")
    (hook.worktree / "sub").mkdir()
    (tmp_path / "alias").symlink_to(hook.worktree)
    for path in (f"{hook.worktree}/a.py", "./sub/../a.py", f"{tmp_path}/alias/a.py"):
        assert hook.ask(path).startswith("deny")
    assert hook.ask("b", cwd=str(hook.worktree / "sub")).startswith("deny")
    assert hook.ask("", tool_input={"notebook_path": "a.py"}).startswith("deny")
    for path in (f"{tmp_path}/a.py", "../a.py", "/etc/passwd", ""):
        assert hook.ask(path) == ""
    assert hook.noted() == []


@pytest.mark.parametrize("stdin", ["", "no", "[]", "{}", '{"tool_input": 3}', "[" * 100_000])
def test_it_fails_open_on_what_it_does_not_understand(hook: Hook, stdin: str) -> None:
    hook.hold(held={"a.py": [1]}, mode="deny")
    assert hook.run(stdin) == ""


def test_it_fails_open_on_damaged_claims(hook: Hook, tmp_path: Path) -> None:
    for content in ("", "{", "[]", '{"held": 3}', '{"held": {"a.py": [9]}}'):
        (hook.folder / "claims.json").write_text(content)
        assert hook.ask("a.py", mode="deny") == ""
    hook.hold(mode="deny")
    (hook.folder / "edits").write_text('{"task": 1, "path": "a.py", "name": "x"}\n{"task": 1, "pa')
    assert hook.ask("a.py", mode="deny").startswith("deny")
    (hook.folder / "edits").write_text("nonsense\n")
    assert hook.ask("a.py", mode="deny") == ""
    hook.folder = tmp_path / "nowhere"
    assert hook.ask("a.py", mode="deny") == ""


def test_hostile_names(hook: Hook) -> None:
    names = sorted({text.replace("/", "_").replace("\0", "") or "x" for text in HOSTILE_TEXTS})
    hook.hold(held={name: [1] for name in names}, mode="deny")
    folder, worktree = str(hook.folder), str(hook.worktree)
    for name in names:
        asked = {"tool_input": {"file_path": f"{worktree}/{name}"}}
        said = edit_hook.answer(folder, 2, "docs", worktree, "deny", asked)
        assert said is None or said["hookSpecificOutput"]["permissionDecision"] == "deny"
        assert edit_hook.answer(folder, 1, "login", worktree, "deny", asked) is None


def test_it_loads_little() -> None:
    program = [sys.executable, "-I", "-S", "-X", "importtime", str(edit_hook.__file__)]
    done = run_to_end(program)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "os" in loaded
    assert loaded.isdisjoint({"json", "re", "typing", "pathlib", "wtagents"})
