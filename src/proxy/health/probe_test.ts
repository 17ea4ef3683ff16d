import assert from "node:assert/strict";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { type BackendAddress, parseBackendAddress } from "../../balancing/backend.ts";
import { NO_LINES, probeLines } from "../../protocol/h1/probe.ts";
import type { ByteStream } from "../../io/contracts.ts";
import { HealthProbe, type ProbeQuestion, type ProbeResult } from "./probe.ts";

const REQUEST = "GET /up HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\n\r\n";
const DEADLINE_MS = 5000;

/** Like a real connection, it does not take being closed twice. */
class StrictStream extends FakeStream {
  override close(): void {
    assert.ok(!this.closed, "closed twice");
    super.close();
  }
}

const QUESTION: ProbeQuestion = {
  tcp: false,
  port: null,
  uri: "/up",
  lines: NO_LINES,
  expectedStatus: 0,
  acceptedStatuses: [],
  http2: null,
};

/** A probe that has been started and the connection attempt it waits for. */
function start(expectedStatus = 0) {
  const address = parseBackendAddress("127.0.0.1:80") as BackendAddress;
  const probe = new HealthProbe(address, { ...QUESTION, expectedStatus }, DEADLINE_MS);
  const connecting = Promise.withResolvers<ByteStream>();
  let signal: AbortSignal | null = null;
  let result: ProbeResult | null = null;
  const finished = probe.run({
    connect: (host, port, given) => {
      assert.deepEqual([host, port], ["127.0.0.1", 80]);
      signal = given;
      given.addEventListener("abort", () => connecting.reject(new Error("aborted")));
      return connecting.promise;
    },
  }).then((it) => result = it);
  return {
    probe,
    connecting,
    finished,
    get signal() {
      return signal;
    },
    get result() {
      return result;
    },
  };
}

/** A probe whose connection stands. */
function startConnected(expectedStatus = 0) {
  const started = start(expectedStatus);
  const stream = new StrictStream();
  started.connecting.resolve(stream);
  return { probe: started.probe, finished: started.finished, stream };
}

function failure(reason: string): ProbeResult {
  return { kind: "failure", reason };
}

Deno.test("HealthProbe asks, decides by the status line alone, and hangs up", async () => {
  const { finished, stream } = startConnected();
  stream.feed("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n");
  assert.deepEqual(await finished, { kind: "success" });
  assert.equal(stream.written, REQUEST);
  assert.ok(stream.closed);
});

Deno.test("HealthProbe takes 100 and 103 for what they are, and waits for the answer", async () => {
  const { finished, stream } = startConnected();
  stream.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n");
  stream.feed("\r\nHTTP/1.1 200\r\n");
  assert.deepEqual(await finished, { kind: "success" });
  const down = startConnected();
  down.stream.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Down\r\n");
  assert.deepEqual(await down.finished, failure("Status 503"));
});

Deno.test("HealthProbe survives a request and an answer in small pieces", async () => {
  const { finished, stream } = startConnected();
  stream.writeLimit = 3;
  for (const byte of "HTTP/1.1 204 No Content\r\n") stream.feed(byte);
  assert.deepEqual(await finished, { kind: "success" });
  assert.equal(stream.written, REQUEST);
});

Deno.test("HealthProbe wants exactly the expected status when there is one", async () => {
  for (const status of [200, 204]) {
    const { finished, stream } = startConnected(204);
    stream.feed(`HTTP/1.1 ${status} X\r\n`);
    assert.deepEqual(await finished, status === 204 ? { kind: "success" } : failure("Status 200"));
  }
});

Deno.test("HealthProbe fails on a wrong status, nonsense, an early end and an endless line", async () => {
  const answers: [(string | null)[], string | RegExp][] = [
    [["HTTP/1.1 500 Oops\r\n"], "Status 500"],
    [["SSH-2.0-x\r\n"], /^Invalid protocol version/],
    [["HTTP/1.1 200 O", null], "Connection closed before a status line"],
    [["HTTP/1.1 200 ", "a".repeat(9000)], /^No status within the first 4096 bytes/],
  ];
  for (const [feeds, reason] of answers) {
    const { finished, stream } = startConnected();
    for (const text of feeds) stream.feed(text);
    const result = await finished;
    assert.ok(result.kind === "failure");
    if (typeof reason === "string") assert.equal(result.reason, reason);
    else assert.match(result.reason, reason);
    assert.ok(stream.closed);
  }
});

Deno.test("HealthProbe fails when the connection is refused or breaks", async () => {
  const refused = start();
  refused.connecting.reject(new Error("Connection refused"));
  assert.deepEqual(await refused.finished, failure("Connection refused"));

  const broken = start();
  const stream = new StrictStream();
  stream.write = () => Promise.reject(new Error("Broken pipe"));
  broken.connecting.resolve(stream);
  assert.deepEqual(await broken.finished, failure("Broken pipe"));
  assert.ok(stream.closed);
});

Deno.test("HealthProbe.checkDeadline() ends a probe only past its deadline", async () => {
  const { probe, finished, stream } = startConnected();
  await waitFor("the request to be out", () => stream.reading);
  probe.checkDeadline(DEADLINE_MS);
  assert.ok(!stream.closed);
  probe.checkDeadline(DEADLINE_MS + 1);
  assert.deepEqual(await finished, failure("No answer in time"));
  assert.ok(stream.closed);
});

Deno.test("HealthProbe.checkDeadline() counts the time it takes to connect", async () => {
  const started = start();
  started.probe.checkDeadline(DEADLINE_MS + 1);
  assert.ok(started.signal?.aborted);
  assert.deepEqual(await started.finished, failure("No answer in time"));
});

Deno.test("HealthProbe closes a connection that comes when it is over", async () => {
  const started = start();
  const stream = new StrictStream();
  // The connection stands, but the probe has not heard of it yet.
  started.connecting.resolve(stream);
  started.probe.cancel();
  assert.deepEqual(await started.finished, { kind: "cancelled" });
  assert.equal(stream.written, "");
  assert.ok(stream.closed);
});

Deno.test("HealthProbe.cancel() ends it without a verdict, also twice and after a deadline", async () => {
  const one = startConnected();
  await waitFor("the request to be out", () => one.stream.reading);
  one.probe.cancel();
  one.probe.cancel();
  one.probe.checkDeadline(DEADLINE_MS + 1);
  assert.deepEqual(await one.finished, { kind: "cancelled" });

  const late = start();
  late.probe.checkDeadline(DEADLINE_MS + 1);
  late.probe.cancel();
  assert.deepEqual(await late.finished, failure("No answer in time"));
});

/** The request and the result of a probe of a backend that answers so; `dialled` is where it was. */
async function probed(address: string, question: Partial<ProbeQuestion>, answer: string) {
  const stream = new StrictStream();
  const dialled: string[] = [];
  const backend = parseBackendAddress(address) as BackendAddress;
  const probe = new HealthProbe(backend, { ...QUESTION, ...question }, DEADLINE_MS);
  stream.feed(answer);
  const result = await probe.run({
    connect: (host, port) => {
      dialled.push(`${host} ${port}`);
      return Promise.resolve(stream);
    },
  });
  assert.ok(stream.closed);
  return { result, dialled, written: stream.written };
}

Deno.test("HealthProbe over TCP is content with a connection and sends nothing", async () => {
  const { result, written } = await probed("127.0.0.1:80", { tcp: true, uri: "" }, "");
  assert.deepEqual([result, written], [{ kind: "success" }, ""]);
});

Deno.test("HealthProbe takes the statuses of its ranges and no other ones, 2xx among them", async () => {
  const acceptedStatuses = [{ start: 301, end: 302 }, { start: 404, end: 404 }];
  for (const status of [200, 300, 301, 302, 303, 403, 404, 405]) {
    const answer = `HTTP/1.1 ${status} X\r\n`;
    const { result } = await probed("127.0.0.1:80", { acceptedStatuses }, answer);
    const isAccepted = [301, 302, 404].includes(status);
    assert.deepEqual(result, isAccepted ? { kind: "success" } : failure(`Status ${status}`));
  }
});

Deno.test("HealthProbe dials the port of the check at the address of the backend, and says so in Host", async () => {
  for (const [address, host] of [["10.0.0.1:80", "10.0.0.1"], ["[::1]:80", "::1"]] as const) {
    const { dialled, written } = await probed(address, { port: 9000 }, "HTTP/1.1 200 OK\r\n");
    assert.deepEqual(dialled, [`${host} 9000`]);
    assert.match(
      written,
      new RegExp(`\\r\\nHost: ${address === "[::1]:80" ? "\\[::1\\]" : host}:9000\\r\\n`),
    );
  }
});

Deno.test("HealthProbe sends its headers behind its own, in order and spelling", async () => {
  const lines = probeLines([
    { name: "X-Token", value: new TextEncoder().encode("a b\u00e9") },
    { name: "authorization", value: new TextEncoder().encode("Bearer x") },
  ]);
  const { written } = await probed("127.0.0.1:80", { lines }, "HTTP/1.1 200 OK\r\n");
  const fields = "X-Token: a b\u00c3\u00a9\r\nauthorization: Bearer x\r\n";
  assert.equal(written, REQUEST.replace("close\r\n", `close\r\n${fields}`));
});
