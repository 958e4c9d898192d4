"""Every setting with its default, as `wta config` writes it."""

from __future__ import annotations

WRITTEN = {
    "agent.kind": '"claude"',
    "agent.program": '"claude"',
    "agent.model": '"none"',
    "agent.permission_mode": '"acceptEdits"',
    "agent.allow": '["Edit(./**)", "Bash(git add *)", "Bash(git commit *)", "Bash(git status)",'
    ' "Bash(git status *)", "Bash(git diff)", "Bash(git diff *)", "Bash(git log)",'
    ' "Bash(git log *)"]',
    "agent.deny": '["Bash(git push)", "Bash(git push *)", "Bash(git stash)", "Bash(git stash *)"]',
    "agent.max_turns": '"none"',
    "agent.budget_usd": '"none"',
    "agent.timeout": '"2h"',
    "worktree.root": '"../{repository}-worktrees"',
    "worktree.setup": "[]",
    "worktree.setup_timeout": '"10m"',
    "worktree.include_file": '".worktreeinclude"',
    "merge.target": '"none"',
    "merge.gate": "[]",
    "merge.gate_timeout": '"20m"',
    "merge.setup": "[]",
    "merge.slots": '"none"',
    "merge.strategy": '"rebase"',
    "merge.resolver": '"claude"',
    "merge.resolver_command": "[]",
    "merge.resolver_model": '"none"',
    "merge.resolver_budget_usd": "2",
    "merge.resolver_last": '"none"',
    "merge.regenerate": "[]",
    "merge.ladder": '["regenerate", "memory", "rules", "structural", "candidates", "agent"]',
    "merge.candidates": "3",
    "merge.test_command": '"none"',
    "merge.test_paths": '["test_*.py", "*_test.py", "*_test.go", "*.test.?s", "*.test.?sx",'
    ' "*.test.??s", "*.spec.?s", "*.spec.?sx", "*.spec.??s", "*_spec.rb", "*_test.rb",'
    ' "*_test.exs"]',
    "merge.allow_drops": "false",
    "merge.protected": '["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ".claude/", ".mcp.json",'
    ' ".github/workflows/", ".github/actions/", ".gitlab-ci.yml", ".circleci/", ".ci/",'
    ' "Jenkinsfile", "azure-pipelines.yml", "wta.toml", ".worktreeinclude", ".gitattributes",'
    ' ".gitmodules"]',
    "merge.push": '"none"',
    "merge.post_gate": "[]",
    "merge.auto_undo": "false",
    "limits.agents": "8",
    "limits.retries": "2",
    "limits.retry_pause": '"10s"',
    "limits.patience": '"1d"',
    "limits.breaker": "3",
    "limits.disk_floor": '"2GB"',
    "limits.stop_seconds": "10",
    "limits.quiet_after": '"3m"',
    "limits.stuck_after": '"15m"',
    "limits.commit_request": "true",
    "cleanup.keep": '"30d"',
    "cleanup.regenerable": '["node_modules/", ".venv/", "target/", "__pycache__/",'
    ' ".pytest_cache/", ".mypy_cache/", ".ruff_cache/"]',
    "cleanup.per_pass": "3",
    "checkpoints.enabled": "true",
    "checkpoints.every": '"5m"',
    "checkpoints.include": "[]",
    "checkpoints.largest": '"50MB"',
    "checkpoints.most": "100",
    "radar.enabled": "true",
    "radar.interval": '"10s"',
    "radar.notify": "true",
    "radar.claims": '"warn"',
    "radar.own": "[]",
}
