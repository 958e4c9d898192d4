"""Settings: every key with its default, and how layers make one whole.

    defaults < wta.toml of the main worktree < ~/.config/wta/config.toml < flags

A repository's file is data from strangers: what it wants to run or to allow takes effect only when
a person has trusted exactly this content (`core/config/trust.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtagents.core.config.limits import BudgetSettings, LimitSettings
from wtagents.core.config.profiles import BUILT_IN, Profile, lay_over
from wtagents.core.errors import ConfigError, UsageError
from wtagents.core.isolation.confinement import SandboxSettings
from wtagents.core.isolation.copying import CopyFallback
from wtagents.core.isolation.credentials import SecretScan
from wtagents.core.landing.merge import LastResolver, MergeStrategy, ResolverKind
from wtagents.core.landing.protected import PROTECTED
from wtagents.core.landing.rung import UNATTENDED, Rung
from wtagents.core.landing.testing import TEST_PATHS
from wtagents.core.permission import PermissionMode
from wtagents.core.record import field_names, record
from wtagents.core.task import AgentKind
from wtagents.core.tending.alert import NotifySettings
from wtagents.core.watching.claim import ClaimMode, Ownership

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wtagents.core.landing.regeneration import Regeneration

DEFAULT = "default"
"""Source of a value that nobody set."""
_DAY = 86400.0
_PROFILES = "agent.profiles"
_ALONE = {"own": "radar.own", "profile": _PROFILES}
"""Keys that stand alone in a file, as tables: `[[own]]`, `[profile.NAME]`."""
_CORRECT = "correct the line, or delete it: the default holds then"
_SHOWN = 60
"""Characters of a wrong value that an error repeats."""


@record
class AgentSettings:
    """How agents are started. Times in seconds."""

    kind: AgentKind = AgentKind.CLAUDE
    program: str = "claude"
    model: str | None = None
    fallback_models: tuple[str, ...] = ()
    permission_mode: PermissionMode = PermissionMode.ACCEPT_EDITS
    allow: tuple[str, ...] = (
        "Edit(./**)",
        "Bash(git add *)",
        "Bash(git commit *)",
        "Bash(git status)",
        "Bash(git status *)",
        "Bash(git diff)",
        "Bash(git diff *)",
        "Bash(git log)",
        "Bash(git log *)",
    )
    deny: tuple[str, ...] = (
        "Bash(git push)",
        "Bash(git push *)",
        "Bash(git stash)",
        "Bash(git stash *)",
    )
    max_turns: int | None = None
    budget_usd: float | None = None
    timeout: float | None = 7200.0
    profiles: tuple[Profile, ...] = BUILT_IN


@record
class WorktreeSettings:
    """Where agents work, and what is done before they begin. Times in seconds."""

    root: str = "../{repository}-worktrees"
    setup: tuple[str, ...] = ()
    setup_timeout: float = 600.0
    include_file: str = ".worktreeinclude"
    copy: tuple[str, ...] = ()
    copy_fallback: CopyFallback = CopyFallback.COPY


@record
class VerifySettings:
    """What looks at the work of an agent before its task is ready. Times in seconds."""

    commands: tuple[str, ...] = ()
    rounds: int = 3
    timeout: float = 1200.0


@record
class MergeSettings:
    """How branches land. Times in seconds."""

    target: str | None = None
    gate: tuple[str, ...] = ()
    gate_timeout: float = 1200.0
    setup: tuple[str, ...] = ()
    slots: int | None = None
    strategy: MergeStrategy = MergeStrategy.REBASE
    resolver: ResolverKind = ResolverKind.CLAUDE
    resolver_command: tuple[str, ...] = ()
    resolver_model: str | None = None
    resolver_budget_usd: float | None = 2.0
    resolver_last: LastResolver = LastResolver.NONE
    regenerate: tuple[Regeneration, ...] = ()
    ladder: tuple[Rung, ...] = UNATTENDED
    candidates: int = 3
    test_command: str | None = None
    test_paths: tuple[str, ...] = TEST_PATHS
    allow_drops: bool = False
    protected: tuple[str, ...] = PROTECTED
    secrets: SecretScan = SecretScan.HOLD
    push: str | None = None
    post_gate: tuple[str, ...] = ()
    auto_undo: bool = False

    @property
    def squashes(self) -> bool:
        """Whether a branch lands as one commit."""
        return self.strategy is MergeStrategy.SQUASH


@record
class CleanupSettings:
    """What may go, and for how long it can come back. Times in seconds, sizes in bytes."""

    keep: float = 30 * _DAY
    regenerable: tuple[str, ...] = (
        "node_modules/",
        ".venv/",
        "target/",
        "__pycache__/",
        ".pytest_cache/",
        ".mypy_cache/",
        ".ruff_cache/",
    )
    per_pass: int = 3
    quota: int | None = None


@record
class CheckpointSettings:
    """Snapshots of worktrees while agents work. Times in seconds, sizes in bytes."""

    enabled: bool = True
    every: float = 300.0
    include: tuple[str, ...] = ()
    largest: int = 50 * 10**6
    most: int = 100


@record
class RadarSettings:
    """Conflicts between agents while they work. Times in seconds."""

    enabled: bool = True
    interval: float = 10.0
    notify: bool = True
    claims: ClaimMode = ClaimMode.WARN
    own: tuple[Ownership, ...] = ()


@record
class Layer:
    """What one file or flag says, still unread."""

    source: str
    """Path of the file, or the flag: `--model`."""
    values: Mapping[str, Any]
    """Section to key to value, as TOML has them."""
    content: bytes = b""
    """The file as it was read."""
    is_repository: bool = False
    """Whether it came with the repository, so that it needs trust."""


@record
class Settings:
    """All values, each with its source."""

    agent: AgentSettings = AgentSettings()
    worktree: WorktreeSettings = WorktreeSettings()
    verify: VerifySettings = VerifySettings()
    sandbox: SandboxSettings = SandboxSettings()
    merge: MergeSettings = MergeSettings()
    limits: LimitSettings = LimitSettings()
    budget: BudgetSettings = BudgetSettings()
    cleanup: CleanupSettings = CleanupSettings()
    checkpoints: CheckpointSettings = CheckpointSettings()
    radar: RadarSettings = RadarSettings()
    notify: NotifySettings = NotifySettings()
    sources: Mapping[str, str]
    """`section.key` to `default`, a path or a flag."""
    repository: Layer | None = None
    """The file of the repository, if there is one."""


SECTIONS: Mapping[str, type[Any]] = {
    "agent": AgentSettings,
    "worktree": WorktreeSettings,
    "verify": VerifySettings,
    "sandbox": SandboxSettings,
    "merge": MergeSettings,
    "limits": LimitSettings,
    "budget": BudgetSettings,
    "cleanup": CleanupSettings,
    "checkpoints": CheckpointSettings,
    "radar": RadarSettings,
    "notify": NotifySettings,
}


def setting_names() -> list[str]:
    """Return every `section.key`, in order."""
    return [f"{section}.{name}" for section, kind in SECTIONS.items() for name in field_names(kind)]


def setting_value(settings: Settings, name: str) -> Any:
    """Return the value of a `section.key`."""
    section, _, key = name.partition(".")
    return getattr(getattr(settings, section), key)


def flag_layer(flag: str, name: str, value: Any) -> Layer:
    """Return the layer of one flag: `flag_layer("--model", "agent.model", "opus")`."""
    section, _, key = name.partition(".")
    return Layer(source=flag, values={section: {key: value}})


def resolve_settings(layers: Sequence[Layer]) -> Settings:
    """Lay the layers over the defaults, the last one on top.

    Raises ConfigError (UsageError for a flag) naming the source, the key and what is expected.
    """
    sources = dict.fromkeys(setting_names(), DEFAULT)
    chosen: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for layer in layers:
        for name, raw in _entries(layer):
            section, _, key = name.partition(".")
            value = _read(layer, name, raw)
            if name == _PROFILES:
                value = lay_over(chosen[section].get(key, BUILT_IN), value)
            chosen[section][key] = value
            sources[name] = layer.source
    settings = Settings(
        **{section: kind(**chosen[section]) for section, kind in SECTIONS.items()},
        sources=sources,
        repository=next((layer for layer in layers if layer.is_repository), None),
    )
    _require_coherent(settings)
    return settings


def _entries(layer: Layer) -> Iterator[tuple[str, Any]]:
    for section, table in layer.values.items():
        if section in _ALONE:
            yield _ALONE[section], table
            continue
        if section not in SECTIONS:
            raise _unknown(layer, section)
        if not hasattr(table, "items"):
            raise _fault(
                layer,
                f"{section} is a section, not a value",
                cause=f"found {section} = {_shown(table)}",
                hint=f"write [{section}] and its keys below",
                name=section,
            )
        for key, raw in table.items():
            yield f"{section}.{key}", raw


def _read(layer: Layer, name: str, raw: Any) -> Any:
    from wtagents.core.config.forms import Unfit
    from wtagents.core.config.setting_keys import KEYS

    if name not in KEYS:
        raise _unknown(layer, name)
    form = KEYS[name].form
    if KEYS[name].personal and layer.is_repository:
        raise _fault(
            layer,
            f"{name} is for a person to decide, not for a repository",
            hint="delete the line; where it holds: ~/.config/wta/config.toml",
            name=name,
        )
    try:
        return form.read(raw)
    except Unfit:
        raise _fault(
            layer,
            f"{name} cannot be {_shown(raw)}",
            cause=f"expected {form.expected}",
            hint=_CORRECT if layer.content else f"what it is for: wta config {name}",
            name=name,
        ) from None


def _unknown(layer: Layer, name: str) -> ConfigError | UsageError:
    from difflib import get_close_matches

    known, key = setting_names(), name.rpartition(".")[2]
    close = [each for each in known if each.rpartition(".")[2] == key]
    close = close or get_close_matches(name, [*SECTIONS, *known], n=1, cutoff=0.7)
    meant = f"meant {' or '.join(close)}? " if close else ""
    shown = name if name.isprintable() else _shown(name)
    hint = _CORRECT if layer.content else "see all: wta config"
    return _fault(layer, f"there is no setting {shown}", hint=f"{meant}{hint}", name=name)


def _require_coherent(settings: Settings) -> None:
    merge, limits, sources = settings.merge, settings.limits, settings.sources
    if merge.resolver is ResolverKind.COMMAND and not merge.resolver_command:
        raise _error_of(sources["merge.resolver"])(
            f'{sources["merge.resolver"]}: merge.resolver = "command" needs a program',
            cause="merge.resolver_command is empty",
            hint='set it, for example: resolver_command = ["./resolve"]',
        )
    if limits.agents_min is not None and limits.agents_min > limits.agents:
        raise _error_of(sources["limits.agents_min"])(
            f"{sources['limits.agents_min']}: limits.agents_min is above limits.agents",
            cause=f"they are {limits.agents_min} and {limits.agents}",
            hint="lower limits.agents_min, or raise limits.agents",
        )
    if limits.stuck_after <= limits.quiet_after:
        source = sources["limits.stuck_after"]
        source = sources["limits.quiet_after"] if source == DEFAULT else source
        raise _error_of(source)(
            f"{source}: limits.stuck_after must be longer than limits.quiet_after",
            cause=f"they are {limits.stuck_after:g} s and {limits.quiet_after:g} s",
            hint="raise limits.stuck_after, or lower limits.quiet_after",
        )


def _fault(
    layer: Layer, what: str, *, hint: str, name: str, cause: str = ""
) -> ConfigError | UsageError:
    from wtagents.core.config.toml_lines import line_of

    line = line_of(layer.content, name)
    place = layer.source if line is None else f"{layer.source}:{line}"
    return _error_of(layer.source)(f"{place}: {what}", cause=cause, hint=hint)


def _error_of(source: str) -> type[ConfigError | UsageError]:
    return UsageError if source.startswith("--") else ConfigError


def _shown(raw: Any) -> str:
    """Show a value about as it stands in the file, in one short line."""
    from json import dumps

    if isinstance(raw, str):
        text = dumps(raw, ensure_ascii=not raw.isprintable())
    else:
        text = str(raw).lower() if isinstance(raw, bool) else repr(raw)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
