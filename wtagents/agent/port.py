"""The port to an agent program: how one is launched, spoken to, read, judged and probed.

The runner starts `order.argv` (made from `Agent.launch`), writes what the `encode_*` functions
return to the program's stdin, feeds each line of its stdout to a `Reader` and asks it for a
`Verdict` when the process is gone. An adapter holds no state of a run; its reader does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wtagents.core.record import record
from wtagents.core.run import ExitReason, Phase, Pulse, Question, Usage

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.agent.events import Asked, Event
    from wtagents.core.answer import Answer
    from wtagents.core.ids import TaskName
    from wtagents.core.task import AgentKind

PROMPT_MESSAGE = 0
"""Message id of a run's first message, its prompt; rows of the store count from 1."""


def wire_id(scope: str, message_id: int) -> str:
    """Return the UUID under which a message travels.

    Its scope is a UUID too. A person's words have that of the conversation: Claude Code begins one
    turn per id and conversation, so they may be sent again after a crash. What belongs to one
    process, its prompt and the interrupts, has that of the run.
    """
    from uuid import UUID, uuid5

    return str(uuid5(UUID(scope), str(message_id)))


@record
class OwnSandbox:
    """What an agent program is to keep its own commands in."""

    write: tuple[Path, ...]
    hide: tuple[Path, ...]


@record
class LaunchRequest:
    """What a run needs of its agent, program and limits included."""

    task: TaskName
    worktree: Path
    prompt: str
    session_id: str
    resumes: bool
    """Whether `session_id` names a conversation that exists."""
    forks: str = ""
    """The conversation of which `session_id` is to become a copy; '' for none."""
    forks_at: str = ""
    """The last message of it that is carried over; '' for all of them."""
    program: str = ""
    """Name on PATH or path; '' for the adapter's own."""
    argv: tuple[str, ...] = ()
    """For `command`: program and arguments, `{prompt}` and `{worktree}` still unreplaced."""
    model: str | None = None
    fallback_model: str = ""
    """What the program goes on with by itself when the model has no room."""
    permission_mode: str | None = None
    max_turns: int | None = None
    budget_usd: float | None = None
    allow: tuple[str, ...] = ()
    """Permission rules in Claude Code's syntax."""
    deny: tuple[str, ...] = ()
    instructions: Path | None = None
    """File whose text is added to the agent's instructions."""
    edit_hook: tuple[str, ...] = ()
    """Program that is asked before a file is edited; empty for none."""
    own_sandbox: OwnSandbox | None = None


@record
class Launch:
    """How to start the agent."""

    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    """What the adapter adds to the environment."""
    first_message: str
    """Text to send first by `encode_text`; '' when the command line carries the prompt."""


@record
class AgentFiles:
    """What an agent program keeps outside its worktree. The paths need not exist."""

    home: Path | None = None
    """Its folder, to be written."""
    conversations: Path | None = None
    """Inside of it: what was said in all conversations of the person."""
    conversation: Path | None = None
    """Inside of that: what belongs to this worktree."""
    write: tuple[Path, ...] = ()
    guard: tuple[Path, ...] = ()
    """What later sessions obey; it is there, or must not appear."""
    empty: tuple[tuple[Path, bytes], ...] = ()
    """Those of `guard` that are files, and what is in them when they say nothing; one without a
    suffix is a folder."""
    private: tuple[Path, ...] = ()
    """Folders of which every run needs one of its own."""
    copy: tuple[Path, ...] = ()
    """Files of which every run gets a copy."""
    credentials: tuple[Path, ...] = ()
    """What it must read, whatever is hidden."""
    service: tuple[str, ...] = ()
    """Hosts that it cannot work without, as entries of `sandbox.network`."""


@record
class Probe:
    """What can be known of an agent program without a request to its service."""

    program: str
    """Resolved path, or the name that was not found."""
    version: str
    """'' when it did not say."""
    problem: str
    """Why it cannot be used, in one line, or ''."""
    hint: str
    """The next command, or ''."""
    logged_in: bool | None
    """None when it cannot be told, or has no meaning for the program."""

    @property
    def ok(self) -> bool:
        """Whether runs can be started with it."""
        return not self.problem


@record
class Ending:
    """What the runner knows about the end of the agent's process."""

    exit_code: int | None
    """Negative for a signal; None when nobody saw it."""
    stderr_tail: str
    stopped: bool = False
    """Whether a person's stop was carried out."""
    timed_out: bool = False


@record
class Verdict:
    """Why the run ended, as far as the agent's own words and its process tell."""

    reason: ExitReason
    detail: str
    """One printable line."""
    denials: tuple[str, ...] = ()
    """Tools that were denied, each in one printable line."""
    retry_at: datetime | None = None
    """When a rate limit ends, if the agent said so."""


@record
class ReaderState:
    """What the lines read so far say about the agent."""

    phase: Phase
    doing: str
    """One printable line: the tool and its input, or the retry that is announced."""
    questions: tuple[Question, ...]
    """Permissions that the agent waits for, the oldest first."""
    usage: Usage
    session_id: str
    """'' until the agent named it."""
    turn_open: bool
    """Whether the agent works on something; true also for a message that it has yet to take."""
    open_tools: tuple[str, ...]
    """Ids of tool calls without a result, the oldest first."""
    background: int
    """Tasks that the agent left running behind its turn; their end starts a turn of its own."""
    results: int
    """Turns that ended."""
    unknown: int
    """Lines of a kind that this version does not know."""
    limited_until: datetime | None = None
    """End of the limit behind which its last request waits; a request that succeeds ends it."""
    repeats: int = 0
    """How often, of late, one tool call was made with one and the same outcome."""
    repeated: str = ""
    """That call, in one printable line."""
    full_turn: int = 0
    """As in the pulse."""

    @property
    def at_rest(self) -> bool:
        """Whether a turn ended and nothing is left to do: stdin may be closed."""
        return self.results > 0 and not self.turn_open and not self.background

    def pulse(self, at: datetime) -> Pulse:
        """Return what is written for others to see."""
        return Pulse(
            phase=self.phase,
            doing=self.doing,
            question=self.questions[0] if self.questions else None,
            usage=self.usage,
            session_id=self.session_id,
            at=at,
            limited_until=self.limited_until,
            repeats=self.repeats,
            repeated=self.repeated,
            full_turn=self.full_turn,
        )


class Reader(Protocol):
    """Follows the output of one process. Never raises, whatever the lines hold."""

    def feed(self, line: bytes, *, at: datetime) -> tuple[Event, ...]:
        """Take one line of stdout, with or without its newline; return what it says."""
        ...

    def note_sent(self, wire: str) -> None:
        """Take note that a text message was written to the agent's stdin."""
        ...

    def note_answered(self, request_id: str) -> None:
        """Take note that a question was answered on stdin."""
        ...

    def question(self, request_id: str) -> Asked | None:
        """Return the open question, with the tool's whole input, or None."""
        ...

    @property
    def state(self) -> ReaderState:
        """What is known now; the same object until a line changes it."""
        ...

    def verdict(self, ending: Ending) -> Verdict:
        """Judge the run after the last line was fed."""
        ...


class Agent(Protocol):
    """One kind of agent program."""

    @property
    def kind(self) -> AgentKind:
        """Which one."""
        ...

    @property
    def takes_messages(self) -> bool:
        """Whether its stdin is a channel; otherwise it is closed from the start."""
        ...

    def launch(self, request: LaunchRequest) -> Launch:
        """Return the whole command line. Raises UsageError for what the program cannot do."""
        ...

    def files(self, worktree: Path, program: str) -> AgentFiles:
        """Return what a run needs beside its worktree."""
        ...

    def reader(self) -> Reader:
        """Return a fresh reader for one process."""
        ...

    def encode_text(self, wire: str, text: str) -> bytes:
        """Return the stdin lines that say something to the agent; b'' if it takes none."""
        ...

    def encode_answer(self, asked: Asked, answer: Answer) -> bytes:
        """Return the stdin line that answers a question."""
        ...

    def encode_interrupt(self, request_id: str, *, cancel_queued: bool = False) -> bytes:
        """Return the stdin line that ends the running turn and keeps the process.

        With `cancel_queued` the words that wait behind the turn are given back, too: they begin no
        turn and may be said again.
        """
        ...

    def probe(self, program: str) -> Probe:
        """Look at the program without a request to its service; '' for the adapter's own."""
        ...
