"""The adapter's own command line and stdin lines, with the real program behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.api.script import bash, marker, script, text
from tests.support.claude_cli import PINNED_VERSION, ClaudeCli, ClaudeSession
from tests.support.environment import Sandbox
from tests.support.messages_api import MessagesApi
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.agent.claude import Claude
from wtagents.agent.events import Event, MessageMoved, MessageStage, Unknown
from wtagents.agent.port import Ending, LaunchRequest, Probe, Reader, ReaderState, Verdict
from wtagents.core.ids import TaskName
from wtagents.core.run import ExitReason

pytestmark = pytest.mark.claude

AT = datetime(2026, 1, 1, tzinfo=UTC)
SESSION = "00000000-0000-4000-8000-0000000000aa"
FIRST, SECOND, THIRD = (f"20000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
PROMPT = f"{marker('a')} Add a greeting."


@dataclass(kw_only=True)
class Drive:
    """A live process behind the port, driven as the runner does."""

    session: ClaudeSession
    agent: Claude
    reader: Reader
    events: list[Event] = field(default_factory=list)
    fed: int = 0

    def say(self, wire: str, words: str) -> None:
        self.session.send_line(self.agent.encode_text(wire, words).rstrip(b"\n"))
        self.reader.note_sent(wire)

    def feed(self) -> None:
        """Reads what has come since the last time."""
        lines = self.session.lines
        for line in lines[self.fed :]:
            self.events += self.reader.feed(line, at=AT)
        self.fed = len(lines)

    def wait(self, is_met: Callable[[ReaderState], bool], what: str) -> ReaderState:
        def met() -> bool:
            self.feed()
            return is_met(self.reader.state)

        wait_until(met, what=what)
        return self.reader.state

    def rest(self, *, turns: int = 1) -> None:
        self.wait(lambda state: state.at_rest and state.results == turns, "the agent rests")

    def end(self) -> Verdict:
        ended = self.session.finish()
        self.feed()
        return self.reader.verdict(Ending(exit_code=ended.exit_code, stderr_tail=ended.stderr))

    def stages(self, wire: str) -> list[MessageStage]:
        moved = [event for event in self.events if isinstance(event, MessageMoved)]
        return [event.stage for event in moved if event.wire == wire]


def launch(claude: ClaudeCli, worktree: Path, **changes: object) -> Drive:
    """Starts what the adapter says, in the adapter's environment; retries are off."""
    request = LaunchRequest(
        task=TaskName("greeting"),
        worktree=worktree,
        prompt=PROMPT,
        session_id=SESSION,
        resumes=False,
        program=str(claude.program),
        model="claude-haiku-4-5",
    )
    agent = Claude()
    asked = agent.launch(replace(request, **changes))  # type: ignore[arg-type]
    environment = claude.environment(bypass=True) | dict(asked.environment)
    environment["CLAUDE_CODE_MAX_RETRIES"] = "0"
    session = ClaudeSession(list(asked.argv), cwd=worktree, environment=environment)
    drive = Drive(session=session, agent=agent, reader=agent.reader())
    drive.say(FIRST, asked.first_message)
    return drive


def test_a_run_from_its_prompt_to_its_verdict(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    commit = "echo hello > greeting && git add -A && git commit -q -m Greet"
    messages_api.add_script("a", script(bash(commit), text("Done.")))
    rules = repository.path.parent / "rules.md"
    rules.write_text("Always greet in lower case.\n")
    drive = launch(
        claude,
        repository.path,
        permission_mode="bypassPermissions",
        max_turns=20,
        budget_usd=5.0,
        allow=("Edit(./**)",),
        deny=("Bash(git push *)",),
        instructions=rules,
    )
    with drive.session:
        drive.rest()
        verdict = drive.end()
    assert (verdict.reason, verdict.detail, verdict.denials) == (ExitReason.COMPLETED, "Done.", ())
    state = drive.reader.state
    assert [event for event in drive.events if isinstance(event, Unknown)] == []
    assert (state.session_id, state.usage.turns) == (SESSION, 2)
    assert (state.usage.context_tokens, state.usage.context_window) == (1000, 200_000)
    assert state.usage.cost_usd > 0
    assert drive.stages(FIRST) == [
        MessageStage.QUEUED,
        MessageStage.STARTED,
        MessageStage.COMPLETED,
    ]
    assert repository.subjects() == ["Greet", "Begin"]
    assert "Always greet in lower case." in messages_api.requests[0].system_text


def test_an_interrupted_turn_goes_on_with_the_next_message_and_is_resumed(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    steps = (bash("touch started; exec sleep 600"), text("One."), text("Two."))
    messages_api.add_script("a", script(*steps))
    first = launch(claude, repository.path, permission_mode="bypassPermissions")
    with first.session:
        wait_until((repository.path / "started").exists, what="the command started")
        first.session.send_line(first.agent.encode_interrupt("r1").rstrip(b"\n"))
        first.rest()
        first.say(SECOND, "/clear is only words here")
        first.rest(turns=2)
        verdict = first.end()
    assert (verdict.reason, verdict.detail) == (ExitReason.COMPLETED, "One.")
    assert first.stages(FIRST)[-1] is MessageStage.CANCELLED
    assert messages_api.requests[-1].user_texts[-1].endswith("/clear is only words here")

    second = launch(claude, repository.path, resumes=True)
    with second.session:
        second.say(THIRD, "Go on.")
        second.rest()
        verdict = second.end()
    assert (verdict.reason, verdict.detail) == (ExitReason.COMPLETED, "Two.")
    assert MessageStage.QUEUED not in second.stages(FIRST), "the prompt was known already"
    assert messages_api.requests[-1].user_texts.count(PROMPT) == 1
    assert messages_api.requests[-1].contains("One.")


@pytest.mark.usefixtures("claude_on_path")
def test_the_probe_reads_version_and_login_without_a_request(
    messages_api: MessagesApi, sandbox: Sandbox, tmp_path: Path
) -> None:
    found = str(tmp_path / "programs" / "claude")
    usable = Probe(program=found, version=PINNED_VERSION, problem="", hint="", logged_in=True)
    assert Claude().probe("") == usable
    sandbox.set_variable("ANTHROPIC_API_KEY", None)
    without = Claude().probe("")
    assert (without.ok, without.logged_in) == (False, False)
    assert without.problem == "Claude Code is not logged in"
    assert messages_api.requests == ()
