"""Messages on their way: from the inbox to the agent's stdin, and back as what became of them.

Words (`text`) are delivered when the agent took them into a request. Words that it did not take
before it ended are not mentioned in `taken/`: they stay undelivered and go to the next run, so that
a turn that ends while a message arrives loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.events import ControlAnswered, MessageMoved, MessageStage
from wtagents.agent.port import wire_id
from wtagents.core.answer import parse_answer
from wtagents.core.errors import SystemFault
from wtagents.core.json_fields import ForeignValue
from wtagents.core.message import PAUSE, MessageKind, Taken
from wtagents.core.run import ExitReason
from wtagents.system.run_folder import load_posted, posted, write_taken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.agent.events import Event
    from wtagents.agent.port import Agent, Reader
    from wtagents.core.order import Order
    from wtagents.runner.watch import Watch
    from wtagents.system.programs.child import Child
    from wtagents.system.run_folder import Posted

_DELIVERED_STAGES = frozenset({MessageStage.STARTED, MessageStage.COMPLETED})


class Mailbox:
    """The messages of one run, each handed over once."""

    def __init__(
        self, watch: Watch, order: Order, agent: Agent, reader: Reader, child: Child
    ) -> None:
        self.finishes: ExitReason | None = None
        """How the run is called that a person wants to end at the turn boundary."""
        self._watch = watch
        self._run_id = order.run_id
        self._session_id = order.session_id
        self._agent = agent
        self._reader = reader
        self._child = child
        self._seen: set[int] = set()
        self._sent: dict[str, int] = {}
        """Wire ids that wait for the agent's word, each with its message."""
        self._interrupts: dict[str, int] = {}
        """Requests that wait for the agent's answer, each with its message."""
        self._unwritten: list[Taken] = []

    def collect(self) -> bool:
        """Hand over what lies in the inbox; return whether there was anything new."""
        self._write_taken()
        if self._agent.takes_messages and not self._child.listens:
            return False
        new = sorted(posted(self._watch.folder) - self._seen)
        for message_id in new:
            self._seen.add(message_id)
            message = load_posted(self._watch.folder, message_id)
            if message is None:
                self._refuse(message_id, "the message cannot be read")
            elif not self._agent.takes_messages:
                self._refuse(message_id, "this agent takes no messages")
            else:
                self._hand_over(message)
        return bool(new)

    def note(self, events: Iterable[Event]) -> None:
        """Follow what the agent says about messages."""
        for event in events:
            if isinstance(event, MessageMoved):
                if event.stage in _DELIVERED_STAGES:
                    self._confirm(self._sent.pop(event.wire, 0))
                elif event.stage is MessageStage.CANCELLED:
                    self._sent.pop(event.wire, None)
            elif isinstance(event, ControlAnswered):
                message_id = self._interrupts.pop(event.request_id, 0)
                if event.failed:
                    self._refuse(message_id, event.text or "the agent refused to be interrupted")
                else:
                    self._confirm(message_id)

    def _hand_over(self, message: Posted) -> None:
        match message.kind:
            case MessageKind.TEXT:
                self._say(message)
            case MessageKind.ANSWER:
                self._answer(message)
            case MessageKind.INTERRUPT:
                self._interrupt(message)
            case MessageKind.FINISH:
                paused = message.body == PAUSE
                self.finishes = ExitReason.PAUSED if paused else ExitReason.INTERRUPTED
                self._confirm(message.message_id)

    def _say(self, message: Posted) -> None:
        wire = wire_id(self._session_id, message.message_id)
        self._sent[wire] = message.message_id
        self._child.write(self._agent.encode_text(wire, message.body))
        self._reader.note_sent(wire)

    def _answer(self, message: Posted) -> None:
        try:
            answer = parse_answer(message.body)
        except ForeignValue:
            self._refuse(message.message_id, "the answer cannot be read")
            return
        questions = self._reader.state.questions
        oldest = questions[0].request_id if questions else ""
        request_id = answer.request_id or oldest
        asked = self._reader.question(request_id)
        if asked is None:
            self._refuse(message.message_id, "nobody asks that any more")
            return
        self._child.write(self._agent.encode_answer(asked, answer))
        self._reader.note_answered(request_id)
        self._confirm(message.message_id)

    def _interrupt(self, message: Posted) -> None:
        """End the turn; what is said behind the interrupt begins the next one."""
        is_running = self._reader.state.turn_open
        request_id = wire_id(self._run_id, message.message_id)
        if is_running:
            self._child.write(self._agent.encode_interrupt(request_id))
        if message.body:
            self._say(message)
        elif is_running:
            self._interrupts[request_id] = message.message_id
        else:
            self._refuse(message.message_id, "nothing was running")

    def _confirm(self, message_id: int) -> None:
        self._note_taken(message_id, reason="")

    def _refuse(self, message_id: int, reason: str) -> None:
        self._note_taken(message_id, reason=reason)

    def _note_taken(self, message_id: int, *, reason: str) -> None:
        if message_id:
            self._unwritten.append(
                Taken(
                    message_id=message_id,
                    delivered=not reason,
                    reason=reason,
                    at=self._watch.clock.now(),
                )
            )
            self._write_taken()

    def _write_taken(self) -> None:
        """Write what is known; on a full disk it waits for the next call."""
        while self._unwritten:
            try:
                write_taken(self._watch.folder, self._unwritten[0])
            except SystemFault:
                return
            del self._unwritten[0]
