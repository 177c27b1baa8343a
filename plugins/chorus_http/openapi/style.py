"""How the documentation page looks, light and dark. Its hash lets it pass the page's own policy."""

import base64
import hashlib
from typing import Final

STYLE: Final = (
    ":root{color-scheme:light dark;--line:#8884;--soft:#8882;--blue:#0969da;--green:#1a7f37;--gold:#9a6700}"
    "body{margin:0;font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:60rem;margin:auto;padding:1.5rem}"
    "h1{margin:0 0 .5rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}"
    "h3{font-size:1rem;margin:1rem 0 .25rem}"
    "code,pre{font:.875em ui-monospace,monospace}"
    "pre{background:var(--soft);padding:.75rem;border-radius:6px;overflow:auto}"
    "details{border:1px solid var(--line);border-left:4px solid var(--line);border-radius:6px;"
    "margin:.5rem 0;padding:.5rem .75rem}"
    "details.get{border-left-color:var(--blue)}details.post{border-left-color:var(--green)}"
    "details.put{border-left-color:var(--gold)}"
    "summary{cursor:pointer}summary b{display:inline-block;width:3.5rem}summary span{opacity:.75}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-top:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}"
)
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
