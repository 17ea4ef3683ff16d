// gRPC through the proxy, from an HTTPS listener to a backend that speaks HTTP/2, with the library that people use on
// both sides; the same calls without a proxy show what is to be expected.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { EchoClient, type EchoServer, REPEATS, startEcho, status } from "../support/grpc/echo.ts";
import { CERTIFICATE, type Front, FRONT_NAME, HOST, startFront } from "../support/h2/front.ts";
import { pause, waitFor } from "../support/wait.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const MEBIBYTES_4 = new Uint8Array(4 * 1024 * 1024).map((_, i) => (i * 31) & 0xff);

async function callInEveryShape(client: EchoClient, server: EchoServer): Promise<void> {
  assert.deepEqual(text(await client.call("unary", bytes("one"))), "one");
  assert.deepEqual(text(await client.call("unary", bytes(""))), "");
  const parts = Array.from({ length: 50 }, (_, i) => bytes(`${i};`));
  const joined = parts.map((part) => new TextDecoder().decode(part)).join("");
  assert.deepEqual(text(await client.collect(parts)), joined);
  const repeated = await client.repeat(bytes("again"));
  assert.deepEqual(repeated.map(decoded), Array(REPEATS).fill("again"));
  assert.deepEqual((await client.chat(parts)).map(decoded).join(""), joined);

  const failed = await client.call("fail", bytes("x"));
  assert.deepEqual(failed, { code: status.FAILED_PRECONDITION, details: "as told: ü" });

  const late = await client.call("sleep", bytes("x"), 400);
  assert.equal("code" in late && late.code, status.DEADLINE_EXCEEDED);
  await waitFor("the service to hear of it", () => server.cancelled === 1);
  const cancelled = client.call("sleep", bytes("x"), undefined, (now) => setTimeout(now, 200));
  const outcome = await cancelled;
  assert.equal("code" in outcome && outcome.code, status.CANCELLED);
  await waitFor("the service to hear of it", () => server.cancelled === 2);

  for (const large of await Promise.all([1, 2, 3].map(() => client.call("unary", MEBIBYTES_4)))) {
    assert.ok("message" in large, JSON.stringify(large));
    assert.ok(Buffer.from(large.message).equals(MEBIBYTES_4));
  }
  const many = await Promise.all(
    Array.from({ length: 80 }, (_, i) => client.call("unary", bytes(`call ${i}`))),
  );
  assert.deepEqual(many.map(text), many.map((_, i) => `call ${i}`));
}

function decoded(message: Uint8Array): string {
  return new TextDecoder().decode(message);
}

function text(outcome: Awaited<ReturnType<EchoClient["call"]>>): string {
  assert.ok("message" in outcome, JSON.stringify(outcome));
  return decoded(outcome.message);
}

// The library keeps timers of its own for connections that it gives up.
const LOOSE = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "gRPC without a proxy: every shape of call, errors, deadlines, large messages",
  LOOSE,
  async () => {
    await using server = await startEcho();
    using client = new EchoClient({ port: server.port, host: HOST });
    await callInEveryShape(client, server);
  },
);

function through(front: Front, way: "TLS" | "clear"): EchoClient {
  return way === "TLS"
    ? new EchoClient({ port: front.securePort, host: HOST, ca: CERTIFICATE.certificate })
    : new EchoClient({ port: front.clearPort, host: HOST });
}

for (const way of ["TLS", "clear"] as const) {
  Deno.test(
    `gRPC over ${way}: every shape of call, errors, deadlines, large messages`,
    LOOSE,
    async () => {
      await using server = await startEcho();
      const backend = `127.0.0.1:${server.port}`;
      await using front = await startFront({ backend, backendH2: true });
      using client = through(front, way);
      await callInEveryShape(client, server);
    },
  );
}

/** Calls that go on, one after the other, until they are stopped. */
class Callers {
  readonly failures: string[] = [];
  answered = 0;
  #stopped = false;
  readonly #running: Promise<void>[];

  constructor(client: EchoClient, count: number) {
    this.#running = Array.from({ length: count }, () => this.#call(client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #call(client: EchoClient): Promise<void> {
    while (!this.#stopped) {
      const outcome = await client.call("unary", bytes("on and on"), 20_000);
      if ("message" in outcome) this.answered++;
      else this.failures.push(`${outcome.code} ${outcome.details}`);
    }
  }
}

Deno.test({
  name: "gRPC calls go on while workers and main are upgraded under them, and so does a long one",
  ...LOOSE,
  ignore: FRONT_NAME !== "sozu",
  async fn() {
    await using server = await startEcho();
    await using front = await startFront({
      backend: `127.0.0.1:${server.port}`,
      backendH2: true,
      keys: "h2_graceful_shutdown_deadline_seconds = 60",
    });
    const { sozu } = front;
    assert.ok(sozu !== null);
    using long = through(front, "TLS");
    using client = through(front, "TLS");
    let over = false;
    const talk = long.chat((async function* () {
      for (let i = 0; !over; i++) {
        yield bytes(`message ${i}`);
        await pause(20);
      }
    })());
    const callers = new Callers(client, 4);
    try {
      await waitFor("calls", () => callers.answered > 20, { deadlineMs: 20_000 });
      using commands = await sozu.connect();
      await commands.send({ kind: "upgrade_worker", value: 0 });
      for (;;) {
        const answer = await commands.receive();
        assert.ok(answer !== null);
        if (/has taken over/.test(answer.message)) break;
      }
      const before = callers.answered;
      await waitFor("calls on the new worker", () => callers.answered > before + 50, {
        deadlineMs: 20_000,
      });
      await sozu.expectOk({ kind: "upgrade_main", value: {} });
      const again = callers.answered;
      await waitFor("calls after main was upgraded", () => callers.answered > again + 50, {
        deadlineMs: 20_000,
      });
    } finally {
      over = true;
      await callers.stop();
    }
    const replies = await talk;
    assert.deepEqual(replies.map(decoded), replies.map((_, i) => `message ${i}`));
    assert.deepEqual(callers.failures, []);
  },
});
