"""A run: one life of one agent process on a task, and the facts its runner leaves in its folder."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.tending.budget import Amount

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import RunId
    from wtagents.core.inquiry import Inquiry
    from wtagents.core.tending.check import Check

FULL_CONTEXT = 0.9
"""Share of the context window from which it is nearly full."""
KEPT_SECONDS = 60.0
"""Longest time between two pulses that are kept of an agent that says nothing."""


class RunState(StrEnum):
    """How far a run is; the arrows are in `core/lifecycle.py`."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    EXITED = "exited"
    LOST = "lost"


class Purpose(StrEnum):
    """What the first message of a run is for."""

    WORK = "work"
    """The task's prompt, or what a person said since."""
    CONTINUE = "continue"
    """Go on after an interruption."""
    COMMIT = "commit"
    """Commit what is left uncommitted."""
    MEND = "mend"
    """Mend what a check found."""


class ExitReason(StrEnum):
    """Why a run ended. An unknown end is `lost`, never success."""

    COMPLETED = "completed"
    """The agent reported no error; the repository decides what that is worth."""
    AGENT_ERROR = "agent_error"
    API_ERROR = "api_error"
    """The service or the way to it failed."""
    OVERLOADED = "overloaded"
    """The service has no room for this model now."""
    AUTHENTICATION = "authentication"
    BILLING = "billing"
    """The account has no credit, or its plan does not allow it."""
    RATE_LIMITED = "rate_limited"
    MODEL_UNKNOWN = "model_unknown"
    """The service has no such model, or not for this account."""
    BAD_SETTINGS = "bad_settings"
    """The program refuses to be started like that."""
    PROMPT_TOO_LONG = "prompt_too_long"
    """What it was to read does not fit into its context."""
    REBOOTED = "rebooted"
    """The machine was started again under it."""
    OUT_OF_MEMORY = "out_of_memory"
    """The kernel killed it, because the memory was used up."""
    KILLED = "killed"
    """Its runner was told to end from outside: by a logout, a service, another program."""
    SETUP_FAILED = "setup_failed"
    NOT_STARTED = "not_started"
    STOPPED = "stopped"
    """The runner was asked to end; by whom, it cannot know."""
    INTERRUPTED = "interrupted"
    """A person ended the turn, or the run at its turn boundary."""
    PAUSED = "paused"
    """It ended at its turn boundary to go on when a person says so."""
    TIMED_OUT = "timed_out"
    BUDGET = "budget"
    MAX_TURNS = "max_turns"
    CONVERSATION_LOST = "conversation_lost"
    """The conversation to go on with is not there: it was ended before it was saved, or deleted."""
    LOST = "lost"


class Phase(StrEnum):
    """What a runner sees its agent do, as written in the pulse."""

    SETUP = "setup"
    STARTING = "starting"
    THINKING = "thinking"
    TOOL = "tool"
    ASKING = "asking"
    RETRYING = "retrying"
    IDLE = "idle"
    CHECKING = "checking"
    """The agent has ended; commands look at its work."""
    ENDING = "ending"


@record
class ProcessIdentity:
    """A process that cannot be mistaken for a later one with the same pid."""

    boot_id: str
    pid: int
    start: int
    """Start time in the kernel's unit (clock ticks since boot on Linux, microseconds elsewhere)."""


@record
class Usage:
    """What a run has used so far."""

    cost_usd: float = 0.0
    input_tokens: int = 0
    """Tokens sent, cache reads and writes included, over all requests of the run."""
    output_tokens: int = 0
    turns: int = 0
    context_tokens: int = 0
    """Occupancy of the context window at the latest main-thread request."""
    context_window: int = 0
    """Size of the context window in tokens; 0 while unknown."""
    model: str = ""

    @property
    def is_full(self) -> bool:
        """Whether the context window is nearly full."""
        return 0 < FULL_CONTEXT * self.context_window <= self.context_tokens

    def plus(self, later: Usage) -> Usage:
        """Return the sum with a later run; context and model are the later one's if it has any."""
        return Usage(
            cost_usd=self.cost_usd + later.cost_usd,
            input_tokens=self.input_tokens + later.input_tokens,
            output_tokens=self.output_tokens + later.output_tokens,
            turns=self.turns + later.turns,
            context_tokens=later.context_tokens or self.context_tokens,
            context_window=later.context_window or self.context_window,
            model=later.model or self.model,
        )


@record
class Question:
    """What the agent waits for a person with: a permission, or a choice."""

    request_id: str
    tool: str
    summary: str
    """The tool's input in one line."""
    asked_at: datetime
    inquiries: tuple[Inquiry, ...] = ()
    """What a person is to choose; none where they allow or deny."""

    @property
    def told(self) -> str:
        """What it asks, in one line."""
        asks = "asks" if self.inquiries else f"asks to use {self.tool}"
        return f"{asks}: {self.summary}"


@record
class Stillness:
    """How still an agent is, by its runner's clock, which stands while the machine sleeps."""

    seconds: float
    """Since its last line of output."""
    idle_seconds: float
    """Since a process that the agent started was last seen at work; at most `seconds`."""
    process: str
    """The one of them that worked most, `pytest (pid 812)`, or ''."""


@record
class Pulse:
    """What a runner last wrote about its agent; a fact with the age of its file."""

    phase: Phase
    doing: str
    """One line: the tool and its input, or the retry that is announced."""
    question: Question | None
    usage: Usage
    session_id: str
    at: datetime
    limited_until: datetime | None = None
    """End of the account's limit that the agent waits behind."""
    repeats: int = 0
    """How often, of late, one tool call was made with one and the same outcome."""
    repeated: str = ""
    """That call, in one line."""
    full_turn: int = 0
    """Requests of the run until its context became nearly full, or its list said something new
    since; 0 while there is room."""
    still: Stillness | None = None
    """None while the agent speaks."""
    refused: tuple[str, ...] = ()
    """Hosts that the run was kept from, as they would stand in `sandbox.network`."""


@record
class KeptPulse:
    """A pulse as it stood in the run folder from a moment on."""

    pulse: Pulse
    at: datetime
    """When it was written."""
    said: int
    """Bytes of the agent's stream until then."""
    spoke_at: datetime | None
    """When the agent had last written to its stream; None before it began."""


@record
class Exit:
    """How a run ended, written once by its runner."""

    reason: ExitReason
    detail: str
    """One line for a person."""
    exit_code: int | None
    """Of the agent's process; None when it never started. Negative for a signal."""
    denials: tuple[str, ...]
    """Tools that were denied, each in one line."""
    retry_at: datetime | None
    """When a rate limit ends, if the agent said so."""
    usage: Usage
    survivors: int
    """Processes of the agent that outlived its end and were stopped."""
    at: datetime
    checks: tuple[Check, ...] = ()
    """What the commands said that looked at the work; the last one may have failed."""


@record
class Run:
    """One row of `run`."""

    id: RunId
    task_id: int
    number: int
    """1 for the first run of the task."""
    state: RunState
    session_id: str
    """The agent's conversation; a resumed run shares it with its predecessor."""
    resumes: bool
    prompt: str
    runner: ProcessIdentity | None
    created_at: datetime
    ended_at: datetime | None
    stop_deadline: datetime | None
    """When a polite stop becomes a firm one; None while nobody asked."""
    exit: Exit | None
    account: str = ""
    """Whose limits it shares; '' for a program that has none."""
    model: str = ""
    """The model that it was started with; '' left it to the program."""
    allowance: Amount = Amount()
    """What it may use of the budgets."""
    purpose: Purpose = Purpose.WORK
