"""The list of tasks: at a glance, who needs a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

from tests.support.records import NOW
from tests.support.statuses import FLEET, at_work
from wtagents.cli.pages.task_list import task_list
from wtagents.cli.style import Style
from wtagents.core.figures import text_width
from wtagents.core.record import replace

if TYPE_CHECKING:
    from wtagents.operations.telling.status import TaskStatus


def shown(*items: TaskStatus, width: int = 80, color: bool = False) -> str:
    later = NOW + timedelta(minutes=3)
    return "\n".join(task_list(items, Style(color=color, width=width), now=later))


def test_the_fleet_on_a_small_screen() -> None:
    text = shown(*FLEET)
    assert text == snapshot("""\
  TASK        STATE    NOW                                 CHANGES   COST  SINCE
Needs a person
  docs        failed   no commits: the agent ended with…                      3m
    wta logs docs
  api         asking   asks to use Bash: git push         +1.2k -3  $0.42    12s
    wta answer api --allow, or: wta answer api --deny
  colours     ready    merge rejected: 2 conflicts                            3m
    wta send colours 'rebase'
At work
  fix-login   working  Edit src/login/a_rather_long_fil…  +1.2k -3  $0.42    12s
  later       queued   again in 28m (rate limited)                            3m
  queued      queued   waits for a place                                      3m
  landing     merging  gating                                                 3m
Ready to merge
  search      ready    3 uncommitted                         +3 -0            3m
At rest
  halted      stopped                                                         3m
Done
  merged-one  merged   landed on main                                         3m\
""")
    assert max(map(text_width, text.splitlines())) <= 80


def test_the_fleet_on_a_wide_screen() -> None:
    assert shown(*FLEET[:5], width=99) == snapshot("""\
  TASK        STATE    NOW                                 COMMITS   CHANGES  CONTEXT   COST  SINCE
Needs a person
  docs        failed   no commits: the agent ended witho…                                        3m
    wta logs docs
  api         asking   asks to use Bash: git push                2  +1.2k -3      23%  $0.42    12s
    wta answer api --allow, or: wta answer api --deny
At work
  fix-login   working  Edit src/login/a_rather_long_file…        2  +1.2k -3      23%  $0.42    12s
Ready to merge
  search      ready    3 uncommitted                             1     +3 -0                     3m
Done
  merged-one  merged   landed on main                                                            3m\
""")


def test_a_minute_that_has_passed_names_no_next_command() -> None:
    past = [replace(item, is_past=True) for item in FLEET]
    lines = shown(*FLEET).splitlines()
    assert shown(*past).splitlines() == [each for each in lines if not each.startswith("    ")]


def test_no_tasks_say_how_to_begin() -> None:
    assert shown() == 'no tasks; begin with: wta spawn fix-login "fix the login"'


def test_meaning_is_not_in_the_colour() -> None:
    painted = shown(*FLEET, color=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == shown(*FLEET)


def test_what_an_agent_says_cannot_break_the_table() -> None:
    item = at_work("a", 1, "\x1b[2J\x1b]0;owned\x07one\ntwo\u202e")
    assert "a     working  onetwo" in shown(item).replace("one two", "onetwo")
    assert "\x1b" not in shown(item)
