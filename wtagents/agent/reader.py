"""What the lines of one Claude Code process add up to.

Rules of the numbers:
  context    the three input numbers of the latest request of the main thread; the sum over a turn
             is not occupancy.
  cost       the sum of what each result says since the last one. A program that only tells a
             running total starts it at 0 in each process, so there the total is the cost.
  tokens     settled by each result; between results the requests seen so far are added.
  turns      requests of the main thread.
  turn       opens with a message of ours or an `init`, ends with a `result`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.events import (
    Asked,
    BackgroundChanged,
    Compacted,
    Compacting,
    Denied,
    Event,
    Failed,
    MessageMoved,
    MessageStage,
    QuestionWithdrawn,
    RateLimited,
    Request,
    Retrying,
    Said,
    Started,
    ToolReturned,
    ToolUsed,
    TurnEnded,
    Unknown,
    UserSaid,
)
from wtagents.agent.fullness import Fullness
from wtagents.agent.inquiries import parse_inquiries
from wtagents.agent.models import load_models
from wtagents.agent.port import Ending, ReaderState, Verdict
from wtagents.agent.repeats import Repeats
from wtagents.agent.stream import parse_line
from wtagents.agent.verdict import Evidence, judge
from wtagents.core.record import replace
from wtagents.core.run import Phase, Question, Usage
from wtagents.core.text import printable

if TYPE_CHECKING:
    from datetime import datetime

_DOING_LIMIT = 120


class ClaudeReader:
    """The `Reader` of programs that speak stream-json."""

    def __init__(self) -> None:
        self._root = ""
        self._session_id = ""
        self._phase = Phase.STARTING
        self._doing = ""
        self._tools: dict[str, str] = {}
        self._asked: dict[str, tuple[Asked, Question]] = {}
        self._turn_open = False
        self._untaken: set[str] = set()
        self._has_lifecycle = False
        self._background = 0
        self._unknown = 0
        self._usage = Usage()
        self._settled = Usage()
        self._unsettled: dict[str, int] = {}
        self._results = 0
        self._last_turn: TurnEnded | None = None
        self._failure: Failed | None = None
        self._denials: dict[str, Denied] = {}
        self._resets_at: datetime | None = None
        self._limited_until: datetime | None = None
        self._repeats = Repeats()
        self._fullness = Fullness()
        self._state: ReaderState | None = None

    # ------------------------------------------------------------------------------ the port

    def feed(self, line: bytes, *, at: datetime) -> tuple[Event, ...]:
        """Take one line of stdout; return what it says."""
        events = parse_line(line, root=self._root)
        for event in events:
            self._take(event, at)
            self._fullness.take(event, self._usage)
        taken = tuple(moved for event in events for moved in self._delivery_by_echo(event))
        if events:
            self._state = None
        return events + taken

    def note_sent(self, wire: str) -> None:
        """Take note that a text message was written to the agent's stdin."""
        self._untaken.add(wire)
        self._state = None

    def note_answered(self, request_id: str) -> None:
        """Take note that a question was answered on stdin."""
        if self._asked.pop(request_id, None) is not None:
            self._phase = self._phase_of_tools()
            self._state = None

    def question(self, request_id: str) -> Asked | None:
        """Return the open question, or None."""
        found = self._asked.get(request_id)
        return found[0] if found else None

    @property
    def state(self) -> ReaderState:
        """What is known now."""
        if self._state is None:
            repeats, repeated = self._repeats.most
            self._state = ReaderState(
                phase=Phase.ASKING if self._asked else self._phase,
                doing=self._doing,
                questions=tuple(question for _, question in self._asked.values()),
                usage=self._usage,
                session_id=self._session_id,
                turn_open=self._turn_open or bool(self._untaken),
                open_tools=tuple(self._tools),
                background=self._background,
                results=self._results,
                unknown=self._unknown,
                limited_until=self._limited_until,
                repeats=repeats,
                repeated=printable(repeated, _DOING_LIMIT),
                full_turn=self._fullness.turn,
            )
        return self._state

    def verdict(self, ending: Ending) -> Verdict:
        """Judge the run after the last line was fed."""
        evidence = Evidence(
            last_turn=self._last_turn,
            turn_open=self._turn_open,
            failure=self._failure,
            denials=tuple(self._denials.values()),
            resets_at=self._resets_at,
        )
        return judge(evidence, ending)

    # ----------------------------------------------------------------------------- the lines

    def _take(self, event: Event, at: datetime) -> None:
        match event:
            case Started():
                self._begin(event)
            case Request():
                self._count(event)
            case ToolUsed() | ToolReturned():
                self._follow_tool(event)
            case Asked():
                self._ask(event, at)
            case QuestionWithdrawn(request_id=request_id):
                self._asked.pop(request_id, None)
            case MessageMoved():
                self._move_message(event)
            case TurnEnded():
                self._end_turn(event)
            case _:
                self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case Said(text=text, child=""):
                self._doing = printable(text, _DOING_LIMIT) or self._doing
            case Retrying():
                self._phase = Phase.RETRYING
                self._doing = _retry_line(event)
            case Failed():
                self._failure = event
            case RateLimited(status="rejected", resets_at=resets_at):
                self._resets_at = self._limited_until = resets_at
            case Denied(tool_id=tool_id):
                self._denials[tool_id] = event
            case Compacting() | Compacted():
                self._compact(event)
            case BackgroundChanged(tasks=tasks):
                self._background = len(tasks)
            case Unknown():
                self._unknown += 1
            case _:
                return

    def _begin(self, started: Started) -> None:
        self._root = started.cwd or self._root
        self._session_id = started.session_id or self._session_id
        self._note_model(started.model)
        self._turn_open = True
        self._phase = Phase.THINKING
        self._doing = ""
        self._failure = None

    def _note_model(self, model: str) -> None:
        """Know the window from the list until the program tells it; another model has its own."""
        before = self._usage.model
        if not model or model == before:
            return
        same = before.startswith(model) and self._usage.context_window
        window = self._usage.context_window if same else load_models().window(model)
        self._usage = replace(self._usage, model=model, context_window=window)

    def _count(self, request: Request) -> None:
        self._failure = None
        self._limited_until = None
        if not request.child:
            self._note_model(request.model)
        new = request.message_id not in self._unsettled
        self._unsettled[request.message_id] = request.input_tokens
        usage = replace(
            self._usage,
            input_tokens=self._settled.input_tokens + sum(self._unsettled.values()),
        )
        if not request.child:
            self._turn_open = True
            self._phase = Phase.THINKING if not self._tools else Phase.TOOL
            usage = replace(
                usage,
                turns=usage.turns + new,
                context_tokens=request.input_tokens or usage.context_tokens,
            )
        self._usage = usage

    def _follow_tool(self, event: ToolUsed | ToolReturned) -> None:
        if isinstance(event, ToolUsed):
            line = f"{event.tool}: {event.summary}" if event.summary else event.tool
            self._tools[event.id] = line
            self._repeats.begin(event.id, event.mark, line)
            self._doing = printable(line, _DOING_LIMIT)
        else:
            self._tools.pop(event.id, None)
            self._repeats.end(event.id, event.text, failed=event.failed)
            self._forget_questions_of(event.id)
            if self._tools:
                self._doing = printable(next(reversed(self._tools.values())), _DOING_LIMIT)
        self._phase = self._phase_of_tools()

    def _forget_questions_of(self, tool_id: str) -> None:
        self._asked = {key: pair for key, pair in self._asked.items() if pair[0].tool_id != tool_id}

    def _phase_of_tools(self) -> Phase:
        return Phase.TOOL if self._tools else Phase.THINKING

    def _ask(self, asked: Asked, at: datetime) -> None:
        question = Question(
            request_id=asked.request_id,
            tool=asked.tool,
            summary=asked.summary,
            asked_at=at,
            inquiries=parse_inquiries(asked),
        )
        self._asked[asked.request_id] = (asked, question)

    def _compact(self, event: Compacting | Compacted) -> None:
        if isinstance(event, Compacting):
            self._doing = "compacting the conversation"
        else:
            self._usage = replace(self._usage, context_tokens=event.after)

    def _end_turn(self, ended: TurnEnded) -> None:
        self._turn_open = False
        self._phase = Phase.IDLE
        self._doing = ""
        self._tools.clear()
        self._asked.clear()
        self._unsettled.clear()
        self._results += 1
        self._last_turn = ended
        self._denials.update({denied.tool_id: denied for denied in ended.denials})
        if not self._has_lifecycle:
            self._untaken.clear()
        model = self._usage.model
        cost = (
            ended.total_cost_usd
            if ended.cost_usd is None
            else self._settled.cost_usd + ended.cost_usd
        )
        self._settled = replace(
            self._usage,
            cost_usd=cost,
            input_tokens=self._settled.input_tokens + ended.input_tokens,
            output_tokens=self._settled.output_tokens + ended.output_tokens,
            context_window=_window(ended, model) or self._usage.context_window,
        )
        self._usage = self._settled

    # -------------------------------------------------------------------------- the messages

    def _move_message(self, moved: MessageMoved) -> None:
        self._has_lifecycle = True
        if moved.stage is MessageStage.QUEUED:
            return
        self._untaken.discard(moved.wire)
        if moved.stage is MessageStage.STARTED:
            self._turn_open = True
            self._failure = None

    def _delivery_by_echo(self, event: Event) -> tuple[MessageMoved, ...]:
        """Programs without a message lifecycle tell by the echo alone that one was taken."""
        if self._has_lifecycle or not isinstance(event, UserSaid) or not event.wire:
            return ()
        self._untaken.discard(event.wire)
        return (MessageMoved(wire=event.wire, stage=MessageStage.STARTED),)


def _retry_line(retrying: Retrying) -> str:
    what = f"{retrying.status} {retrying.error}" if retrying.status else retrying.error
    count = f"{retrying.attempt} of {retrying.limit}"
    line = f"retry {count} in {retrying.seconds:.0f} s: {what or 'no connection'}"
    return printable(line, _DOING_LIMIT)


def _window(ended: TurnEnded, model: str) -> int:
    windows = dict(ended.windows)
    if model in windows:
        return windows[model]
    related = [n for name, n in ended.windows if model and name.startswith(model)]
    return max(related or windows.values(), default=0)
