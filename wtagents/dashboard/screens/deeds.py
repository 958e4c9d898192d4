"""What can be done to the task that a screen is about: keys, questions, and the operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from wtagents.core.errors import WtaError
from wtagents.core.figures import plural
from wtagents.core.inquiry import choice_lines
from wtagents.core.tending.pause import Pauses
from wtagents.core.text import printable
from wtagents.dashboard.acts import (
    ALL_DEEDS,
    TASK_DEEDS,
    Act,
    Deed,
    possible_acts,
    possible_for_all,
)
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.screens.choosing import ChoiceDialog
from wtagents.dashboard.screens.copying import CopyDialog, texts_of
from wtagents.dashboard.screens.dialogs import AnswerDialog, Confirm, Dialog, LineDialog
from wtagents.dashboard.screens.room import Room
from wtagents.dashboard.screens.verbs import PLAIN, Plain
from wtagents.operations.merge import MergeRequestOptions, ask_to_land
from wtagents.operations.steering.answer import AnswerRequest, answer
from wtagents.operations.steering.asked import AskedWhole, asked
from wtagents.operations.steering.fork import ForkRequest, fork
from wtagents.operations.steering.send import SendRequest, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wtagents.core.answer import Answer
    from wtagents.core.run import Question
    from wtagents.dashboard.homes import Home, Subject

_ACTION = "act"


def keys_of(deeds: Iterable[Deed]) -> list[BindingType]:
    """Return the keys of a part of the table."""
    return [
        Binding(deed.key, f"{_ACTION}('{deed.act}')", deed.word, show=deed.prominent)
        for deed in deeds
    ]


class AnswerWanted(Message):
    """A question was read in full, to be answered."""

    def __init__(self, subject: Subject, question: Question, whole: AskedWhole) -> None:
        super().__init__()
        self.subject = subject
        self.question = question
        self.whole = whole


class TaskRoom(Room):
    """A screen with a task that the keys are about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *keys_of((*TASK_DEEDS, *ALL_DEEDS)),
        Binding("ctrl+y", "copy", "Copy", show=False),
    ]

    _offered: frozenset[Act] = frozenset()

    def offer(self) -> None:
        """Name the keys again when other acts make sense than before."""
        subject = self.meant()
        if subject is not None:
            self.desk.choose(subject.home)
        acts = self.possible()
        if acts != self._offered:
            self._offered = acts
            self.refresh_bindings()

    def meant(self) -> Subject | None:
        """Return the task that the keys are about now."""
        raise NotImplementedError

    def possible(self) -> frozenset[Act]:
        """Return what makes sense now."""
        subject, home = self.meant(), self.desk.home
        acts = possible_for_all(home.pauses or Pauses())
        if subject is not None:
            acts |= possible_acts(subject.item, subject.home.pauses)
        return acts

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense."""
        offered = super().check_action(action, parameters)
        if offered and action == _ACTION:
            return parameters[0] in self.possible()
        return offered

    def action_act(self, name: str) -> None:
        """Do it, or ask what is to be known first."""
        act, subject = Act(name), self.meant()
        plain = PLAIN.get(act)
        if plain is not None:
            home = subject.home if subject is not None else self.desk.home
            self._do_plainly(plain, home, subject)
        elif subject is not None:
            self._asking()[act](subject)

    def _asking(self) -> dict[Act, Callable[[Subject], None]]:
        """Return what needs a dialog of its own."""
        return {
            Act.ANSWER: self.ask_for_answer,
            Act.SEND: self.ask_for_words,
            Act.APPROVE: self._ask_for_approval,
            Act.FORK: self._ask_for_fork,
            Act.RESTORE: self.ask_for_checkpoint,
        }

    def _do_plainly(self, plain: Plain, home: Home, subject: Subject | None) -> None:
        name = subject.name if subject is not None else ""
        target = subject.item.task.target if subject is not None else ""
        words = {"name": name, "target": target, "repository": home.name}

        def do() -> None:
            self.desk.act(
                home,
                plain.doing.format(**words),
                lambda context, tell: plain.carry(context, name, tell),
                done=plain.done.format(**words),
            )

        if plain.question:
            self.confirm(plain.question.format(**words), plain.consequence.format(**words), do)
        else:
            do()

    def ask_for_answer(self, subject: Subject) -> None:
        """Show what the agent asks, and send the answer."""
        pulse = subject.item.pulse
        if pulse is None or pulse.question is None:
            return
        self._read_question(subject, pulse.question)

    @work(thread=True, group="question", exclusive=True)
    def _read_question(self, subject: Subject, question: Question) -> None:
        context = subject.home.another()
        try:
            whole = asked(context, subject.name).data
        except WtaError:
            return  # it was answered meanwhile: the next look shows it
        finally:
            context.close()
        self.post_message(AnswerWanted(subject, question, whole))

    @on(AnswerWanted)
    def _answer_wanted(self, event: AnswerWanted) -> None:
        subject, question = event.subject, event.question
        if event.whole.request_id != question.request_id:
            self.desk.say(f"{subject.name} asks something else by now", Tone.NOTICE)
            return
        name, whole = subject.name, event.whole
        dialog: Dialog[Answer | None] = (
            ChoiceDialog(name, whole.request_id, whole.inquiries)
            if whole.inquiries
            else AnswerDialog(name, whole)
        )
        self.ask(dialog, lambda said: self.settle(subject, question, said))

    def action_copy(self) -> None:
        """Hand something about the task to the clipboard of the terminal, or of the browser."""
        subject = self.meant()
        if subject is None:
            return

        def chosen(text: str | None) -> None:
            if text is not None:
                self.app.copy_to_clipboard(text)
                self.desk.say(f"handed to the clipboard: {text}", Tone.FAINT)

        self.ask(CopyDialog(texts_of(subject.item)), chosen)

    def ask_for_checkpoint(self, subject: Subject) -> None:
        """Show the checkpoints of a task, to put one back."""
        self.desk.open(subject, "checkpoints")

    def _ask_for_approval(self, subject: Subject) -> None:
        """Show what is held, and let it pass."""
        name, merge = subject.name, subject.item.merge
        if merge is None:
            return
        options = MergeRequestOptions(names=(name,), approve=True)
        held = "\n".join(f"· {printable(hold.detail)}" for hold in merge.holds)
        self.confirm(
            f"Let {name} land as it is?",
            f"{plural(len(merge.holds), 'thing')} held:\n{held}",
            lambda: self.desk.act(
                subject.home,
                f"asking for {name} to land",
                lambda context, _: ask_to_land(context, options),
                done=f"{name} is approved and waits to land",
            ),
        )

    def ask_for_words(
        self,
        subject: Subject,
        text: str = "",
        *,
        at_once: bool = False,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Say something to the agent; `at_once` an editor begins to write it."""

        def said(words: str | None) -> None:
            if words:
                self.tell_agent(subject, words)
                if then is not None:
                    then()

        title, hint = f"Tell {subject.name}", "Enter sends; a task at rest goes on with it"
        self.ask(LineDialog(title, hint, text, may_edit=True, at_once=at_once), said)

    def _ask_for_fork(self, subject: Subject) -> None:
        """Begin a new task where this one is, or was at the checkpoint that is chosen."""
        at = self.chosen_checkpoint()
        where = f"at checkpoint {at}" if at else "as it is now"

        def named(new: str | None) -> None:
            if not new:
                return
            request = ForkRequest(name=subject.name, new=new, at=at)
            self.desk.act(
                subject.home,
                f"forking {subject.name}",
                lambda context, _: fork(context, request),
                done=f"{new} begins where {subject.name} is",
            )

        self.ask(LineDialog(f"Fork {subject.name} {where}", "name of the new task"), named)

    def chosen_checkpoint(self) -> str:
        """Return the number of the checkpoint under the cursor; '' where there is none."""
        return ""

    def tell_agent(
        self,
        subject: Subject,
        text: str,
        *,
        done: str = "",
        then: Callable[[], None] | None = None,
    ) -> None:
        """Send words and say whether they were heard; they are kept if they were not."""
        request = SendRequest(name=subject.name, text=text)
        self.desk.act(
            subject.home,
            f"telling {subject.name}",
            lambda context, _: send(context, request),
            done=done or f"{subject.name} heard it",
            then=then,
        )

    def settle(self, subject: Subject, question: Question, said: Answer | None) -> None:
        """Send the answer to a question; None leaves it open."""
        if said is None:
            return
        request = AnswerRequest.of(subject.name, said)
        self.desk.act(
            subject.home,
            f"answering {subject.name}",
            lambda context, _: answer(context, request),
            done=f"{subject.name}: {_word_of(question, said)}",
        )

    def confirm(self, question: str, consequence: str, act: Callable[[], None]) -> None:
        """Do it only after a yes."""

        def decided(yes: bool | None) -> None:  # noqa: FBT001  (Textual passes by position)
            if yes:
                act()
            else:
                self.desk.say("nothing was changed", Tone.FAINT)

        self.ask(Confirm(question, consequence), decided)


def _word_of(question: Question, said: Answer) -> str:
    """Say what was answered."""
    if said.chosen:
        return f"chosen {'; '.join(choice_lines(question.inquiries, said.chosen))}"
    word = "allowed" if said.allow else "denied"
    return f"{word} {question.tool}: {printable(question.summary)}"
