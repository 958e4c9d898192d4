"""A rule is shown, written where the setting stands, and trusted by whoever has seen it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from wtagents.core.config.toml_edit import with_entry
from wtagents.core.errors import StateError, UsageError
from wtagents.core.permission import parse_rule, rule_of
from wtagents.operations.context import Context
from wtagents.operations.steering.rule import apply_rule, plan_rule
from wtagents.operations.trust import observe_trust, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[agent]\nallow = [\n  "a",\n  "b",\n]\n'),
        ("[merge]\ngate = []", '[merge]\ngate = []\n\n[agent]\nallow = [\n  "a",\n  "b",\n]\n'),
        ('[agent] # x\nmodel = "m"\n', '[agent] # x\nallow = [\n  "a",\n  "b",\n]\nmodel = "m"\n'),
        ('[agent]\nallow = ["a"]\n', '[agent]\nallow = ["a", "b"]\n'),
        ('agent.allow = [ "a", ]\n', 'agent.allow = [ "a", "b"]\n'),
        (
            '[agent]\nallow = [\n  "a", # ] "\n]\nmodel = "m"\n',
            '[agent]\nallow = [\n  "a", # ] "\n  "b",\n]\nmodel = "m"\n',
        ),
    ],
)
def test_a_list_gets_one_more_entry_and_all_else_stays(before: str, after: str) -> None:
    changed = with_entry(before.encode(), "agent", "allow", ("a", "b"))
    assert changed is not None
    assert changed.decode() == after
    assert tomllib.loads(after)["agent"]["allow"] == ["a", "b"]


def test_what_cannot_be_edited_safely_is_left_alone() -> None:
    assert with_entry(b'agent = { allow = ["a"] }\n', "agent", "allow", ("a", "b")) is None
    assert with_entry(b"[agent\n", "agent", "allow", ("a", "b")) is None


def test_a_rule_is_as_narrow_as_what_was_asked() -> None:
    assert rule_of("Bash", "npm test") == "Bash(npm test)"
    assert rule_of("Bash", "npm run build, then\nrm *") == "Bash(npm run *)"
    assert rule_of("Bash", "(cd x)") == "Bash"
    assert rule_of("WebFetch", "") == "WebFetch"
    for wrong in ("", "Bash(", "Bash(a),Edit", "Bash(a\x1b)", "-x"):
        with pytest.raises(UsageError, match="is no rule"):
            parse_rule(wrong)


def test_it_is_shown_before_it_is_written_and_trusted_then(context: Context) -> None:
    main = context.main_worktree
    assert main is not None
    file = main / "wta.toml"
    file.write_text('# ours\n[agent]\nallow = ["Read"]\n')
    context.reload_settings()
    with pytest.raises(StateError, match="is not trusted as it is"):
        plan_rule(context, "Bash(npm test)")
    trust(context)
    plan = plan_rule(context, "Bash(npm test)").data
    assert plan.changes[2:] == (
        "@@ -1,3 +1,3 @@",
        " # ours",
        " [agent]",
        '-allow = ["Read"]',
        '+allow = ["Read", "Bash(npm test)"]',
    )
    assert "npm" not in file.read_text(), "nothing is written yet"
    apply_rule(context, plan)
    assert file.read_text() == '# ours\n[agent]\nallow = ["Read", "Bash(npm test)"]\n'
    assert observe_trust(context).trusted
    assert context.settings.agent.allow == ("Read", "Bash(npm test)")
    with pytest.raises(StateError, match="was changed meanwhile"):
        apply_rule(context, plan)
    with pytest.raises(StateError, match="is allowed already"):
        plan_rule(context, "Read")
