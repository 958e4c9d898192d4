"""What repositories of a user tell each other about an account, and what is not believed."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.records import NOW, later
from wtagents.agent.account import account_of
from wtagents.core.record import replace
from wtagents.core.task import AgentKind
from wtagents.core.tending.limit import AccountLimit
from wtagents.system.sharing.shared_limits import forget_limit, load_limit, share_limit

ACCOUNT = "claude api.anthropic.com /home/me/.claude"
LIMIT = AccountLimit(account=ACCOUNT, until=later(3600), detail="5-hour limit", seen_at=NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "accounts"


def test_the_latest_end_is_told_until_a_person_forgets_it(folder: Path) -> None:
    share_limit(folder, LIMIT, NOW)
    share_limit(folder, replace(LIMIT, until=later(60)), NOW)
    [file] = folder.glob("*.json")

    assert load_limit(folder, ACCOUNT, NOW) == LIMIT
    assert load_limit(folder, "another", NOW) is None
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    forget_limit(folder, ACCOUNT)
    forget_limit(folder, ACCOUNT)
    assert load_limit(folder, ACCOUNT, NOW) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "another"},
        {"until": "tomorrow"},
        {"until": "2026-11-21T13:00:00"},
        {"until": (NOW + timedelta(days=9)).isoformat()},
        {"until": NOW.isoformat()},
        {"until": 1e99},
        {"seen_at": later(3000).isoformat()},
        {"detail": ["x"]},
        {"agents": "0"},
        {"detail": "x" * 5000},
    ],
)
def test_what_does_not_say_what_it_must_is_not_believed(
    folder: Path, changes: dict[str, Any]
) -> None:
    share_limit(folder, LIMIT, NOW)
    [file] = folder.glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    assert load_limit(folder, ACCOUNT, NOW) is None
    share_limit(folder, LIMIT, NOW)
    assert load_limit(folder, ACCOUNT, NOW) == LIMIT


def test_a_link_a_torn_file_and_one_for_all_to_write_are_not_believed(folder: Path) -> None:
    share_limit(folder, LIMIT, NOW)
    [file] = folder.glob("*.json")
    whole = file.read_bytes()

    file.write_bytes(whole[:-5])
    assert load_limit(folder, ACCOUNT, NOW) is None
    file.write_bytes(b"[" * 4000)
    assert load_limit(folder, ACCOUNT, NOW) is None
    file.write_bytes(whole)
    file.chmod(0o666)
    assert load_limit(folder, ACCOUNT, NOW) is None
    file.chmod(0o600)
    assert load_limit(folder, ACCOUNT, NOW) == LIMIT
    other = file.rename(folder / "elsewhere")
    file.symlink_to(other)
    assert load_limit(folder, ACCOUNT, NOW) is None


def test_words_of_strangers_are_printable(folder: Path) -> None:
    share_limit(folder, replace(LIMIT, detail="\x1b[2Jgone\n"), NOW)

    found = load_limit(folder, ACCOUNT, NOW)

    assert found is not None
    assert found.detail.isprintable()


def test_of_many_who_tell_at_once_the_latest_end_stays(folder: Path) -> None:
    limits = [replace(LIMIT, until=later(60 * n)) for n in range(1, 21)]
    tellers = [threading.Thread(target=share_limit, args=(folder, each, NOW)) for each in limits]
    for each in tellers:
        each.start()
    for each in tellers:
        each.join()

    assert load_limit(folder, ACCOUNT, NOW) == limits[-1]


def test_two_keys_are_two_accounts_and_neither_is_told() -> None:
    names = [
        account_of(AgentKind.CLAUDE, {name: "sk-ant-" + key, "CLAUDE_CONFIG_DIR": "/c"})
        for name in ("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN")
        for key in ("one", "two")
    ]

    assert len({*names, account_of(AgentKind.CLAUDE, {"CLAUDE_CONFIG_DIR": "/c"})}) == 7
    assert not any("sk-ant" in name or "one" in name.split() for name in names)
