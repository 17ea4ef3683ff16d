import assert from "node:assert/strict";
import { logAccess } from "../support/observe/access_log.ts";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";

const CONNECTIONS = 8;
/** A long target makes a long line, so that a target that does not read is soon full. */
const TARGET = `/${"x".repeat(7_000)}`;
/** What the latency may grow to; the machine of the tests has other things to do. */
const ALLOWED_TIMES = 4;
const ALLOWED_MS = 100;

/** Asks on several connections until `enough`; resolves with every wait in milliseconds. */
async function load(proxy: TestProxy, enough: (waits: number[]) => boolean): Promise<number[]> {
  const waits: number[] = [];
  const client = async () => {
    using wire = await connectRaw(proxy.port);
    while (!enough(waits)) {
      const began = performance.now();
      await wire.write(`GET ${TARGET} HTTP/1.1\r\nHost: app.test\r\n\r\n`);
      assert.equal((await readResponse(wire)).status, 200);
      waits.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return waits.sort((a, b) => a - b);
}

function p99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)] as number;
}

async function setUp(): Promise<{ origin: Origin; proxy: TestProxy }> {
  const origin = startOrigin({ kind: "fixed", body: "ok" });
  return { origin, proxy: await startProxy({ backends: [origin.address] }) };
}

for (const kind of ["tcp", "unix-stream"] as const) {
  Deno.test(`traffic does not notice an access log over ${kind} that nobody reads; losses are counted`, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "sozu-stall-" });
    const path = `${folder}/log.sock`;
    const listener: Deno.Listener<Deno.Conn> = kind === "tcp"
      ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
      : Deno.listen({ transport: "unix", path });
    const { addr } = listener;
    const accepting = listener.accept();
    const { origin, proxy } = await setUp();
    await load(proxy, ({ length }) => length >= 200);
    const without = await load(proxy, ({ length }) => length >= 1_000);
    {
      const target = addr.transport === "tcp"
        ? `tcp://127.0.0.1:${addr.port}`
        : `unix-stream://${path}`;
      await using _log = logAccess(proxy, target);
      const unsent = () => proxy.count("unsent-access-logs");
      await load(proxy, ({ length }) => unsent() > 0 || length >= 40_000);
      assert.ok(unsent() > 0, "the target took everything");
      const stalled = await load(proxy, ({ length }) => length >= 1_000);
      assert.ok(
        p99(stalled) <= Math.max(p99(without) * ALLOWED_TIMES, p99(without) + ALLOWED_MS),
        `p99 ${p99(stalled)} ms, ${p99(without)} ms without a log`,
      );
      assert.ok(unsent() >= 1_000);
    }
    (await accepting).close();
    listener.close();
    await proxy[Symbol.asyncDispose]();
    await origin.stop();
    await Deno.remove(folder, { recursive: true });
  });
}
