"""One turn of the built-in agent: steps are done one after the other, messages taken in between."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wtagents.agent.scripted.narrator import Outcome
from wtagents.agent.scripted.scenario import Step, parse_scenario
from wtagents.agent.scripted.session import save_session
from wtagents.agent.scripted.signals import InterruptedTurnError
from wtagents.agent.scripted.stage import TurnOverError
from wtagents.agent.wording import load_words
from wtagents.core.errors import UsageError
from wtagents.core.record import replace

if TYPE_CHECKING:
    from wtagents.agent.scripted.channel import Channel
    from wtagents.agent.scripted.narrator import Narrator
    from wtagents.agent.scripted.session import Session
    from wtagents.agent.scripted.stage import Stage

NOTHING = "The built-in agent does only what stands behind a line 'scenario:'; nothing was changed."


class Conductor:
    """Leads through the turns of one process."""

    def __init__(
        self, session: Session, channel: Channel, narrator: Narrator, stage: Stage
    ) -> None:
        self._session = session
        self._channel = channel
        self._narrator = narrator
        self._stage = stage
        self._left: deque[Step] = deque(session.left)
        self._taken: list[str] = []

    def play(self, wire: str, text: str) -> int:
        """Play one turn; return the exit status that it gives the process."""
        if self._has_heard(wire, text):
            return 0
        self._narrator.stage(wire, "started")
        self._narrator.begin()
        self._narrator.echo(wire, text)
        self._taken = [wire]
        try:
            outcome = self._perform(text)
        except TurnOverError as over:
            outcome = over.outcome
        except InterruptedTurnError:
            outcome = self._interrupted()
        self._save()
        self._narrator.end(outcome)
        stage = "cancelled" if outcome.terminal_reason.startswith("aborted") else "completed"
        for each in self._taken:
            self._narrator.stage(each, stage)
        return outcome.exit_code

    def _perform(self, text: str) -> Outcome:
        self._stage.begin()
        words = self._understand(text)
        self._save()
        while self._left:
            step = self._left.popleft()
            self._save()
            words = self._stage.do(step) or words
            self._take_messages()
        if not self._stage.has_spoken:
            self._narrator.say(words)
        return Outcome(text=words)

    def _understand(self, text: str) -> str:
        """Put the text's steps behind those that are left; return the last words without any."""
        steps = self._steps_of(text)
        self._left.extend(steps)
        if self._left:
            return "Done."
        if text.strip() == load_words("commit") and not self._session.stubborn:
            return self._stage.commit("Commit what was left")
        return NOTHING

    def _steps_of(self, text: str) -> tuple[Step, ...]:
        try:
            return parse_scenario(text)
        except UsageError as error:
            words = f"{error.message}: {error.cause}"
            raise TurnOverError(
                Outcome(text=words, failed=True, subtype="error_during_execution")
            ) from None

    def _take_messages(self) -> None:
        while (message := self._channel.next_message(0)) is not None:
            wire, text = message
            if self._has_heard(wire, text):
                continue
            self._narrator.echo(wire, text)
            self._narrator.stage(wire, "started")
            self._taken.append(wire)
            steps = self._steps_of(text)
            self._left.extend(steps)
            self._save()
            if not steps:
                self._narrator.say(f"Noted: {text}")

    def _has_heard(self, wire: str, text: str) -> bool:
        """Pass over a message that comes again, also from an earlier process."""
        if not wire or wire not in self._session.heard:
            return False
        self._narrator.echo(wire, text)
        self._narrator.stage(wire, "completed")
        return True

    def _interrupted(self) -> Outcome:
        self._left.clear()
        self._stage.drop_tool()
        return Outcome(
            text="[Request interrupted by user]",
            failed=True,
            subtype="error_during_execution",
            terminal_reason="aborted_tools",
        )

    def _save(self) -> None:
        self._session = replace(
            self._session,
            left=tuple(self._left),
            requests=self._narrator.requests,
            cost_usd=self._narrator.cost,
            stubborn=self._session.stubborn or self._stage.stubborn,
            heard=tuple(dict.fromkeys((*self._session.heard, *self._taken))),
        )
        save_session(self._session)
