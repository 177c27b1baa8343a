"""Credentials that one knows by their shape. Pure: each rule is a word to look for and a pattern.

A rule's pattern is compiled when its word occurs for the first time. The group `secret`, where there is
one, is the secret itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from chorus_shhh.shapes import is_placeholder, is_sample


@dataclass(frozen=True)
class Format:
    """One published format of a credential. `word` occurs, in lower case, in every one of them."""

    rule: str
    word: str
    pattern: str


FORMATS: Final = (
    Format("private-key", "private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"),
    Format("putty-key", "putty-user-key-file-", r"PuTTY-User-Key-File-\d: \S+"),
    Format("age-identity", "age-secret-key-", r"(?i)AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{50,}"),
    Format("chorus-join-token", "chorus1", r"\bchorus1[1-9A-HJ-NP-Za-km-z]{48,}"),
    Format("github-token", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,255}"),
    Format("github-token", "github_pat_", r"\bgithub_pat_\w{22,255}"),
    Format("gitlab-token", "gl", r"\bgl(?:pat|oas|soat|dt|rt|cbt|ptt|ft|imt|agent|ffct)-[\w.-]{20,}"),
    Format("aws-access-key", "a", r"(?<![\w+/])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![\w+/])"),
    Format("aws-bedrock-key", "absk", r"\bABSK[A-Za-z0-9+/]{60,}={0,2}"),
    Format("aws-session-token", "iqojb3jpz2lu", r"\bIQoJb3JpZ2lu[A-Za-z0-9+/=]{40,}"),
    Format("gcp-api-key", "aiza", r"\bAIza[\w-]{35}\b"),
    Format("gcp-oauth-secret", "gocspx-", r"\bGOCSPX-[\w-]{20,}"),
    Format("gcp-oauth-token", "ya29.", r"\bya29\.[\w-]{20,}"),
    Format("azure-client-secret", "q~", r"(?<![\w~.-])[\w~.-]{3,4}Q~[\w~.-]{31,36}"),
    Format(
        "azure-account-key",
        "key=",
        r"(?i)\b(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})",
    ),
    Format("slack-token", "xox", r"\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}"),
    Format("slack-token", "xapp-", r"\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+"),
    Format(
        "slack-webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[\w/]{30,})",
    ),
    Format(
        "discord-webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/(?P<secret>[\w-]{50,})"
    ),
    Format("teams-webhook", ".webhook.office.com/", r"webhook\.office\.com/webhookb2/(?P<secret>\S{40,})"),
    Format("stripe-key", "k_live_", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    Format("stripe-webhook", "whsec_", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    Format("ai-provider-key", "sk-", r"\bsk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)?[\w-]{32,}"),
    Format("ai-provider-key", "gsk_", r"\bgsk_[A-Za-z0-9]{40,}"),
    Format("ai-provider-key", "pplx-", r"\bpplx-[A-Za-z0-9]{40,}"),
    Format("ai-provider-key", "xai-", r"\bxai-[A-Za-z0-9]{60,}"),
    Format("ai-provider-key", "hf_", r"\bhf_(?=[a-z]*[A-Z])[A-Za-z0-9]{30,}\b"),
    Format("ai-provider-key", "r8_", r"\br8_[A-Za-z0-9]{37}"),
    Format("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}"),
    Format("npm-token", ":_authtoken", r":_authToken\s*=\s*(?P<secret>[\w-]{30,})"),
    Format("pypi-token", "pypi-", r"\bpypi-[\w-]{50,}"),
    Format("rubygems-key", "rubygems_", r"\brubygems_[0-9a-f]{48}"),
    Format("crates-token", "cio", r"\bcio[A-Za-z0-9]{32}\b"),
    Format("docker-token", "dckr_", r"\bdckr_(?:pat|oat)_[\w-]{20,}"),
    Format("sendgrid-key", "sg.", r"\bSG\.[\w-]{16,}\.[\w-]{32,}"),
    Format("vault-token", "hv", r"\bhv[sbr]\.[\w-]{24,}"),
    Format("databricks-token", "dapi", r"\bdapi[0-9a-f]{32}"),
    Format("newrelic-key", "nrak-", r"\bNRAK-[A-Z0-9]{27}"),
    Format("notion-token", "ntn_", r"\bntn_[A-Za-z0-9]{40,}"),
    Format("shopify-token", "shp", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    Format("square-token", "eaaa", r"\bEAAA[\w-]{50,}"),
    Format("doppler-token", "dp.", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    Format("tailscale-key", "tskey-", r"\btskey-[a-z]+-[\w-]{20,}"),
    Format("fly-token", "fo1_", r"\bfo1_[\w-]{40,}"),
    Format("fly-token", "fm", r"\bfm[12][ar]?_[A-Za-z0-9+/=]{60,}"),
    Format("1password-token", "ops_eyj", r"\bops_eyJ[\w-]{100,}"),
    Format("digitalocean-token", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}"),
    Format("linear-key", "lin_", r"\blin_(?:api|oauth)_[A-Za-z0-9]{40,}"),
    Format("pulumi-token", "pul-", r"\bpul-[0-9a-f]{40}"),
    Format("grafana-token", "gl", r"\bgl(?:c|sa)_[\w+/=]{32,}"),
    Format("jwt", "eyj", r"(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}"),
    Format(
        "url-password",
        "://",
        r"(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{0,256}:(?P<secret>[^\s/@'\"]{3,512})@[^\s/@]",
    ),
    Format("bearer", "bearer ", r"(?i)\bbearer\s+(?P<secret>[\w~+/.-]{20,}=*)"),
    Format("basic-auth", "basic ", r"(?i)\bauthorization\W{1,4}basic\s+(?P<secret>[A-Za-z0-9+/]{12,}=*)"),
    Format(
        "connection-password",
        "p",
        r"(?i)(?:^|[;\s&?]|--)(?:password|pwd)\s*=\s*(?P<secret>[^;,\s&'\"()\[\]{}]{4,})(?=[;\s&]|$)",
    ),
    Format("curl-user", "curl", r"\bcurl\b.{0,512}?\s(?:-u|--user)[ =]?(?P<secret>[^\s:]+:\S{4,})"),
    Format("api-key-header", "x-", r"(?i)\bx-(?:api|auth)-(?:key|token)\s*[:=]\s*(?P<secret>[\w+/=.-]{12,})"),
    Format("netrc", "password ", r"\blogin\s+\S+\s+password\s+(?P<secret>\S{4,})"),
    Format("password-hash", "$", r"\$(?:2[aby]|5|6|y|argon2id?)\$[\w./$=,+-]{30,}"),
)


def find_formats(text: str) -> Iterator[tuple[str, str]]:
    """Every (rule, secret) in a text that is no placeholder."""
    lowered = text.lower()
    for known in FORMATS:
        if known.word in lowered:
            for match in _compiled(known.pattern).finditer(text):
                secret = match["secret"] if "secret" in match.re.groupindex else match[0]
                if not is_placeholder(secret) and not is_sample(secret):
                    yield known.rule, secret


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
