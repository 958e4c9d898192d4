"""What is pinned: every dependency by hash, the Claude Code CLI by its package's hash."""

from __future__ import annotations

import json
import re
import tomllib

from packaging.requirements import Requirement

from tests.support.claude_cli import PINNED_VERSION
from tests.support.environment import PROJECT

PIN = re.compile(
    r"^([a-z0-9-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def test_every_dependency_is_pinned_with_hashes() -> None:
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    pins = {name: version for name, version, _ in PIN.findall(lock)}
    assert len(pins) == lock.count("==")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(text for extra in extras for text in extra)]
    unmet = [
        text
        for text in wanted
        if not Requirement(text).specifier.contains(pins.get(Requirement(text).name, "0"))
    ]
    assert unmet == [], "run scripts/lock"


def test_locks_name_no_host() -> None:
    for name in ("requirements.lock", "tests/claude/package-lock.json"):
        assert "://" not in (PROJECT / name).read_text(encoding="utf-8"), name


def test_the_agent_program_is_pinned_by_hash() -> None:
    folder = PROJECT / "tests" / "claude"
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    assert manifest["dependencies"] == {"@anthropic-ai/claude-code": PINNED_VERSION}
    packages = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    pinned = {name: entry for name, entry in packages.items() if name}
    assert {entry["version"] for entry in pinned.values()} == {PINNED_VERSION}
    assert all(entry["integrity"].startswith("sha512-") for entry in pinned.values())
