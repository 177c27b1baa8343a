const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const test = require("node:test");

const card = (name, note) =>
  execFileSync(process.execPath, ["card.js", name, note], { encoding: "utf8" }).trim();

test("plain", () => assert.strictEqual(card("Ada", "hi"), '<article title="Ada"><p>hi</p></article>'));
test("tags", () => assert.match(card("a", "<b>"), /<p>&lt;b&gt;<\/p>/));
test("an ampersand once", () => assert.match(card("a", "R&D <1>"), /<p>R&amp;D &lt;1&gt;<\/p>/));
test("quotes", () => assert.match(card(`"x" y='z'`, "n"), /title="&quot;x&quot; y=&#39;z&#39;"/));
