const assert = require("node:assert");
const test = require("node:test");
const { memo } = require("../lib/memo.js");

test("asks once", async () => {
  let asked = 0;
  const double = memo(async (n) => (asked++, n * 2));
  assert.deepStrictEqual([await double(4), await double(4), asked], [8, 8, 1]);
});

test("arguments are told apart", async () => {
  const shape = memo(async (...told) => told.length + typeof told[0]);
  assert.deepStrictEqual([await shape(1, 23), await shape("1,23")], ["2number", "1string"]);
});

test("two functions do not share", async () => {
  const up = memo(async (n) => n + 1);
  const down = memo(async (n) => n - 1);
  assert.deepStrictEqual([await up(70), await down(70)], [71, 69]);
});

test("a failure is tried again", async () => {
  let tries = 0;
  const shaky = memo(async () => {
    if (++tries === 1) throw new Error("first");
    return tries;
  });
  await assert.rejects(shaky(), /first/);
  assert.strictEqual(await shaky(), 2);
});

test("can fail", () => assert.ok(!process.env.CANARY));
