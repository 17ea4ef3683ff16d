import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

/** Descriptors a process may have now. */
function softLimit(pid: number): number {
  const limits = Deno.readTextFileSync(`/proc/${pid}/limits`);
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
}

Deno.test("start raises the limit of descriptors for its workers, or refuses with the numbers", async () => {
  await using sozu = await SozuProcess.start(
    `worker_count = 1\nmax_connections = 1000\n[[listeners]]\nprotocol = "http"\n` +
      `address = "127.0.0.1:${freePort()}"\n`,
    { detached: true, shell: "ulimit -n 1500" },
  );
  await waitFor("the start or the refusal", async () => {
    if (sozu.stderr.includes("could not be raised")) return true;
    return (await sozu.workers()).length === 1;
  });
  if (sozu.stderr.includes("could not be raised")) {
    // Without the privilege to go beyond the hard limit.
    assert.equal(await sozu.exitCode(), 1);
    assert.match(sozu.stderr, /max_connections = 1000 needs 2000 .* limit is 1500 .* up to 750/);
    return;
  }
  const [worker] = await sozu.workers();
  assert.ok(softLimit(sozu.pid) >= 2_000, `main may have ${softLimit(sozu.pid)}`);
  assert.ok(softLimit(worker?.pid ?? 0) >= 2_000);
});
