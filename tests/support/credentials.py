"""Texts in the shape of credentials: no issuer has ever made one of them."""

from __future__ import annotations

LETTERS = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAbCdEfGhIjKlMnOpQrStUvWxYz123456789"
SHAPES = {
    "Anthropic key": f"sk-ant-api03-{LETTERS}",
    "OpenAI key": f"sk-proj-{LETTERS[:24]}T3BlbkFJ{LETTERS[:24]}",
    "GitHub token": f"ghp_{LETTERS[:36]}",
    "GitLab token": f"glpat-{LETTERS[:20]}",
    "AWS key": "AKIA" + "QWERTYUIOP234567"[:16],
    "AWS secret": f"aws_secret_access_key = {LETTERS[:40]}",
    "Google key": f"AIza{LETTERS[:35]}",
    "Slack token": f"xoxb-{LETTERS[:24]}",
    "Stripe key": f"sk_live_{LETTERS[:24]}",
    "npm token": f"npm_{LETTERS[:36]}",
    "PyPI token": f"pypi-AgEIcHlwaS5vcmc{LETTERS}",
    "Hugging Face token": f"hf_{'aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH'}",
    "SendGrid key": f"SG.{LETTERS[:22]}.{LETTERS[:43]}",
    "Docker token": f"dckr_pat_{LETTERS[:27]}",
    "private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
}
"""One for each rule, by its name."""
_OTHERS = (
    f"github_pat_{LETTERS[:22]}_{LETTERS[:59]}",
    f"https://hooks.slack.com/services/T{LETTERS[:8]}/B{LETTERS[:8]}/{LETTERS[:24]}",
    f"ASIA{'QWERTYUIOP234567'}",
    f"Authorization: Bearer {LETTERS[:30]}",
    f"https://ada:{LETTERS[:12]}@host/x",
    f"-----BEGIN RSA PRIVATE KEY-----\n{LETTERS}\n{LETTERS}\n-----END RSA PRIVATE KEY-----",
)
CANARIES = (*(each for rule, each in SHAPES.items() if rule != "private key"), *_OTHERS)
"""Twenty, each with one of the `MARKS` in what must not be seen."""
MARKS = ("aB3dE5gH", "QWERTYUIOP", "aBcDeFgHiJ")
"""Where one of them is found a credential was kept."""
