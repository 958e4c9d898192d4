"""Records `tests/data/streams/*.ndjson` anew from the real program, when its pinned version
changes.

    WTA_TEST_CLAUDE=… python -m tests.support.record_streams [NAME…]

Every file is the unchanged output of one run against the scripted Messages API; only paths and
socket numbers of this machine are replaced.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.support.api.script import (
    FOREVER,
    Failure,
    Reply,
    Script,
    Text,
    Tool,
    Usage,
    bash,
    marker,
    text,
    tool,
)
from tests.support.claude_cli import PROGRAM_VARIABLE, ClaudeCli, ClaudeSession, Finished
from tests.support.messages_api import MessagesApi
from tests.support.waiting import wait_until

STREAMS: Final = Path(__file__).parent.parent / "data" / "streams"
_BYPASS = ("--permission-mode", "bypassPermissions")
_PROMPT = f"{marker('main')} Add a greeting."
_MESSAGE_1 = "10000000-0000-4000-8000-000000000001"
_MESSAGE_2 = "10000000-0000-4000-8000-000000000002"
_LIMIT = {
    "anthropic-ratelimit-unified-status": "allowed_warning",
    "anthropic-ratelimit-unified-reset": "1900000000",
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
    "anthropic-ratelimit-unified-5h-status": "allowed_warning",
    "anthropic-ratelimit-unified-5h-reset": "1900000000",
    "anthropic-ratelimit-unified-5h-utilization": "0.91",
    "anthropic-ratelimit-unified-5h-surpassed-threshold": "0.9",
}
_REJECTED = {
    **_LIMIT,
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-5h-status": "rejected",
    "anthropic-ratelimit-unified-5h-utilization": "1.0",
    "retry-after": "7200",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where one recording plays."""

    api: MessagesApi
    cli: ClaudeCli
    worktree: Path
    session_id: str

    def run(
        self, *flags: str, environment: Mapping[str, str] | None = None, prompt: str = _PROMPT
    ) -> Finished:
        flags = ("--session-id", self.session_id, *flags)
        return self.cli.run(prompt, *flags, cwd=self.worktree, environment=environment)

    def script(self, *steps: Reply | Failure, name: str = "main") -> None:
        self.api.add_script(name, Script(steps=steps))


def success_with_commit(stage: Stage) -> Finished:
    greeting = 'def greet(name: str) -> str:\n    return f"Hello {name}"\n'
    look = Tool(name="Bash", input={"command": "git status --short", "description": "Show status"})
    make = {"file_path": str(stage.worktree / "greeting.py"), "content": greeting}
    test = Tool(name="Bash", input={"command": "exit 3", "description": "Run the tests"})
    read = Tool(name="Read", input={"file_path": str(stage.worktree / "missing.txt")})
    stage.script(
        Reply(
            content=(Text(text="I will look at the repository."), look),
            usage=Usage(input_tokens=3, cache_creation_input_tokens=12_000, output_tokens=60),
        ),
        Reply(
            content=(Tool(name="Write", input=make),),
            usage=Usage(input_tokens=5, cache_read_input_tokens=12_000, output_tokens=90),
        ),
        Reply(
            content=(test, read),
            usage=Usage(input_tokens=5, cache_read_input_tokens=12_300, output_tokens=40),
        ),
        bash("git add -A && git commit -q -m 'Add greeting' && git rev-parse --abbrev-ref HEAD"),
        text(
            "Done: greeting.py is committed.",
            usage=Usage(input_tokens=7, cache_read_input_tokens=13_000, output_tokens=25),
        ),
    )
    return _steered(stage)


def permission_asked(stage: Stage) -> Finished:
    """Allowed with a changed command, denied, denied with an interrupt."""
    stage.script(bash("touch a.txt"), bash("touch b.txt"), bash("touch c.txt"))
    flags = ("--permission-mode", "default", "--permission-prompt-tool", "stdio")
    with stage.cli.start("--session-id", stage.session_id, *flags, cwd=stage.worktree) as session:
        session.say(_PROMPT, uuid=_MESSAGE_1)
        changed = {"command": "touch changed.txt", "description": "changed by the person"}
        answers: tuple[dict[str, Any], ...] = (
            {"behavior": "allow", "updatedInput": changed},
            {"behavior": "deny", "message": "Not this file."},
            {"behavior": "deny", "message": "Stop now.", "interrupt": True},
        )
        for count, answer in enumerate(answers, start=1):
            session.answer(session.wait_for_type("control_request", count=count), answer)
        session.wait_for_type("result")
        return session.finish()


def permission_denied_without_a_person(stage: Stage) -> Finished:
    stage.script(bash("touch a.txt"), text("I may not do that."))
    return stage.run()


def interrupted_then_continued(stage: Stage) -> Finished:
    stage.script(bash("touch started; tail -f /dev/null"), text("Back again."))
    with _session(stage) as session:
        session.say(_PROMPT, uuid=_MESSAGE_1)
        wait_until((stage.worktree / "started").exists, what="the command started")
        session.ask("request-1", "interrupt")
        session.wait_for_type("result")
        session.say("Are you there?", uuid=_MESSAGE_2)
        session.wait_for_type("result", count=2)
        return session.finish()


def message_during_a_turn(stage: Stage) -> Finished:
    stage.script(bash("touch started; until test -e go; do sleep 0.02; done"), text("Tabs it is."))
    with _session(stage) as session:
        session.say(_PROMPT, uuid=_MESSAGE_1)
        wait_until((stage.worktree / "started").exists, what="the command started")
        session.say("Use tabs, please.", uuid=_MESSAGE_2)
        session.wait_for(
            lambda event: (
                event["type"] == "command_lifecycle" and event["command_uuid"] == _MESSAGE_2
            )
        )
        (stage.worktree / "go").touch()
        session.wait_for_type("result")
        return session.finish()


def killed_in_a_tool(stage: Stage) -> Finished:
    """The stream ends without a result."""
    stage.script(bash("touch started; while test -e started; do sleep 0.02; done"))
    with _session(stage) as session:
        session.say(_PROMPT, uuid=_MESSAGE_1)
        wait_until((stage.worktree / "started").exists, what="the command started")
        session.kill()
        return session.wait()


def retries_then_overloaded(stage: Stage) -> Finished:
    stage.script(Failure(status=529, message="Overloaded", times=FOREVER))
    return stage.run(environment=stage.cli.environment(CLAUDE_CODE_MAX_RETRIES="2"))


def retry_then_success(stage: Stage) -> Finished:
    stage.script(Failure(status=500, message="Internal server error"), text("Done after a retry."))
    return stage.run()


def unauthorized(stage: Stage) -> Finished:
    stage.script(Failure(status=401, message="invalid x-api-key", times=FOREVER))
    return stage.run(environment=stage.cli.environment(CLAUDE_CODE_MAX_RETRIES="0"))


def rate_limited(stage: Stage) -> Finished:
    stage.script(Failure(status=429, message="Too many requests", headers={"retry-after": "90"}))
    return stage.run()


def subscription_limit(stage: Stage) -> Finished:
    """A warning, then the limit. Only a token of a subscription brings these events."""
    warned = Reply(content=(Tool(name="Bash", input={"command": "echo one"}),), headers=_LIMIT)
    stage.script(warned, Failure(status=429, message="limit reached", headers=_REJECTED))
    environment = stage.cli.environment(CLAUDE_CODE_OAUTH_TOKEN="sk-ant-oat01-not-a-token")
    del environment["ANTHROPIC_API_KEY"]
    return stage.run(environment=environment)


def max_turns(stage: Stage) -> Finished:
    stage.script(bash("echo one"), bash("echo two"))
    return stage.run("--max-turns", "2")


def over_budget(stage: Stage) -> Finished:
    costly = Usage(input_tokens=500_000, output_tokens=20_000)
    stage.script(Reply(content=(Tool(name="Bash", input={"command": "echo one"}),), usage=costly))
    return stage.run("--max-budget-usd", "0.10")


def compaction(stage: Stage) -> Finished:
    too_long = "prompt is too long: 210000 tokens > 200000 maximum"
    stage.script(
        bash("echo one"),
        Failure(status=400, message=too_long),
        text("<summary>The person wanted a greeting.</summary>"),
        text("Done after compaction."),
    )
    return stage.run()


def background_command(stage: Stage) -> Finished:
    """Two results: the second turn is started by the end of the command."""
    stage.script(
        bash("until test -e go; do sleep 0.02; done", run_in_background=True),
        text("Started it."),
        text("The command finished."),
    )
    with _session(stage) as session:
        session.say(_PROMPT, uuid=_MESSAGE_1)
        session.wait_for_type("result")
        (stage.worktree / "go").touch()
        session.wait_for_type("result", count=2)
        return session.finish()


def subagent(stage: Stage) -> Finished:
    words = f"{marker('child')} look around"
    stage.script(
        tool("Task", description="Look", prompt=words, subagent_type="general-purpose"),
        text("Waiting for the agent."),
        text("The agent reported."),
    )
    stage.script(bash("ls"), text("I saw README."), name="child")
    return stage.run(*_BYPASS, environment=stage.cli.environment(bypass=True))


def structured_output(stage: Stage) -> Finished:
    stage.script(tool("StructuredOutput", answer="yes"))
    schema = {
        "type": "object",
        "properties": {"answer": {"type": "string"}},
        "required": ["answer"],
    }
    return stage.run("--tools", "", "--json-schema", json.dumps(schema))


def partial_messages(stage: Stage) -> Finished:
    stage.script(text("Hello there."))
    return stage.run("--include-partial-messages")


def hooks(stage: Stage) -> Finished:
    beat = [{"hooks": [{"type": "command", "command": "echo beat"}]}]
    stage.script(bash("echo one"), text("Hooked."))
    settings = json.dumps({"hooks": {"SessionStart": beat, "PostToolUse": beat}})
    return stage.run("--include-hook-events", "--settings", settings)


def resume_of_unknown_session(stage: Stage) -> Finished:
    return stage.cli.run(_PROMPT, "--resume", stage.session_id, cwd=stage.worktree)


RECIPES: Final[tuple[Callable[[Stage], Finished], ...]] = (
    success_with_commit,
    permission_asked,
    permission_denied_without_a_person,
    interrupted_then_continued,
    message_during_a_turn,
    killed_in_a_tool,
    retries_then_overloaded,
    retry_then_success,
    unauthorized,
    rate_limited,
    subscription_limit,
    max_turns,
    over_budget,
    compaction,
    background_command,
    subagent,
    structured_output,
    partial_messages,
    hooks,
    resume_of_unknown_session,
)


def _steered(stage: Stage) -> Finished:
    """One turn of a process that is steered over stdin."""
    with _session(stage) as session:
        session.say(_PROMPT, uuid=_MESSAGE_1)
        session.wait_for_type("result")
        return session.finish()


def _session(stage: Stage) -> ClaudeSession:
    flags = ("--session-id", stage.session_id, "--replay-user-messages", *_BYPASS)
    environment = stage.cli.environment(bypass=True)
    return stage.cli.start(*flags, cwd=stage.worktree, environment=environment)


def record(recipe: Callable[[Stage], Finished], *, program: Path, order: int) -> Finished:
    """What one recipe brings, with the paths of this machine replaced in its output."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made, MessagesApi() as api:
        folder = Path(made).resolve()
        worktree = folder / "repo-worktrees" / "greeting"
        worktree.mkdir(parents=True)
        cli = ClaudeCli(program=program, home=folder / "home", base_url=api.url)
        (worktree / "README").write_text("hello\n")
        for words in ("init -q -b wta/greeting", "add -A", "commit -q -m Start"):
            subprocess.run(["git", *words.split()], cwd=worktree, env=cli.environment(), check=True)
        session_id = f"00000000-0000-4000-8000-{order:012d}"
        stage = Stage(api=api, cli=cli, worktree=worktree, session_id=session_id)
        ended = recipe(stage)
        return replace(ended, lines=tuple(_cleaned(line, folder) for line in ended.lines))


def _cleaned(line: bytes, folder: Path) -> bytes:
    cleaned = line.decode()
    slug = re.sub(r"[^A-Za-z0-9]", "-", str(folder))
    for found, put in (
        (str(folder / "home"), "/home/dev"),
        (str(folder), "/home/dev/src"),
        (slug, "-home-dev-src"),
    ):
        cleaned = cleaned.replace(found, put)
    cleaned = re.sub(r"/cc-socks/\d+\.sock", "/cc-socks/4242.sock", cleaned)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:36789", cleaned).encode()


def main(names: list[str]) -> int:
    program = Path(os.environ.get(PROGRAM_VARIABLE, ""))
    if not program.is_file():
        sys.stderr.write(f"{PROGRAM_VARIABLE} does not name the Claude Code CLI\n")
        return 2
    STREAMS.mkdir(parents=True, exist_ok=True)
    for order, recipe in enumerate(RECIPES, start=1):
        name = recipe.__name__
        if not names or name in names:
            ended = record(recipe, program=program, order=order)
            (STREAMS / f"{name}.ndjson").write_bytes(b"".join(ended.lines))
            sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
