"""What can be done to the task that a screen is about: keys, questions, and the operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from wtagents.core.figures import plural
from wtagents.core.text import printable
from wtagents.dashboard.acts import Act, possible_acts
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.screens.dialogs import AnswerDialog, Confirm, LineDialog
from wtagents.dashboard.screens.room import Room
from wtagents.operations.merge import MergeRequestOptions, ask_to_land
from wtagents.operations.steering.answer import AnswerRequest, answer
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import RetryRequest, cancel, retry, stop
from wtagents.operations.undo import UndoRequest, undo
from wtagents.operations.withdraw import withdraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtagents.core.run import Question
    from wtagents.operations.telling.status import TaskStatus


class TaskRoom(Room):
    """A screen with a task that the keys are about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "answer", "Answer"),
        Binding("t", "send", "Tell"),
        Binding("m", "merge", "Merge"),
        Binding("A", "approve", "Approve"),
        Binding("w", "withdraw", "Withdraw"),
        Binding("r", "retry", "Retry"),
        Binding("x", "stop", "Stop"),
        Binding("u", "undo", "Undo"),
        Binding("c", "cancel", "Cancel", show=False),
    ]

    _offered: frozenset[Act] = frozenset()

    def offer(self) -> None:
        """Name the keys again when other acts make sense than before."""
        item = self.meant()
        acts = possible_acts(item) if item is not None else frozenset()
        if acts != self._offered:
            self._offered = acts
            self.refresh_bindings()

    def meant(self) -> TaskStatus | None:
        """Return the task that the keys are about now."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense for the task."""
        offered = super().check_action(action, parameters)
        if offered and action in set(Act):
            item = self.meant()
            return item is not None and Act(action) in possible_acts(item)
        return offered

    def action_answer(self) -> None:
        """Show what the agent asks, and send the answer."""
        item = self.meant()
        if item is None or item.pulse is None or item.pulse.question is None:
            return
        name, question = item.task.name, item.pulse.question
        self.ask(AnswerDialog(name, question), lambda said: self.settle(name, question, said))

    def action_merge(self) -> None:
        """Ask for the task to land."""
        item = self.meant()
        if item is not None:
            options = MergeRequestOptions(names=(item.task.name,))
            self._ask_to_land(
                item, options, f"{item.task.name} waits to land on {item.task.target}"
            )

    def action_approve(self) -> None:
        """Show what is held, and let it pass."""
        item = self.meant()
        if item is None or item.merge is None:
            return
        name = item.task.name
        options = MergeRequestOptions(names=(name,), approve=True)
        held = "\n".join(f"· {printable(hold.detail)}" for hold in item.merge.holds)
        self.confirm(
            f"Let {name} land as it is?",
            f"{plural(len(item.merge.holds), 'thing')} held:\n{held}",
            lambda: self._ask_to_land(item, options, f"{name} is approved and waits to land"),
        )

    def action_withdraw(self) -> None:
        """Take the wish to land back."""
        item = self.meant()
        if item is not None:
            names = (item.task.name,)
            self.desk.act(
                f"withdrawing {names[0]}",
                lambda context, _: withdraw(context, names),
                done=f"{names[0]} is withdrawn and ready",
            )

    def action_send(self) -> None:
        """Say something to the agent."""
        item = self.meant()
        if item is None:
            return
        name = item.task.name

        def said(text: str | None) -> None:
            if text:
                self.tell_agent(name, text)

        self.ask(LineDialog(f"Tell {name}", "Enter sends; a task at rest goes on with it"), said)

    def tell_agent(
        self, name: str, text: str, *, done: str = "", then: Callable[[], None] | None = None
    ) -> None:
        """Send words and say whether they were heard; they are kept if they were not."""
        request = SendRequest(name=name, text=text)
        self.desk.act(
            f"telling {name}",
            lambda context, _: send(context, request),
            done=done or f"{name} heard it",
            then=then,
        )

    def action_retry(self) -> None:
        """Begin the task again."""
        item = self.meant()
        if item is not None:
            request = RetryRequest(name=item.task.name)
            self.desk.act(
                f"beginning {item.task.name} again",
                lambda context, _: retry(context, request),
                done=f"{item.task.name} begins again",
            )

    def action_stop(self) -> None:
        """Stop the agent."""
        item = self.meant()
        if item is not None:
            names = (item.task.name,)
            self.desk.act(
                f"stopping {names[0]}",
                lambda context, _: stop(context, names),
                done=f"{names[0]} is stopped; worktree and conversation stay",
            )

    def action_cancel(self) -> None:
        """Give the task up, after a question."""
        item = self.meant()
        if item is None:
            return
        names = (item.task.name,)
        self.confirm(
            f"Give {names[0]} up?",
            "Its agent is stopped and the task ends.\n"
            "Worktree and branch stay until wta cleanup proves that they may go.",
            lambda: self.desk.act(
                f"cancelling {names[0]}",
                lambda context, _: cancel(context, names),
                done=f"{names[0]} is cancelled; its worktree stays until cleanup",
            ),
        )

    def action_undo(self) -> None:
        """Take a landing back, after a question."""
        item = self.meant()
        if item is None:
            return
        name, request = item.task.name, UndoRequest(name=item.task.name)
        self.confirm(
            f"Take {name} back from {item.task.target}?",
            "One commit reverts it; it passes the gates first.\n"
            "The task keeps its branch and can be sent words and land again.",
            lambda: self.desk.act(
                f"undoing {name}",
                lambda context, tell: undo(context, request, tell=tell),
                done=f"{name} is taken back from {item.task.target}",
            ),
        )

    def settle(self, name: str, question: Question, said: tuple[bool, str] | None) -> None:
        """Send the answer to a question; None leaves it open."""
        if said is None:
            return
        allow, why = said
        request = AnswerRequest(name=name, allow=allow, message=why, request_id=question.request_id)
        what = f"{'allowed' if allow else 'denied'} {question.tool}: {printable(question.summary)}"
        self.desk.act(
            f"answering {name}", lambda context, _: answer(context, request), done=f"{name}: {what}"
        )

    def _ask_to_land(self, item: TaskStatus, options: MergeRequestOptions, done: str) -> None:
        self.desk.act(
            f"asking for {item.task.name} to land",
            lambda context, _: ask_to_land(context, options),
            done=done,
        )

    def confirm(self, question: str, consequence: str, act: Callable[[], None]) -> None:
        """Do it only after a yes."""

        def decided(yes: bool | None) -> None:  # noqa: FBT001  (Textual passes by position)
            if yes:
                act()
            else:
                self.desk.say("nothing was changed", Tone.FAINT)

        self.ask(Confirm(question, consequence), decided)
