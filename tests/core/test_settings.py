from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.written_settings import WRITTEN
from wtagents.core.config.profiles import BUILT_IN, Profile
from wtagents.core.config.setting_keys import KEYS
from wtagents.core.config.setting_rows import commented_toml, setting_rows
from wtagents.core.config.settings import (
    AgentSettings,
    Layer,
    Settings,
    flag_layer,
    resolve_settings,
    setting_names,
    setting_value,
)
from wtagents.core.config.trust import repository_commands, trust_hash
from wtagents.core.errors import ConfigError, ExitCode, UsageError, WtaError
from wtagents.core.landing.merge import ResolverKind
from wtagents.core.task import AgentKind

DEFAULTS = resolve_settings(())


CORRECT = "correct the line, or delete it: the default holds then"


def layer(text: str, source: str = "/repo/wta.toml", *, is_repository: bool = False) -> Layer:
    values = tomllib.loads(text)
    content = text.encode()
    return Layer(source=source, values=values, content=content, is_repository=is_repository)


def resolved(text: str) -> Settings:
    return resolve_settings([layer(text)])


def refusal(*layers: Layer) -> WtaError:
    with pytest.raises((ConfigError, UsageError)) as caught:
        resolve_settings(layers)
    return caught.value


def test_the_defaults() -> None:
    rows = {row.key: row.value for row in setting_rows(DEFAULTS)}
    assert {key: rows[key] for key in rows if not key.startswith("sandbox.")} == WRITTEN
    assert set(DEFAULTS.sources.values()) == {"default"}


def test_each_key_has_a_form_and_a_meaning() -> None:
    assert list(KEYS) == setting_names()
    assert all(key.about.endswith(".") for key in KEYS.values())


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        DEFAULTS.agent.model = "opus"  # type: ignore[misc]


def test_the_last_layer_wins_and_every_value_knows_its_source() -> None:
    settings = resolve_settings(
        [
            layer(
                '[agent]\nmodel = "a"\ntimeout = "1h"\n[merge]\nstrategy = "squash"',
                "/repo/wta.toml",
            ),
            layer('[agent]\nmodel = "b"\nmax_turns = 5', "/home/config.toml"),
            flag_layer("--max-turns", "agent.max_turns", 7),
            flag_layer("--timeout", "agent.timeout", "none"),
        ]
    )
    assert settings.agent == AgentSettings(model="b", timeout=None, max_turns=7)
    set_ones = {key: source for key, source in settings.sources.items() if source != "default"}
    assert set_ones == {
        "agent.model": "/home/config.toml",
        "agent.timeout": "--timeout",
        "agent.max_turns": "--max-turns",
        "merge.strategy": "/repo/wta.toml",
    }
    assert settings.merge.squashes
    row = next(row for row in setting_rows(settings) if row.key == "agent.model")
    assert (row.value, row.default, row.source) == ('"b"', '"none"', "/home/config.toml")


def test_a_profile_stands_for_itself_and_beside_the_others() -> None:
    text = """
        [profile.heavy]
        agents = 1
        [profile.docs]
        model = "haiku"
    """
    light, medium = BUILT_IN[:2]
    heavy, docs = Profile(name="heavy", agents=1), Profile(name="docs", model="haiku")

    assert resolved(text).agent.profiles == (light, medium, heavy, docs)
    for wrong in ("[profile]\nheavy = 2", "[profile.heavy]\nagent = 2", '[profile."a b"]'):
        with pytest.raises(ConfigError, match=r"agent\.profiles cannot be"):
            resolved(wrong)


def test_values_of_every_form() -> None:
    settings = resolved(
        """
        [agent]
        kind = "scripted"
        allow = []
        budget_usd = 5
        [merge]
        resolver = "command"
        resolver_command = ["./resolve", "--json"]
        gate_timeout = "1d2h3m4s"
        [limits]
        disk_floor = "0B"
        stop_seconds = 0.5
        retries = 0
        """
    )
    assert settings.agent.kind is AgentKind.SCRIPTED
    assert settings.agent.allow == ()
    assert settings.agent.budget_usd == 5.0
    assert settings.merge.resolver is ResolverKind.COMMAND
    assert settings.merge.resolver_command == ("./resolve", "--json")
    assert settings.merge.gate_timeout == 86400 + 2 * 3600 + 3 * 60 + 4
    assert settings.limits.disk_floor == 0
    assert settings.limits.stop_seconds == 0.5
    assert settings.limits.retries == 0


@pytest.mark.parametrize(
    ("text", "message", "cause"),
    [
        (
            "[agent]\ntimeout = 5",
            "agent.timeout cannot be 5",
            'expected a duration such as "90s", "10m", "1h30m" or "2d", or "none"',
        ),
        ('[agent]\nmodel = ""', 'agent.model cannot be ""', None),
        ('[agent]\nmodel = "a\\u0000b"', 'agent.model cannot be "a\\u0000b"', None),
        (
            '[agent]\nkind = "gpt"',
            'agent.kind cannot be "gpt"',
            'expected one of "claude", "scripted", "command"',
        ),
        (
            "[limits]\nagents = true",
            "limits.agents cannot be true",
            "expected a whole number from 1 to 1000",
        ),
        ('[agent]\npermission_mode = "x"', 'agent.permission_mode cannot be "x"', None),
        ("[limits]\nagents = 0", "limits.agents cannot be 0", None),
        ("[limits]\nagents = 1001", "limits.agents cannot be 1001", None),
        ("[limits]\nagents = 2.0", "limits.agents cannot be 2.0", None),
        ("[agent]\nbudget_usd = nan", "agent.budget_usd cannot be nan", None),
        ("[agent]\nbudget_usd = 0", "agent.budget_usd cannot be 0", None),
        (
            '[merge]\nallow_drops = "yes"',
            'merge.allow_drops cannot be "yes"',
            "expected true or false",
        ),
        (
            '[merge]\ngate = "make"',
            'merge.gate cannot be "make"',
            'expected a list of shell commands such as ["npm ci"]',
        ),
        ('[merge]\ngate = ["make", 3]', "merge.gate cannot be ['make', 3]", None),
        ('[merge]\ngate = [""]', "merge.gate cannot be ['']", None),
        (
            '[limits]\ndisk_floor = "2"',
            'limits.disk_floor cannot be "2"',
            'expected a size such as "500MB" or "2GB"',
        ),
        ('[merge]\ngate_timeout = "none"', 'merge.gate_timeout cannot be "none"', None),
        ('[merge]\ngate_timeout = "0s"', 'merge.gate_timeout cannot be "0s"', None),
        ('[merge]\ngate_timeout = ""', 'merge.gate_timeout cannot be ""', None),
        ('[merge]\ngate_timeout = "-5m"', 'merge.gate_timeout cannot be "-5m"', None),
        ('[cleanup]\nkeep = "999999999d"', 'cleanup.keep cannot be "999999999d"', None),
        (
            f'[agent]\nkind = "{"x" * 99}"',
            f'agent.kind cannot be "{"x" * 58}…',
            None,
        ),
    ],
)
def test_a_value_of_another_form(text: str, message: str, cause: str | None) -> None:
    error = refusal(layer(text))
    assert error.message == f"/repo/wta.toml:2: {message}"
    assert error.cause.startswith(cause or "expected ")
    assert error.hint == CORRECT
    assert error.exit_code is ExitCode.CONFIG


@pytest.mark.parametrize(
    ("text", "place", "key", "meant"),
    [
        ("\n[agnt] # it\nx = 1", ":2", "agnt", "meant agent? "),
        ('[agent]\nmodle = "x"', ":2", "agent.modle", "meant agent.model? "),
        (
            '[limits]\nsetup = "1h"',
            ":2",
            "limits.setup",
            "meant worktree.setup or merge.setup? ",
        ),
        ("[zzz]", ":1", "zzz", ""),
        ("model = 1", ":1", "model", "meant agent.model? "),
        ('["a\\nb\\u001b[31m"]', "", '"a\\nb\\u001b[31m"', ""),
    ],
)
def test_a_key_that_does_not_exist(text: str, place: str, key: str, meant: str) -> None:
    error = refusal(layer(text))
    assert error.message == f"/repo/wta.toml{place}: there is no setting {key}"
    assert error.hint == meant + CORRECT


def test_a_section_is_no_value() -> None:
    error = refusal(layer("agent = 3"))
    assert (error.message, error.cause, error.hint) == (
        "/repo/wta.toml:1: agent is a section, not a value",
        "found agent = 3",
        "write [agent] and its keys below",
    )


def test_a_wrong_flag_is_a_wrong_command_line() -> None:
    error = refusal(flag_layer("--timeout", "agent.timeout", "soon"))
    assert error.message == '--timeout: agent.timeout cannot be "soon"'
    assert error.hint == "what it is for: wta config agent.timeout"
    assert error.exit_code is ExitCode.USAGE


def test_values_that_do_not_go_together() -> None:
    command = refusal(layer('[merge]\nresolver = "command"'))
    assert (command.message, command.cause) == (
        '/repo/wta.toml: merge.resolver = "command" needs a program',
        "merge.resolver_command is empty",
    )
    quiet = refusal(layer('[limits]\nquiet_after = "1h"'))
    assert (quiet.message, quiet.cause) == (
        "/repo/wta.toml: limits.stuck_after must be longer than limits.quiet_after",
        "they are 900 s and 3600 s",
    )
    scale = refusal(layer("[limits]\nagents = 4\nagents_min = 6"))
    assert (scale.message, scale.cause) == (
        "/repo/wta.toml: limits.agents_min is above limits.agents",
        "they are 6 and 4",
    )
    flag = refusal(flag_layer("--quiet", "limits.quiet_after", "1h"))
    assert flag.exit_code is ExitCode.USAGE
    stuck = refusal(layer('[limits]\nstuck_after = "1m"', "/home/config.toml"))
    assert stuck.message.startswith("/home/config.toml: ")


def test_a_wrong_value_is_refused_even_where_a_higher_layer_replaces_it() -> None:
    error = refusal(layer("[limits]\nagents = 0"), flag_layer("--agents", "limits.agents", 3))
    assert error.message == "/repo/wta.toml:2: limits.agents cannot be 0"


def test_the_commented_file_says_what_holds_anyway() -> None:
    text = commented_toml()
    assert tomllib.loads(text) == {section: {} for section in tomllib.loads(text)}
    uncommented = "\n".join(
        line.removeprefix("# ") if " = " in line else line for line in text.splitlines()
    )
    settings = resolved(uncommented)
    for name in setting_names():
        assert setting_value(settings, name) == setting_value(DEFAULTS, name), name
        assert settings.sources[name] == "/repo/wta.toml"


def test_what_a_repository_wants_to_run_or_to_allow() -> None:
    text = """
        [agent]
        program = "./claude"
        model = "opus"
        allow = ["Bash(rm *)"]
        deny = []
        [worktree]
        setup = ["npm ci", "make"]
        setup_timeout = "1m"
        [merge]
        gate = ["pytest"]
        """
    theirs = layer(text, is_repository=True)
    mine = layer('[merge]\ngate = ["make check"]', "/home/config.toml")
    settings = resolve_settings([theirs, mine])
    assert repository_commands(settings) == (
        'agent.program: "./claude"',
        "agent.allow: Bash(rm *)",
        "agent.deny: []",
        "worktree.setup: npm ci",
        "worktree.setup: make",
    )
    assert settings.repository is theirs
    assert settings.merge.gate == ("make check",)


def test_a_persons_own_file_needs_no_trust() -> None:
    settings = resolve_settings([layer('[merge]\ngate = ["make"]', "/home/config.toml")])
    assert repository_commands(settings) == ()
    assert settings.repository is None
    harmless = layer('[agent]\nmodel = "opus"', is_repository=True)
    assert repository_commands(resolve_settings([harmless])) == ()


def test_trust_is_for_content_at_a_place() -> None:
    path, content = Path("/repo/wta.toml"), b'[merge]\ngate = ["make"]\n'
    trusted = trust_hash(path, content)
    assert trusted == sha256(b"/repo/wta.toml\n" + content).hexdigest()
    assert trusted != trust_hash(Path("/other/wta.toml"), content)
    assert trusted != trust_hash(path, content + b" ")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
RAW = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text())
    | st.from_regex(r"(\d+d)?(\d+h)?(\d+m)?(\d+s)?", fullmatch=True)
    | st.from_regex(r"\d+ ?[KMGT]?B", fullmatch=True)
    | st.dictionaries(st.text(), st.integers())
)


@given(name=st.sampled_from(setting_names()), raw=RAW)
def test_a_value_is_refused_in_words_or_written_so_that_it_reads_back(name: str, raw: Any) -> None:
    flag = flag_layer("--flag", name, raw)
    try:
        settings = resolve_settings([flag])
    except UsageError:
        message = refusal(flag).message
        assert message.isprintable()
        assert message.startswith("--flag: ")
    else:
        require_written_value_reads_back(settings, name)


@given(
    name=st.sampled_from(["agent.model", "agent.allow", "worktree.setup"]),
    texts=st.lists(TEXTS.filter(str.strip), min_size=1),
)
def test_any_text_is_written_so_that_it_reads_back(name: str, texts: list[str]) -> None:
    raw = texts[0] if name == "agent.model" else texts
    settings = resolve_settings([flag_layer("--flag", name, raw)])
    require_written_value_reads_back(settings, name)


def require_written_value_reads_back(settings: Settings, name: str) -> None:
    value = setting_value(settings, name)
    literal = KEYS[name].form.write(value)
    again = KEYS[name].form.read(tomllib.loads(f"x = {literal}")["x"])
    assert (again, type(again)) == (value, type(value))
