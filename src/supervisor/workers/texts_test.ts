import assert from "node:assert/strict";
import type { WorkerAnswer } from "../commands/fan_out.ts";
import { describeAnswers, failuresOf, nameWorkers, sanitise } from "./texts.ts";

function answer(workerId: number, outcome: WorkerAnswer["outcome"], message = ""): WorkerAnswer {
  return { workerId, index: 0, outcome, message, content: null };
}

Deno.test("sanitise() replaces what could forge a column, a line or a terminal command", () => {
  assert.equal(sanitise("a=b,c"), "a?b?c");
  assert.equal(sanitise("\x00\t\n\x1b[31m\x7f\x85\x9b"), "????[31m???");
  assert.equal(sanitise("\ufeff\u2028\u2029\u202a\u202e\u2066\u2069"), "???????");
  assert.equal(sanitise("plain: \u05e9\u05dc\u05d5\u05dd"), "plain: \u05e9\u05dc\u05d5\u05dd");
});

Deno.test("describeAnswers() lists every worker in order and bounds the list", () => {
  const answers = [answer(1, "failure", "bad, very"), answer(0, "ok"), answer(2, "timed_out")];
  assert.equal(describeAnswers(answers), "0: OK, 1: bad, very, 2: Refused");
  const many = Array.from({ length: 25 }, (_, id) => answer(id, "ok"));
  assert.match(describeAnswers(many), /19: OK and 5 more$/);
});

Deno.test("describeAnswers() tells people what the worker wrote, and rows of fields nothing that forges one", () => {
  const text = "cannot parse ([a-z]=1, 2): port=0, \x1b[2J\nstatus=ok";
  const answers = [answer(0, "failure", text)];
  const told = describeAnswers(answers);
  assert.equal(told, "0: cannot parse ([a-z]=1, 2): port=0, ?[2J?status=ok");
  assert.equal(
    describeAnswers(answers, sanitise),
    "0: cannot parse ([a-z]?1? 2): port?0? ?[2J?status?ok",
  );
});

Deno.test("failuresOf() keeps everything that is not OK", () => {
  const answers = [answer(0, "ok"), answer(1, "lost"), answer(2, "unsent"), answer(3, "timed_out")];
  assert.deepEqual(failuresOf(answers).map(({ workerId }) => workerId), [1, 2, 3]);
});

Deno.test("nameWorkers() names each worker once, in order", () => {
  assert.equal(nameWorkers([3, 1, 3]), "worker 1, worker 3");
});
