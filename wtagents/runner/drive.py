"""The agent's life: follow its output, hand over messages, end its stdin at the turn boundary.

Imported while the agent boots, so that nothing of it delays the agent's start.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.agent.agents import agent_for
from wtagents.agent.port import PROMPT_MESSAGE, Ending, wire_id
from wtagents.agent.verdict import signal_name
from wtagents.core.figures import count
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Phase
from wtagents.runner.mailbox import Mailbox
from wtagents.runner.outcome import Outcome
from wtagents.runner.stillness import StillnessWatch
from wtagents.runner.stopping import Stopping
from wtagents.system.files import load_tail
from wtagents.system.load import oom_kills

if TYPE_CHECKING:
    from wtagents.agent.port import ReaderState
    from wtagents.core.order import Order
    from wtagents.core.run import Stillness
    from wtagents.runner.walls import Walls
    from wtagents.runner.watch import Watch
    from wtagents.system.programs.child import Child
    from wtagents.system.programs.lines import Lines

BUSY_PAUSE = 0.1
"""Seconds between two looks while something goes on: what is said meanwhile is taken at once."""
IDLE_PAUSE = 1.0
"""The same while nothing does; a word, a message and the agent's end are noticed before."""
BUSY_SECONDS = 2.0
"""How long after the last event the looks stay close together."""
LINGER_PATIENCE = 3
"""How long an agent with nothing left to do may take to end, in units of the order's patience."""
_STDERR_BYTES = 4096
_LOST_LOOKS = 3
"""How many heartbeats in a row the worktree must be missing: git replaces `.git` in two steps."""


class Cause(StrEnum):
    """Why the agent is being stopped."""

    PERSON = "person"
    TIME = "time"
    TOKENS = "tokens"
    LINGERING = "lingering"
    WORKTREE = "worktree"


class Drive:
    """One agent from its first line to its last."""

    def __init__(
        self, watch: Watch, order: Order, child: Child, walls: Walls, lines: Lines
    ) -> None:
        self._watch = watch
        self._walls = walls
        self._order = order
        self._child = child
        self._agent = agent_for(order.agent)
        self._reader = self._agent.reader()
        self._lines = lines
        self._mailbox = Mailbox(watch, order, self._agent, self._reader, child)
        self._stopping = Stopping(watch, order, child)
        self._stillness = StillnessWatch(watch.clock)
        self._still: Stillness | None = None
        self._cause: Cause | None = None
        self._unsaid = order.prompt if self._agent.takes_messages else ""
        self._heard = 0
        self._shown: tuple[ReaderState, tuple[str, ...], Stillness | None] | None = None
        now = watch.clock.monotonic()
        self._busy_until = now
        self._rest_since = now
        self._next_look = now
        self._missed_looks = 0
        self._oom_kills = oom_kills()
        self._deadline = None if order.timeout_seconds is None else now + order.timeout_seconds

    def run(self) -> Outcome:
        """Stay with the agent to its end and judge it."""
        if not self._order.yields:
            self._say_prompt()
        while self._child.poll() is None and not self._stopping.failed:
            moved = self._follow()
            moved = self._mailbox.collect() or moved
            self._steer()
            self._child.flush()
            self._show()
            self._pause(moved=moved)
        self._read_to_end()
        self._show()
        self._watch.settle()
        return self._judge()

    def _say_prompt(self) -> None:
        if self._unsaid:
            wire = wire_id(self._order.run_id, PROMPT_MESSAGE)
            self._child.write(self._agent.encode_text(wire, self._unsaid))
            self._reader.note_sent(wire)
            self._unsaid = ""

    def _follow(self) -> bool:
        """Read what the agent wrote since the last look; return whether it wrote anything."""
        moved = self._lines.position != self._heard
        self._heard = self._lines.position
        for line in self._lines.lines():
            self._feed(line)
        if moved:
            self._still = None
            self._stillness.note_output()
        return moved

    def _feed(self, line: bytes) -> None:
        if line:
            self._mailbox.note(self._reader.feed(line, at=self._watch.clock.now()))

    def _read_to_end(self) -> None:
        """Read what was there when the agent ended; what it left running may write for ever."""
        self._watch.hear_out()
        self._follow()
        self._feed(self._lines.rest())
        self._mailbox.collect()

    def _steer(self) -> None:
        now = self._watch.clock.monotonic()
        state = self._reader.state
        if self._cause is None:
            self._cause = self._cause_to_stop(now)
            if self._cause is not None:
                interrupt = self._interrupt() if state.turn_open else b""
                self._stopping.begin(interrupt)
        else:
            self._stopping.go_on()
        if self._cause is None and self._began_nothing(state):
            self._say_prompt()
        elif self._child.listens and self._may_close(state):
            self._child.end_stdin()

    def _began_nothing(self, state: ReaderState) -> bool:
        """Whether all words so far were known to the conversation: then none began a turn."""
        return bool(self._unsaid) and not state.turn_open and state.results == 0

    def _may_close(self, state: ReaderState) -> bool:
        if self._mailbox.finishes:
            return state.results > 0 and not state.turn_open
        return state.at_rest

    def _cause_to_stop(self, now: float) -> Cause | None:
        if self._watch.stops:
            return Cause.PERSON
        if self._deadline is not None and now >= self._deadline:
            return Cause.TIME
        if self._has_used_up(self._reader.state):
            return Cause.TOKENS
        if self._is_worktree_lost(now):
            return Cause.WORKTREE
        if self._child.listens or not self._agent.takes_messages or self._reader.state.turn_open:
            self._rest_since = now
        patience = LINGER_PATIENCE * self._order.stop_seconds
        return Cause.LINGERING if now - self._rest_since >= patience else None

    def _has_used_up(self, state: ReaderState) -> bool:
        """Whether its tokens are used up in the middle of a turn; one that ends may end well."""
        most, usage = self._order.budget_tokens, state.usage
        return (
            most is not None
            and state.turn_open
            and usage.input_tokens + usage.output_tokens >= most
        )

    def _is_worktree_lost(self, now: float) -> bool:
        """Whether the agent works where no worktree is any more.

        Claude Code then moves its shell to the home folder and goes on there.
        """
        if now >= self._next_look:
            self._next_look = now + 1.0
            self._walls.mend()
            there = os.path.lexists(self._order.worktree / ".git")
            self._missed_looks = 0 if there else self._missed_looks + 1
        return self._missed_looks >= _LOST_LOOKS

    def _interrupt(self) -> bytes:
        if not self._agent.takes_messages:
            return b""
        return self._agent.encode_interrupt(f"stop-{self._order.run_id}", cancel_queued=True)

    def _show(self) -> None:
        """Make a changed state known."""
        state = self._reader.state
        if self._is_ending():
            state = self._ending(state)
        if self._stillness.is_due:
            self._still = self._stillness.look(self._child.identity)
        refused = self._walls.refused
        if (state, refused, self._still) != self._shown:
            self._shown = state, refused, self._still
            pulse = state.pulse(self._watch.clock.now())
            self._watch.show(replace(pulse, still=self._still, refused=refused))

    def _is_ending(self) -> bool:
        deaf = self._agent.takes_messages and self._child.stdin is None
        return deaf or self._cause is not None or self._child.exit_code is not None

    def _ending(self, state: ReaderState) -> ReaderState:
        doing = "being stopped" if self._cause is not None else state.doing
        return replace(state, phase=Phase.ENDING, doing=doing, questions=())

    def _pause(self, *, moved: bool) -> None:
        now = self._watch.clock.monotonic()
        if moved or self._cause is not None:
            self._busy_until = now + BUSY_SECONDS
        busy = now < self._busy_until
        self._watch.pause(
            BUSY_PAUSE if busy else IDLE_PAUSE,
            writable=self._child.stdin if self._child.backlog else None,
            deaf=busy,
        )

    def _is_oom(self, exit_code: int | None) -> bool:
        """Whether the kernel has killed for memory while the agent worked, and the agent is dead.

        A kill from elsewhere at such a time is taken for the kernel's own.
        """
        before, after = self._oom_kills, oom_kills()
        killed = signal_name(exit_code) == signal.SIGKILL.name
        return killed and before is not None and after is not None and after > before

    def _judge(self) -> Outcome:
        walls, exit_code = self._order.confinement, self._child.exit_code
        if walls is not None:
            exit_code = walls.own_exit_code(exit_code)
        stderr = load_tail(self._watch.folder.stderr, _STDERR_BYTES)
        ending = Ending(
            exit_code=exit_code,
            stderr_tail=stderr,
            stopped=self._cause is Cause.PERSON,
            timed_out=self._cause is Cause.TIME,
        )
        verdict = self._reader.verdict(ending)
        state = self._reader.state
        reason, detail = verdict.reason, verdict.detail
        if self._cause is Cause.WORKTREE:
            reason = ExitReason.AGENT_ERROR
            detail = f"{self._order.worktree} was removed under the agent, which was stopped"
        elif self._cause is Cause.TOKENS:
            reason = ExitReason.BUDGET
            detail = f"its {count(self._order.budget_tokens or 0)} tokens are used up"
        elif self._cause is None and reason is ExitReason.LOST and self._is_oom(exit_code):
            reason, detail = ExitReason.OUT_OF_MEMORY, "killed by the kernel: no memory was left"
        elif self._mailbox.finishes is not None and reason is ExitReason.COMPLETED:
            reason, detail = self._mailbox.finishes, "ended at the turn boundary for a person"
        return Outcome(
            reason=reason,
            detail=detail,
            exit_code=exit_code,
            denials=verdict.denials,
            retry_at=verdict.retry_at,
            usage=state.usage,
        )
