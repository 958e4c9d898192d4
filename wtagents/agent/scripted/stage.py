"""Where steps are done: in the worktree, by real files and real commands."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wtagents.agent.fields import JsonObject, object_of
from wtagents.agent.inquiries import INQUIRIES
from wtagents.agent.scripted.narrator import Outcome
from wtagents.agent.scripted.scenario import Step, Verb
from wtagents.core.errors import WtaError
from wtagents.system.command import start_command
from wtagents.system.programs.detached import start_detached

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wtagents.agent.scripted.channel import Channel
    from wtagents.agent.scripted.narrator import Narrator
    from wtagents.agent.scripted.signals import Signals
    from wtagents.system.clock import Clock, IdSource

_COMMAND_SECONDS = 600.0

FAILURES = {
    "authentication": (401, "authentication_failed", "Invalid API key · Please run /login"),
    "billing": (400, "billing_error", "Credit balance is too low"),
    "rate_limit": (429, "rate_limit", "You've hit your 5-hour limit"),
    "overloaded": (529, "server_error", "API Error: 529 Overloaded"),
    "server": (500, "server_error", "API Error: 500 Internal server error"),
    "prompt_too_long": (400, "invalid_request", "Prompt is too long"),
}
LIMITS = {
    "max_turns": ("error_max_turns", "Reached maximum number of turns"),
    "budget": ("error_max_budget_usd", "Reached maximum budget"),
}


class TurnOverError(Exception):
    """The turn ends here, with this outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


class Stage:
    """Does steps and tells of them."""

    def __init__(
        self,
        channel: Channel,
        narrator: Narrator,
        signals: Signals,
        *,
        clock: Clock,
        ids: IdSource,
        max_turns: int | None,
        budget_usd: float | None,
    ) -> None:
        self._channel = channel
        self._narrator = narrator
        self._signals = signals
        self._clock = clock
        self._ids = ids
        self._max_turns = max_turns
        self._budget_usd = budget_usd
        self._never = threading.Event()
        self._open_tool = ""
        self.stubborn = False
        self.has_spoken = False
        """Whether the turn's last event was words of the agent."""

    def begin(self) -> None:
        """Begin a turn."""
        self._signals.forget_interrupt()
        self.has_spoken = False

    def do(self, step: Step) -> str:
        """Do a step; return the words it left, if any."""
        self._require_limits()
        self.has_spoken = step.verb is Verb.SAY
        words = self._deeds()[step.verb](step)
        self._signals.require_none()
        return words or ""

    def drop_tool(self) -> None:
        """Close the tool call that an interrupt left open."""
        if self._open_tool:
            self._narrator.returned(self._open_tool, "The tool use was rejected.", failed=True)
            self._open_tool = ""

    def commit(self, message: str) -> str:
        """Commit everything in the worktree; return what there is to say about it."""
        added = self._run_argv(
            ("git", "add", "--all"), f"git add --all && git commit -m {message!r}"
        )
        if added is None:
            return "Nothing could be added."
        ok, output = self._command(("git", "commit", "--quiet", "--message", message))
        self._close(output or "committed", failed=not ok)
        return "Committed." if ok else "Nothing was committed."

    # ------------------------------------------------------------------------------- deeds

    def _deeds(self) -> dict[Verb, Callable[[Step], str | None]]:
        return {
            Verb.SAY: self._say,
            Verb.THINK: lambda step: self._narrator.think(step.arguments[0]),
            Verb.WRITE: self._write,
            Verb.APPEND: self._append,
            Verb.REPLACE: self._replace,
            Verb.DELETE: self._delete,
            Verb.RUN: self._run,
            Verb.COMMIT: lambda step: self.commit(step.arguments[0]),
            Verb.WAIT: self._wait,
            Verb.LISTEN: lambda step: self._listen(step.number()),
            Verb.ASK: self._ask,
            Verb.CHOOSE: self._choose,
            Verb.STUBBORN: self._become_stubborn,
            Verb.FAIL: self._fail,
            Verb.CRASH: lambda _: signal.raise_signal(signal.SIGKILL),
            Verb.EXIT: lambda step: os._exit(int(step.number())),
            Verb.NO_RESULT: lambda _: os._exit(0),
            Verb.HANG: self._hang,
            Verb.IGNORE_TERM: self._ignore_term,
            Verb.LEAVE_CHILD: self._leave_child,
            Verb.FLOOD: self._flood,
            Verb.GARBAGE: lambda _: self._channel.write_raw(b'not JSON\n{"type":"novelty"}\n'),
        }

    def _say(self, step: Step) -> str:
        self._narrator.say(step.arguments[0])
        return step.arguments[0]

    def _write(self, step: Step) -> None:
        path, body = step.arguments
        self._edit("Write", path, lambda _: body)

    def _append(self, step: Step) -> None:
        path, body = step.arguments
        self._edit("Edit", path, lambda text: text + body)

    def _replace(self, step: Step) -> None:
        path, old, new = step.arguments

        def exchange(text: str) -> str:
            if old not in text:
                raise ValueError("String to replace not found in file")
            return text.replace(old, new, 1)

        self._edit("Edit", path, exchange)

    def _edit(self, tool: str, path: str, change: Callable[[str], str]) -> None:
        self._open(tool, file_path=str(Path.cwd() / path))
        try:
            file = _inside(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            before = file.read_bytes().decode() if file.exists() else ""
            file.write_bytes(change(before).encode())
        except (OSError, ValueError) as error:
            self._close(str(error), failed=True)
        else:
            self._close(f"{path} was written")

    def _delete(self, step: Step) -> None:
        path = step.arguments[0]
        self._open("Bash", command=f"rm {path}")
        try:
            _inside(path).unlink()
        except (OSError, ValueError) as error:
            self._close(str(error), failed=True)
        else:
            self._close("")

    def _run(self, step: Step) -> None:
        output = self._run_argv(("sh", "-c", step.arguments[0]), step.arguments[0])
        if output is not None:
            self._close(output)

    def _run_argv(self, argv: Sequence[str], shown: str) -> str | None:
        """Run it as an open tool call; on failure close the call and return None."""
        self._open("Bash", command=shown)
        ok, output = self._command(argv)
        if ok:
            return output
        self._close(output, failed=True)
        return None

    def _command(self, argv: Sequence[str]) -> tuple[bool, str]:
        try:
            # Like Claude Code it passes its environment on, the mark of its run included.
            running = start_command(argv, cwd=Path.cwd(), env=dict(os.environ))
        except WtaError as error:
            return False, f"{error.message}: {error.cause}"
        try:
            with self._signals.waiting():
                done = running.finish(timeout=_COMMAND_SECONDS)
        except BaseException:
            running.kill()
            raise
        output = (done.stdout + done.stderr).decode(errors="replace").strip()
        return done.ok, output if done.ok else f"Exit code {done.returncode}\n{output}".strip()

    def _wait(self, step: Step) -> None:
        self._open("Bash", command=f"sleep {step.arguments[0]}")
        with self._signals.waiting():
            self._clock.wait(self._never, step.number())
        self._close("")

    def _listen(self, seconds: float) -> None:
        with self._signals.waiting():
            self._channel.wait_for_message(seconds)

    def _ask(self, step: Step) -> None:
        tool, text = step.arguments
        self._ask_for(tool, {"command" if tool == "Bash" else "description": text})

    def _choose(self, step: Step) -> None:
        self._ask_for(INQUIRIES, {"questions": json.loads(step.arguments[0])})

    def _ask_for(self, tool: str, tool_input: JsonObject) -> None:
        self._open(tool, **tool_input)
        request_id = self._ids.uuid()
        self._narrator.ask(request_id, tool, self._open_tool, tool_input)
        with self._signals.waiting():
            answer = self._channel.wait_for_answer(request_id)
        if answer is not None and answer.get("behavior") == "allow":
            answers = object_of(object_of(answer, "updatedInput"), "answers")
            self._close(
                ", ".join(f'"{key}"="{said}"' for key, said in answers.items()) or "allowed"
            )
            return
        message = str((answer or {}).get("message", "nobody is there to answer"))
        self._narrator.denied(tool, self._open_tool, tool_input)
        self._close(message, failed=True)

    def _become_stubborn(self, _step: Step) -> None:
        self.stubborn = True

    def _fail(self, step: Step) -> None:
        kind = step.arguments[0]
        if kind in LIMITS:
            subtype, text = LIMITS[kind]
            raise TurnOverError(_limited(subtype, text))
        status, error, text = FAILURES.get(
            kind, (400, "invalid_request", f"unknown failure {kind}")
        )
        if error == "server_error":
            self._narrator.retry(error, status)
        if len(step.arguments) > 1:
            self._narrator.limit(int(self._clock.now().timestamp() + step.number(1)))
        self._narrator.fail(error, status, text)
        long = kind == "prompt_too_long"
        reason = "prompt_too_long" if long else "api_error"
        raise TurnOverError(Outcome(text=text, failed=True, terminal_reason=reason, status=status))

    def _hang(self, _step: Step) -> None:
        self._channel.deaf = True
        with self._signals.waiting():
            while not self._never.is_set():
                self._clock.wait(self._never, 3600)

    def _ignore_term(self, _step: Step) -> None:
        self._signals.ignore_term()

    def _leave_child(self, step: Step) -> None:
        self._open("Bash", command=f"setsid sleep {step.arguments[0]} &")
        argv = (sys.executable, "-c", f"import time; time.sleep({step.number()})")
        child = start_detached(argv, cwd=Path("/"), env=dict(os.environ), log=Path(os.devnull))
        self._close(f"pid {child.pid}" if child else "it ended at once", failed=child is None)

    def _flood(self, step: Step) -> None:
        for number in range(int(step.number())):
            self._narrator.say(f"line {number} of the flood")

    # ------------------------------------------------------------------------ tools, signals

    def _open(self, tool: str, **tool_input: Any) -> None:
        self._open_tool = self._narrator.use(tool, **tool_input)
        if self._budget_usd is not None and self._narrator.own_cost > self._budget_usd:
            self._open_tool = ""
            raise TurnOverError(_limited(*LIMITS["budget"]))

    def _close(self, text: str, *, failed: bool = False) -> None:
        self._narrator.returned(self._open_tool, text, failed=failed)
        self._open_tool = ""

    def _require_limits(self) -> None:
        if self._max_turns is not None and self._narrator.own_requests >= self._max_turns:
            raise TurnOverError(_limited(*LIMITS["max_turns"]))


def _limited(subtype: str, text: str) -> Outcome:
    reason = "max_turns" if subtype == "error_max_turns" else "budget_exhausted"
    return Outcome(text=text, failed=True, subtype=subtype, terminal_reason=reason)


def _inside(path: str) -> Path:
    """Return the file, if it lies in the worktree. Raises ValueError when it does not."""
    root = Path.cwd().resolve()
    file = (root / path).resolve()
    if not file.is_relative_to(root) or file == root:
        raise ValueError(f"{path} is outside of the worktree")
    return file
