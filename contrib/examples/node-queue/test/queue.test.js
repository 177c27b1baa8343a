import assert from "node:assert/strict";
import test from "node:test";

import { delays } from "../src/backoff.js";
import { Full, Queue } from "../src/queue.js";

const deferred = () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

test("jobs start in the order they came", async () => {
  const queue = new Queue({ workers: 1 });
  const started = [];
  for (const n of [1, 2, 3]) queue.add(async () => started.push(n));
  await queue.idle();
  assert.deepEqual(started, [1, 2, 3]);
});

test("no more run at once than there are workers", async () => {
  const gate = deferred();
  const queue = new Queue({ workers: 2 });
  let running = 0;
  for (let n = 0; n < 5; n += 1) queue.add(() => ((running += 1), gate.promise));
  assert.equal(running, 2);
  gate.resolve();
  await queue.idle();
  assert.equal(running, 5);
});

test("a full queue refuses", () => {
  const queue = new Queue({ workers: 1, capacity: 1 });
  queue.add(() => new Promise(() => {}));
  queue.add(async () => {});
  assert.throws(() => queue.add(async () => {}), Full);
});

test("a failed job is tried again, after growing pauses", async () => {
  const pauses = [];
  const queue = new Queue({ retries: 3, sleep: async (ms) => pauses.push(ms) });
  let tries = 0;
  const value = await queue.add(async () => {
    tries += 1;
    if (tries < 3) throw new Error("not yet");
    return "done";
  });
  assert.deepEqual([value, tries, pauses], ["done", 3, [50, 100]]);
});

test("the last error is the caller's", async () => {
  const queue = new Queue({ retries: 1, sleep: async () => {} });
  await assert.rejects(queue.add(async () => { throw new Error("never"); }), /never/);
});

test("pauses stop growing", () => {
  assert.deepEqual([...delays(4, { first: 100, longest: 300 })], [100, 200, 300, 300]);
});
