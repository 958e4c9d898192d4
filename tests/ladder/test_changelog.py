"""Changelogs: entries of both sides below their headings, or left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.landing.diff3 import Hunk
from wtagents.core.landing.resolution import ConflictText, count_lines
from wtagents.ladder.climb import climb
from wtagents.ladder.hunks import Spot
from wtagents.ladder.outcome import Merged
from wtagents.ladder.rules.changelog import is_changelog, merge_changelog
from wtagents.ladder.rules.table import answer_by_rules
from wtagents.ladder.words import normal_lines


def merged(target: str, branch: str, *, path: str = "CHANGELOG.md", base: str = "") -> str | None:
    hunk = Hunk(base=base, target=target, branch=branch)
    answer = answer_by_rules(Spot(path=path, hunk=hunk))
    assert answer is None or not (answer.dropped or answer.superseded)
    return answer.text if answer else None


UNDERLINED = "Unreleased\n==========\n\n"
BOTH = {
    "one list": ("- red\n", "- blue\n", "- red\n- blue\n"),
    "the same once": ("- red\n- grey\n", "- grey\n- blue\n", "- red\n- grey\n- blue\n"),
    "longer entries": ("- red\n  rose\n", "- blue\n  sky\n", "- red\n  rose\n- blue\n  sky\n"),
    "the same heading": (
        "\n### Added\n\n- red\n",
        "\n### Added\n\n- blue\n",
        "\n### Added\n\n- red\n- blue\n",
    ),
    "other headings": (
        "## Unreleased\n\n### Fixed\n\n- red\n\n\n",
        "## Unreleased\n\n### Added\n\n- blue\n",
        "## Unreleased\n\n### Fixed\n\n- red\n\n### Added\n\n- blue\n\n\n",
    ),
    "deep": (
        "## Next\n### Fixed\n- red\n\n### Added\n- grey\n",
        "## Next\n### Added\n- blue\n",
        "## Next\n### Fixed\n- red\n\n### Added\n- grey\n- blue\n",
    ),
    "underlined": (
        f"{UNDERLINED} * red\n",
        f"{UNDERLINED} * blue\n\n",
        f"{UNDERLINED} * red\n * blue\n",
    ),
    "entry and heading": (
        "\n### Fixed\n\n- red\n",
        "- blue\n\n### Fixed\n\n- grey\n",
        "\n- blue\n\n### Fixed\n\n- red\n- grey\n",
    ),
    "loose": ("- red\n\n- grey\n", "- blue\n", "- red\n\n- grey\n\n- blue\n"),
    "windows": (
        "# A\r\n\r\n- r\r\n",
        "# B\r\n\r\n- b\r\n",
        "# A\r\n\r\n- r\r\n\r\n# B\r\n\r\n- b\r\n",
    ),
}


@pytest.mark.parametrize("case", BOTH)
def test_entries_of_both_sides_stand_below_their_headings(case: str) -> None:
    target, branch, both = BOTH[case]
    assert merged(target, branch) == both


LEFT = {
    "two releases": ("## 1.2.0\n\n- red\n", "## 1.1.1\n\n- blue\n"),
    "a release and none": ("## Unreleased\n\n- red\n", "## 1.1.1\n\n- blue\n"),
    "one change twice": ("- red (#12)\n", "- rose (#12)\n"),
    "prose": ("Red is new.\n", "Blue is new.\n"),
    "a comment": ("- red\n<!-- x -->\n", "- blue\n"),
    "other marks": ("- red\n", "* blue\n"),
    "a heading twice": ("### A\n- red\n\n### A\n- grey\n", "### A\n- blue\n"),
    "a heading of nothing": ("- red\n\n### A\n", "- blue\n\n### B\n- grey\n"),
    "no end": ("- red", "- blue"),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_no_list_or_another_release_is_left_alone(case: str) -> None:
    target, branch = LEFT[case]
    assert merged(target, branch) is None
    assert merged(branch, target) is None


def test_what_one_side_changed_or_took_away_is_left_alone() -> None:
    assert merged("- red\n- rose\n", "- blue\n", base="- old\n") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("CHANGELOG.md", True),
        ("docs/changes", True),
        ("News.RST", True),
        ("a/History-2026.txt", True),
        ("release-notes.md", True),
        ("changes.py", False),
        ("changelog.d/1.feature.md", False),
        ("README.md", False),
    ],
)
def test_a_changelog_is_known_by_its_name(path: str, *, expected: bool) -> None:
    assert is_changelog(path) is expected
    answer = merge_changelog(Spot(path=path, hunk=Hunk(base="", target="- a\n", branch="- b\n")))
    assert (answer is not None) is expected


def test_a_whole_changelog_lands_in_its_order() -> None:
    head, old = "# Changes\n\n", "## 1.0.0\n\n- first\n"
    section = "## Unreleased\n\n### {}\n\n- {}\n\n"
    outcome = climb(
        ConflictText(
            path="CHANGELOG.md",
            base=head + old,
            target=head + section.format("Fixed", "red") + old,
            branch=head + section.format("Added", "blue") + old,
        ),
        keep_both=True,
    )
    assert isinstance(outcome, Merged)
    assert [each.rule for each in outcome.rungs] == ["changelog sections"]
    both = "## Unreleased\n\n### Fixed\n\n- red\n\n### Added\n\n- blue\n\n"
    assert outcome.text == head + both + old


ROWS = ["- a\n", "- b\n", "  c\n", "\n", "## U\n", "### X\n", "### Y\n", "1.0\n", "===\n", "* d\n"]
TEXTS = st.builds("".join, st.lists(st.sampled_from(ROWS), min_size=1, max_size=9))


@given(TEXTS, TEXTS)
def test_no_line_is_lost_and_none_is_new(target: str, branch: str) -> None:
    hunk = Hunk(base="", target=target, branch=branch)
    answer = merge_changelog(Spot(path="NEWS", hunk=hunk))
    if answer is not None:
        lines = count_lines(answer.text)
        assert lines.keys() == count_lines(target).keys() | count_lines(branch).keys()
        rows = iter(normal_lines(answer.text))
        assert all(row in rows for row in normal_lines(target)), "the target's order is kept"
