import assert from "node:assert/strict";
import { ResponseStatus } from "../../../config/schema/messages.ts";
import { mergeEnded } from "./close_sessions.ts";
import type { WorkerAnswer } from "./fan_out.ts";

function told(workerId: number, closed: bigint, draining: bigint): WorkerAnswer {
  const content_type = { kind: "closed_sessions", value: { closed, draining } } as const;
  return { workerId, index: 0, outcome: "ok", message: "", content: { content_type } };
}

function failed(workerId: number, outcome: WorkerAnswer["outcome"], message = ""): WorkerAnswer {
  return { workerId, index: 0, outcome, message, content: null };
}

Deno.test("mergeEnded() gives what each worker has told", () => {
  const { status, content } = mergeEnded([told(1, 2n, 0n), told(0, 0n, 3n)]);
  assert.equal(status, ResponseStatus.OK);
  assert.deepEqual(content?.content_type, {
    kind: "worker_responses",
    value: { map: new Map([["0", told(0, 0n, 3n).content], ["1", told(1, 2n, 0n).content]]) },
  });
});

Deno.test("mergeEnded() of no workers is OK", () => {
  assert.equal(mergeEnded([]).status, ResponseStatus.OK);
});

Deno.test("mergeEnded() names every failure and keeps what the others have ended", () => {
  const rows = [
    [failed(1, "failure", "broken"), "1: broken; the other workers: 0: 2 closed, 1 draining"],
    [failed(1, "timed_out", "late"), "1: late; the other workers: 0: 2 closed, 1 draining"],
    [
      failed(1, "ok"),
      "1: The answer does not tell how many sessions were ended; the other workers: 0: 2 closed, 1 draining",
    ],
  ] as const;
  for (const [answer, text] of rows) {
    const { status, message } = mergeEnded([told(0, 2n, 1n), answer]);
    assert.deepEqual([status, message], [ResponseStatus.FAILURE, text]);
  }
  assert.equal(mergeEnded([failed(0, "lost", "gone")]).message, "0: gone");
});
