"""The inbox: everything that waits for a person, oldest first, answered in place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen

from wtagents.core.answer import Answer
from wtagents.core.errors import WtaError
from wtagents.core.figures import plural
from wtagents.core.permission import rule_of
from wtagents.core.record import replace
from wtagents.core.text import visible
from wtagents.dashboard.acts import TASK_DEEDS, Act
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.inbox import (
    COLUMNS,
    Waiting,
    alike,
    inbox_rows,
    question_of,
    waiting_of,
)
from wtagents.dashboard.screens.deeds import TaskRoom, keys_of
from wtagents.dashboard.screens.dialogs import LineDialog
from wtagents.dashboard.widgets.evidence import Evidence
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.steering.asked import AskedWhole, asked
from wtagents.operations.steering.rule import RulePlan, apply_rule, plan_rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from textual.events import Resize
    from textual.widget import Widget

    from wtagents.dashboard.homes import Subject

WIDE = 120
SNOOZE = timedelta(minutes=15)


class QuestionRead(Message):
    """A question was read in full."""

    def __init__(self, key: str, whole: AskedWhole) -> None:
        super().__init__()
        self.key = key
        self.whole = whole


class RulePlanned(Message):
    """What a rule would change was looked at; `why` it cannot be made."""

    def __init__(self, chosen: Waiting, plan: RulePlan | None, why: str = "") -> None:
        super().__init__()
        self.chosen = chosen
        self.plan = plan
        self.why = why


class InboxScreen(TaskRoom, inherit_bindings=False):
    """What needs a person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "allow", "Allow"),
        *keys_of(deed for deed in TASK_DEEDS if deed.act is Act.ANSWER),
        Binding("n", "deny", "Deny"),
        Binding("Y", "alike(True)", "Allow all alike"),
        Binding("N", "alike(False)", "Deny all alike", show=False),
        Binding("L", "rule", "Make it a rule"),
        Binding("z", "snooze", "Snooze"),
        Binding("Z", "wake", "Show snoozed", show=False),
        *TaskRoom.BINDINGS,
        *Screen.BINDINGS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._waiting: tuple[Waiting, ...] = ()
        self._whole: dict[str, AskedWhole] = {}

    def body(self) -> Iterable[Widget]:
        """Return the list and the evidence."""
        with Container(id="inbox-body"):
            yield Table(id="inbox", empty="nothing waits for a person")
            yield Evidence(id="evidence")

    def on_mount(self) -> None:
        """Keep the ages and the evidence going."""
        super().on_mount()
        self.set_interval(1.0, self._draw_all)
        self.query_one(Table).focus()

    def show(self) -> None:
        """Show what was seen."""
        super().show()
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Show the evidence beside the list where there is room, else below it."""
        self.query_one("#inbox-body").set_class(event.size.width >= WIDE, "-wide")

    def meant(self) -> Subject | None:
        """Return the task under the cursor."""
        key = self.query_one(Table).key if self.is_furnished else None
        return self.desk.subject(key) if key is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer an answer where something is asked: in place, or by a choice in a window."""
        offered = super().check_action(action, parameters)
        if not offered:
            return offered
        chosen = self._chosen()
        question = question_of(chosen.item) if chosen is not None else None
        if action == "act" and parameters[0] == Act.ANSWER:
            return question is not None and bool(question.inquiries)
        if action == "deny":
            return question is not None
        if action in ("allow", "alike", "rule"):
            many = len(alike(self._waiting, chosen)) if chosen is not None else 0
            return many > (action == "alike")
        return offered

    def action_allow(self) -> None:
        """Let the agent do what it asks for."""
        chosen = self._chosen()
        if chosen is not None:
            self._settle(chosen, allow=True)

    def action_deny(self) -> None:
        """Say no, with a reason for the agent."""
        chosen = self._chosen()
        if chosen is None:
            return

        def said(why: str | None) -> None:
            if why is not None:
                self._settle(chosen, allow=False, why=why)

        name = chosen.item.task.name
        self.ask(LineDialog(f"Deny {name}", "why not? said to the agent; may be empty"), said)

    def action_alike(self, allow: bool) -> None:  # noqa: FBT001  (Textual passes by position)
        """Answer all agents that ask for the same tool alike, after all of it was shown."""
        chosen = self._chosen()
        if chosen is None:
            return
        them = alike(self._waiting, chosen)
        lines = [
            f"{each.key}: {visible(question.summary)}"
            for each in them
            if (question := question_of(each.item)) is not None
        ]

        def all_of_them() -> None:
            for each in them:
                self._settle(each, allow=allow)

        asked_for = f"{'Allow' if allow else 'Deny'} {plural(len(them), 'question')}?"
        self.confirm(asked_for, "\n".join(lines), all_of_them)

    def action_rule(self) -> None:
        """Ask for the rule that lets it be used without asking from now on."""
        chosen = self._chosen()
        question = question_of(chosen.item) if chosen is not None else None
        if chosen is None or question is None:
            return
        whole = self._whole.get(chosen.key)
        command = "\n".join(line.text for line in whole.lines) if whole is not None else ""

        def said(rule: str | None) -> None:
            if rule:
                self._plan_rule(chosen, rule)

        hint = "Tool, Tool(what) or Tool(what *); what changes is shown before it is written"
        rule = rule_of(question.tool, command)
        self.ask(LineDialog("Allow from now on, without asking", hint, rule), said)

    @work(thread=True, group="rule", exclusive=True)
    def _plan_rule(self, chosen: Waiting, rule: str) -> None:
        subject = self.desk.subject(chosen.key)
        if subject is None:
            return
        context = subject.home.another()
        try:
            self.post_message(RulePlanned(chosen, plan_rule(context, rule).data))
        except WtaError as error:
            self.post_message(RulePlanned(chosen, None, f"{error.message}   {error.hint}"))
        finally:
            context.close()

    @on(RulePlanned)
    def _rule_planned(self, event: RulePlanned) -> None:
        plan, subject = event.plan, self.desk.subject(event.chosen.key)
        if plan is None or subject is None:
            self.desk.say(f"! {event.why}", Tone.NOTICE)
            return

        def write() -> None:
            self.desk.act(
                subject.home,
                f"writing {plan.path.name}",
                lambda context, _: apply_rule(context, plan),
                done=f"{plan.rule} is allowed to agents that begin from now on",
                then=lambda: self._settle(event.chosen, allow=True),
            )

        shown = "\n".join(visible(line) for line in plan.changes[2:])
        said = f"{shown}\n\nIt is trusted with that, and this question is allowed."
        self.confirm(f"Write this into {plan.path}?", said, write)

    def action_snooze(self) -> None:
        """Do not show it for a while."""
        chosen = self._chosen()
        if chosen is not None:
            self._snooze((*self._snoozed, (chosen.mark, self.desk.now() + SNOOZE)))
            self.desk.say(f"{chosen.item.task.name} comes back in 15 minutes; Z shows it now")

    def action_wake(self) -> None:
        """Show everything again."""
        self._snooze(())

    def _snooze(self, snoozed: tuple[tuple[str, datetime], ...]) -> None:
        self.desk.remember(replace(self.desk.memory, snoozed=snoozed))
        self._draw()

    @property
    def _snoozed(self) -> tuple[tuple[str, datetime], ...]:
        """What is not to be shown yet, also from before the last start."""
        now = self.desk.now()
        return tuple((mark, until) for mark, until in self.desk.memory.snoozed if until > now)

    def _settle(self, each: Waiting, *, allow: bool, why: str = "") -> None:
        question, subject = question_of(each.item), self.desk.subject(each.key)
        if question is not None and subject is not None:
            said = Answer(request_id=question.request_id, allow=allow, message=why)
            self.settle(subject, question, said)

    def _chosen(self) -> Waiting | None:
        if not self.is_furnished:
            return None
        key = self.query_one(Table).key
        return next((each for each in self._waiting if each.key == key), None)

    def _draw(self) -> None:
        sights = self.desk.sights
        if not sights or not self.is_current:
            return
        now = self.desk.now()
        snoozed = {mark for mark, _ in self._snoozed}
        found = waiting_of(sights)
        self._waiting = tuple(each for each in found if each.mark not in snoozed)
        left = len(found) - len(self._waiting)
        hidden = f"; {left} snoozed, Z shows {'it' if left == 1 else 'them'}" if left else ""
        empty = f"nothing waits for a person{hidden}"
        self.query_one(Table).show(COLUMNS, inbox_rows(self._waiting, now=now), empty=empty)
        self.offer()

    def _draw_all(self) -> None:
        """Draw the evidence, too, which costs more than the list."""
        self._draw()
        if self.is_current:
            self._tell()

    def _tell(self) -> None:
        chosen = self._chosen()
        whole = None
        if chosen is not None and (question := question_of(chosen.item)) is not None:
            whole = self._whole.get(chosen.key)
            if whole is None or whole.request_id != question.request_id:
                self._read_whole(chosen.key)
        self.query_one(Evidence).show(chosen, whole, self.desk.now())

    @work(thread=True, group="asked", exclusive=True)
    def _read_whole(self, key: str) -> None:
        subject = self.desk.subject(key)
        if subject is None:
            return
        context = subject.home.another()
        try:
            self.post_message(QuestionRead(key, asked(context, subject.name).data))
        except WtaError:
            return  # it was answered meanwhile: the next look shows it
        finally:
            context.close()

    @on(QuestionRead)
    def _question_read(self, event: QuestionRead) -> None:
        self._whole[event.key] = event.whole
        if self.is_furnished:
            self._tell()

    @on(Table.Chosen)
    def _moved(self) -> None:
        self._tell()
        self.refresh_bindings()

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        subject = self.desk.subject(event.key) if event.key is not None else None
        if subject is not None:
            self.desk.open(subject)
