const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const test = require("node:test");

function due(start, months, zone = "UTC") {
  const env = { ...process.env, TZ: zone };
  return execFileSync(process.execPath, ["due.js", start, String(months)], { env, encoding: "utf8" }).trim();
}

test("a plain month", () => assert.strictEqual(due("2024-03-05", 1), "2024-04-05"));
test("over the year", () => assert.strictEqual(due("2023-12-15", 2), "2024-02-15"));
test("the end of the month", () => assert.strictEqual(due("2024-01-31", 1), "2024-02-29"));
test("thirty days", () => assert.strictEqual(due("2024-03-31", 1), "2024-04-30"));
test("anywhere on earth", () => {
  assert.strictEqual(due("2024-03-05", 1, "Asia/Tokyo"), "2024-04-05");
  assert.strictEqual(due("2024-03-05", 1, "America/Lima"), "2024-04-05");
});
