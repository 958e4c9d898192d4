"""Credentials in texts: found by their shape, and put out of sight. Pure.

Only shapes that their issuers made to be recognised: a prefix, a length, an alphabet. The rules
follow what the issuers publish and what gitleaks and detect-secrets look for; guesses by entropy
are left out, for they cry wolf in every lock file.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NEAR = (
    "sk-ant-|T3BlbkFJ|gh[pousr]_|github_pat_|gl[a-z]+-|(AK|AS|AB)IA[A-Z2-7]|ACCA[A-Z2-7]"
    "|secret_?access_?key|AIza|xox[abeoprs]-|hooks[.]slack|k_live_|npm_|pypi-AgEI|hf_"
    "|SG[.]|dckr_|PRIVATE KEY"
)
"""What every rule needs, as an extended regular expression (POSIX), capitals or not."""


class SecretScan(StrEnum):
    """What happens to a landing that brings credentials."""

    HOLD = "hold"
    OFF = "off"


RULES: Mapping[str, str] = {
    "Anthropic key": r"sk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,}",
    "OpenAI key": r"sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "GitLab token": r"gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_-]{20,}",
    "AWS key": r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])",
    "AWS secret": r"((?i:aws_?secret_?access_?key)[\"']?\s*[:=]\s*[\"']?)"
    r"[A-Za-z0-9/+]{40}(?![\w/+])",
    "Google key": r"AIza[A-Za-z0-9_-]{35}(?![\w-])",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{10,}"
    r"|https://hooks\.slack\.com/services/T\w+/B\w+/\w+",
    "Stripe key": r"(?:sk|rk)_live_[A-Za-z0-9]{16,}",
    "npm token": r"npm_[A-Za-z0-9]{36}(?!\w)",
    "PyPI token": r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}",
    "Hugging Face token": r"hf_[A-Za-z]{34}(?!\w)",
    "SendGrid key": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "Docker token": r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}",
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
}
"""What is never meant to be in a repository."""
_IN_TEXTS: Mapping[str, str] = {
    "authorization": r"((?i:authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+))"
    r"[A-Za-z0-9._~+/=-]{16,}",
    "password in a URL": r"(?<=://)[^/\s:@\"'\\]{1,64}:[^/\s@\"'\\]{3,256}(?=@)",
}
"""What is put out of sight too, though a repository may show how it is written."""
KEY_ALPHABET = r"[A-Za-z0-9+/=\\\s:,.-]"
"""What a private key is made of, headers included. No quote is in it: in JSON a key ends at the
latest where its text ends."""
_KEY_BODY = (
    KEY_ALPHABET + r"{0,20000}?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\\+[nr]|\s)*[A-Za-z0-9+/=]{40,})*"
)
"""Up to its end, or where that was cut off, as far as its lines go."""
_HINTS = (
    *("sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-"),
    *("glptt-", "glcbt-", "AKIA", "ASIA", "ABIA", "ACCA", "AIza", "xox", "hooks.slack", "k_live_"),
    *("npm_", "pypi-", "hf_", "SG.", "dckr_", "PRIVATE KEY", "://"),
)
_FOLDED_HINTS = ("secret_access", "secretaccess", "authorization")
"""What every rule needs, the latter in any case: most texts have none of it, and this is quick."""


def credential_in(line: str) -> str:
    """Return the rule that a line of a file breaks, or ''."""
    if not _has_hint(line):
        return ""
    example = _examples()
    for name, pattern in _patterns().items():
        if name in RULES and any(not example.search(each[0]) for each in pattern.finditer(line)):
            return name
    return ""


def without_credentials(text: str) -> str:
    """Return a text with every credential replaced by the name of its rule in brackets.

    A JSON document stays one.
    """
    if not _has_hint(text):
        return text
    text = _whole_keys().sub("[private key]", text)
    for name, pattern in _patterns().items():
        kept = r"\1" if pattern.groups else ""
        text = pattern.sub(f"{kept}[{name}]", text)
    return text


def _has_hint(text: str) -> bool:
    if any(hint in text for hint in _HINTS):
        return True
    folded = text.casefold()
    return any(hint in folded for hint in _FOLDED_HINTS)


@cache
def _examples() -> re.Pattern[str]:
    return re.compile(r"EXAMPLE|(?i:x{8}|0{12}|1234567890ab)")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in {**RULES, **_IN_TEXTS}.items()}


@cache
def _whole_keys() -> re.Pattern[str]:
    return re.compile(f"{RULES['private key']}(?:{_KEY_BODY})", re.DOTALL)
