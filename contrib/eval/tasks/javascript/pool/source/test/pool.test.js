const assert = require("node:assert");
const test = require("node:test");
const { pool } = require("../src/pool.js");

const tick = () => new Promise(setImmediate);

test("all results come, in order", async () => {
  const add = pool(2);
  assert.deepStrictEqual(await Promise.all([1, 2, 3].map((n) => add(async () => n))), [1, 2, 3]);
});

test("never more than the limit at once", async () => {
  const add = pool(2);
  let now = 0;
  let most = 0;
  const job = async () => {
    most = Math.max(most, ++now);
    await tick();
    now -= 1;
  };
  await Promise.all([1, 2, 3, 4, 5].map(() => add(job)));
  assert.strictEqual(most, 2);
});

test("a job that fails makes room for the next", { timeout: 5000 }, async () => {
  const add = pool(1);
  const bad = add(async () => {
    throw new Error("no");
  });
  let ran = false;
  const good = add(async () => {
    ran = true;
  });
  await assert.rejects(bad, /no/);
  await tick();
  assert.ok(ran);
  await good;
});

test("can fail", () => assert.ok(!process.env.CANARY));
