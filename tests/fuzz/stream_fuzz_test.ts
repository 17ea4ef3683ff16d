// Damaged PROXY headers and ClientHellos, through the parsers and against the listeners of a real worker.
// SOZU_FUZZ_INPUTS=100000 sets how many connections are made, SOZU_SEED=N what they send.

import assert from "node:assert/strict";
import { ProxyHeaderReader } from "../../src/protocol/proxy_protocol/header_reader.ts";
import { parseClientHello } from "../../src/protocol/tls/client_hello.ts";
import { eachOf } from "../conformance/peers.ts";
import { residentBytes } from "../support/process/proc.ts";
import { freePorts } from "../support/ports.ts";
import { clientHello } from "../support/tls/client_hello.ts";
import { V1_LINE } from "../support/session/proxy_headers.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { isAlive, SozuProcess } from "../support/process/sozu_process.ts";
import { fromLatin1, latin1 } from "../support/session/wire.ts";
import type { Pick } from "./mutate.ts";
import { type Beginning, damagedBeginning } from "./stream_beginnings.ts";

const SEED = Number(Deno.env.get("SOZU_SEED") ?? Math.floor(Date.now() / 86_400_000));
const INPUTS = Number(Deno.env.get("SOZU_FUZZ_INPUTS") ?? 4_000);
const PARSED = 20_000;
const AT_ONCE = 32;
/** Bytes by which memory may grow after the first quarter, however many inputs follow: the engine's own heap. */
const GROWTH_BAR = 48 * 1024 * 1024;
const MAX_HELLO = 16_393;

function picker(seed: number): Pick {
  const random = seededRandom(seed);
  return (limit) => Math.floor(random() * limit);
}

/** Feeds a reader as a socket would, in pieces; true when it had an outcome before the input's end. */
function readHeader(bytes: Uint8Array, pick: Pick): "done" | "error" | "need_more" {
  const reader = new ProxyHeaderReader();
  let at = 0;
  while (at < bytes.length) {
    const { room } = reader;
    const part = bytes.subarray(at, at + Math.min(room.length, 1 + pick(40)));
    room.set(part);
    at += part.length;
    const step = reader.take(part.length);
    if (step.kind !== "need_more") return step.kind;
  }
  assert.ok(at <= 232, "undecided beyond the longest header");
  return "need_more";
}

Deno.test("damaged PROXY headers and ClientHellos are values, whatever is wrong with them", () => {
  console.log(`SOZU_SEED=${SEED}`);
  const pick = picker(SEED);
  const outcomes = new Map<string, number>();
  const count = (name: string) => outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  for (let i = 0; i < PARSED; i++) {
    count(`header ${readHeader(fromLatin1(damagedBeginning("header", pick)), pick)}`);
    const bytes = fromLatin1(damagedBeginning("hello", pick));
    const step = parseClientHello(bytes, MAX_HELLO);
    if (step.kind === "need_more") assert.ok(step.atLeast > 0 && step.atLeast <= MAX_HELLO);
    count(`hello ${step.kind}`);
  }
  assert.equal(outcomes.size, 6, `every outcome is met: ${JSON.stringify([...outcomes])}`);
});

/** What a listener is sent. */
interface Target {
  readonly port: number;
  readonly kind: Beginning;
}

Deno.test("a worker survives damaged beginnings of connections, and its memory is flat", async () => {
  const [http, relay, names] = freePorts(3) as [number, number, number];
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("hello");
    await wire.readToEnd(10_000);
  });
  const at = (port: number) => `address = "127.0.0.1:${port}"`;
  const backends = `backends = [{ address = "${origin.address}" }]`;
  await using sozu = await SozuProcess.start(
    `worker_count = 1
log_level = "error"
front_timeout = 5
[[listeners]]
protocol = "http"
expect_proxy = true
${at(http)}
[[listeners]]
protocol = "tcp"
expect_proxy = true
${at(relay)}
[clusters.web]
protocol = "http"
frontends = [{ ${at(http)}, hostname = "app.test" }]
${backends}
[clusters.relayed]
protocol = "tcp"
send_proxy = true
frontends = [{ ${at(relay)} }]
${backends}
[clusters.named]
protocol = "tcp"
frontends = [{ ${at(names)}, sni = "one.test" }, { ${at(names)}, sni = "*.star.test" }]
${backends}
`,
  );
  const [worker] = await sozu.runningWorkers();
  const pid = worker?.pid as number;
  const targets: Target[] = [
    { port: http, kind: "header" },
    { port: relay, kind: "header" },
    { port: names, kind: "hello" },
  ];
  const pick = picker(SEED);
  const sizes: number[] = [];
  for (let quarter = 0; quarter < 4; quarter++) {
    const inputs = Array.from(
      { length: INPUTS / 4 },
      (_, i) => targets[i % targets.length] as Target,
    );
    await eachOf(inputs, AT_ONCE, async ({ port, kind }) => {
      using wire = await connectRaw(port);
      await wire.write(damagedBeginning(kind, pick)).catch(() => {});
      await wire.closeWrite().catch(() => {});
      await wire.readToEnd(20_000);
    });
    sizes.push(residentBytes(pid));
  }
  assert.ok(isAlive(pid), "the worker is alive");
  assert.deepEqual((await sozu.runningWorkers()).map((it) => it.pid), [pid], "it is the same");
  for (
    const [port, bytes] of [[relay, V1_LINE], [names, latin1(clientHello("one.test"))]] as const
  ) {
    using wire = await connectRaw(port);
    await wire.write(bytes);
    assert.equal(latin1(await wire.readExactly(5)), "hello");
  }
  assert.doesNotMatch(sozu.stderr, /internal error|Unhandled|Uncaught/);
  const growth = (sizes[3] as number) - (sizes[0] as number);
  const figures = sizes.map((size) => `${Math.round(size / 1024 / 1024)} MiB`).join(", ");
  console.log(`${INPUTS} inputs, resident memory after each quarter: ${figures}`);
  assert.ok(growth <= GROWTH_BAR, `memory grew: ${figures}`);
});
