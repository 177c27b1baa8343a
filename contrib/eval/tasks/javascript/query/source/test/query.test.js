const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const test = require("node:test");

const query = (text) => JSON.parse(execFileSync(process.execPath, ["query.js", text], { stdio: "pipe" }));

test("pairs", () => assert.deepStrictEqual(query("a=1&b=%C3%A4"), { a: ["1"], b: ["ä"] }));
test("plus is a space", () => assert.deepStrictEqual(query("a+b=c+d"), { "a b": ["c d"] }));
test("repeated keys", () => assert.deepStrictEqual(query("a=1&b=2&a=3"), { a: ["1", "3"], b: ["2"] }));
test("an equals sign in the value", () => assert.deepStrictEqual(query("a=b=c"), { a: ["b=c"] }));
test("no value", () => assert.deepStrictEqual(query("a&b="), { a: [""], b: [""] }));
test("a lone percent sign", () => assert.deepStrictEqual(query("a=100%"), { a: ["100%"] }));
test("nothing", () => assert.deepStrictEqual(query(""), {}));
