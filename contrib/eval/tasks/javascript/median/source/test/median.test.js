const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const test = require("node:test");

const median = (...numbers) =>
  Number(execFileSync(process.execPath, ["median.js", ...numbers.map(String)], { encoding: "utf8" }));

test("one", () => assert.strictEqual(median(7), 7));
test("digits do not matter", () => assert.strictEqual(median(9, 100, 20), 20));
test("even", () => assert.strictEqual(median(1, 30, 4, 200), 17));
test("negative", () => assert.strictEqual(median(-5, -10, 3), -5));
