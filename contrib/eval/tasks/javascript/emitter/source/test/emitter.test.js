const assert = require("node:assert");
const test = require("node:test");
const { emitter } = require("../emitter.js");

test("listeners are called in order", () => {
  const heard = [];
  const bus = emitter();
  bus.on("say", (word) => heard.push(`1 ${word}`));
  bus.on("say", (word) => heard.push(`2 ${word}`));
  bus.emit("say", "hi");
  assert.deepStrictEqual(heard, ["1 hi", "2 hi"]);
});

test("who removes itself takes nobody along", () => {
  const heard = [];
  const bus = emitter();
  bus.once("say", () => heard.push("once"));
  bus.on("say", () => heard.push("always"));
  bus.emit("say");
  bus.emit("say");
  assert.deepStrictEqual(heard, ["once", "always", "always"]);
});

test("a once listener can be removed", () => {
  const bus = emitter();
  const listener = () => assert.fail("it was removed");
  bus.once("say", listener);
  bus.off("say", listener);
  bus.emit("say");
});

test("can fail", () => assert.ok(!process.env.CANARY));
