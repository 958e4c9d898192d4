from __future__ import annotations

import json
import re

import pytest

from wtagents.core.isolation.credentials import NEAR, credential_in, without_credentials

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


@pytest.mark.parametrize("rule", SHAPES)
def test_each_shape_is_found_and_put_out_of_sight(rule: str) -> None:
    line = f"token: {SHAPES[rule]} # mine"
    assert credential_in(line) == rule
    assert re.search(NEAR, line, re.IGNORECASE)
    kept = "aws_secret_access_key = " if rule == "AWS secret" else ""
    assert without_credentials(line) == f"token: {kept}[{rule}] # mine"


@pytest.mark.parametrize(
    "line",
    [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "see https://example.invalid/npm_config_registry",
        "sk-ant-... and ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "-----BEGIN PUBLIC KEY-----",
        'integrity "sha512-AKIAqwertyuiop"',
        "Authorization: Bearer <token>",
    ],
)
def test_what_only_looks_alike_is_left_alone(line: str) -> None:
    assert credential_in(line) == ""


def test_headers_urls_and_whole_keys_do_not_stay_in_texts() -> None:
    body = "\n".join([LETTERS] * 4)
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    text = f"curl -H 'Authorization: Bearer {LETTERS[:30]}' https://ada:s3cret@host/x\n{key}\nend"
    assert without_credentials(text) == (
        "curl -H 'Authorization: Bearer [authorization]' https://[password in a URL]@host/x\n"
        "[private key]\nend"
    )
    assert credential_in(text.split("\n", maxsplit=1)[0]) == ""


def test_a_json_document_stays_one() -> None:
    key = "-----BEGIN PRIVATE KEY-----\\n" + LETTERS
    said = {"Authorization": f"Bearer {LETTERS}", "a": [*SHAPES.values(), key], "b": "-----END"}
    for text in (json.dumps(said), json.dumps({"text": json.dumps(said)})):
        clean = without_credentials(text)
        assert json.loads(clean)
        assert LETTERS[:20] not in clean.replace(LETTERS + '"', "").replace(LETTERS + '\\"', "")
