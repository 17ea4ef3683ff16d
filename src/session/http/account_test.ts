import assert from "node:assert/strict";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { shopListener } from "../../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { NO_HTTP2, testWorkerContext } from "../../../tests/support/session/worker_context.ts";
import { asciiText } from "../../bytes/ascii.ts";
import { HttpStarter } from "./starter.ts";
import { Reason, reasonName } from "../reason.ts";
import { Outcome, type RequestAccount } from "./account.ts";
import { observeTraffic } from "../worker_context.ts";

/** What is checked of an account; copied, because the account is used again. */
interface Told {
  readonly tunnel: boolean;
  readonly status: number;
  readonly reason: string | null;
  readonly outcome: Outcome;
  readonly bytes: readonly [number, number, number, number];
  readonly cluster: string | null;
  readonly backend: string | null;
  readonly target: string | null;
}

function copy(account: RequestAccount): Told {
  const { head } = account;
  return {
    tunnel: account.tunnel,
    status: account.status,
    reason: reasonName(account.reason),
    outcome: account.outcome,
    bytes: [account.clientIn, account.clientOut, account.backendIn, account.backendOut],
    cluster: account.cluster?.id ?? null,
    backend: account.backend?.id ?? null,
    target: account.headGone ? null : asciiText(head.bytes, head.pathStart, head.pathEnd),
  };
}

/** One session with a client and a backend that the test plays. */
function setUp(): {
  client: FakeStream;
  backend: FakeStream;
  told: Told[];
  advance(ms: number): void;
} {
  const backend = new FakeStream();
  const worker = testWorkerContext(10, { connect: () => Promise.resolve(backend) });
  const told: Told[] = [];
  let headsGone = 0;
  observeTraffic(worker, {
    exact: false,
    headGoes: () => void headsGone++,
    requestEnded: (account) => {
      assert.equal(account.headGone, headsGone > 0);
      told.push(copy(account));
    },
    connectionEnded: () => undefined,
    connectionRefused: () => undefined,
  });
  const client = new FakeStream();
  const accepted = {
    stream: client,
    peer: { ip: "192.0.2.1", port: 1 },
    destination: null,
    tls: null,
  };
  void new HttpStarter(shopListener(), worker, NO_HTTP2).start(accepted, () => {})?.run();
  return { client, backend, told, advance: (ms) => worker.wheel.advance(worker.wheel.now + ms) };
}

const GET = "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n";

Deno.test("An account holds the bytes of its own request only, whatever was read with it", async () => {
  const { client, backend, told } = setUp();
  client.feed(GET + "GET /second HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (let n = 1; n <= 2; n++) {
    await waitFor("the request", () => backend.written.split("\r\n\r\n").length === n + 1);
    backend.feed(response);
    await waitFor("the account", () => told.length === n);
  }
  const [one, two] = told;
  assert.equal(one?.bytes[0], GET.length);
  assert.equal(two?.bytes[0], GET.length + "second".length - "x".length);
  assert.equal((one?.bytes[1] ?? 0) + (two?.bytes[1] ?? 0), client.written.length);
  assert.equal((one?.bytes[3] ?? 0) + (two?.bytes[3] ?? 0), backend.written.length);
  assert.equal(one?.bytes[2], response.length);
  const { bytes: _, ...rest } = two as Told;
  assert.deepEqual(rest, {
    tunnel: false,
    status: 200,
    reason: null,
    outcome: Outcome.COMPLETE,
    cluster: "shop",
    backend: "shop-1",
    target: "/second",
  });
});

Deno.test("An account says why the proxy answered itself", async () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ["GET / HTTP/1.1\r\nHost: b.test\r\n\r\n", 404, "no_route"],
    ["GET / HTTP/1.1\r\nHost : a.test\r\n\r\n", 400, "malformed_request"],
  ];
  for (const [request, status, reason] of cases) {
    const { client, told } = setUp();
    client.feed(request);
    client.feed(null);
    await waitFor("the account", () => told.length === 1);
    assert.equal(told[0]?.status, status);
    assert.equal(told[0]?.reason, reason);
    assert.equal(told[0]?.outcome, Outcome.COMPLETE);
    assert.deepEqual(told[0]?.bytes, [request.length, client.written.length, 0, 0]);
  }
});

Deno.test("A client that is late with its head is told about once, one that leaves is not", async () => {
  for (const part of ["", "GET / HT"]) {
    const late = setUp();
    if (part !== "") late.client.feed(part);
    await waitFor("the read", () => late.client.reading);
    late.advance(60_000);
    await waitFor("the account", () => late.told.length > 0);
    late.advance(60_000);
    await waitFor("the end", () => late.client.closed);
    assert.equal(late.told.length, 1);
    assert.equal(late.told[0]?.status, 408);
    assert.equal(late.told[0]?.reason, "client_timeout");
    assert.equal(late.told[0]?.bytes[0], part.length);

    const leaving = setUp();
    if (part !== "") leaving.client.feed(part);
    leaving.client.feed(null);
    await waitFor("the end", () => leaving.client.closed);
    assert.deepEqual(leaving.told, []);
  }
});

Deno.test("An account tells a backend that breaks off from a client that leaves", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin";
  const broken = setUp();
  broken.client.feed(GET);
  await waitFor("the request", () => broken.backend.written !== "");
  broken.backend.feed(head);
  broken.backend.feed(null);
  await waitFor("the account", () => broken.told.length === 1);
  assert.equal(broken.told[0]?.outcome, Outcome.BACKEND_BROKEN);
  assert.equal(broken.told[0]?.status, 200);

  const left = setUp();
  left.client.feed(GET);
  await waitFor("the request", () => left.backend.written !== "");
  left.client.write = () => Promise.reject(new Error("reset"));
  left.backend.feed(head);
  await waitFor("the account", () => left.told.length === 1);
  assert.equal(left.told[0]?.outcome, Outcome.CLIENT_GONE);
});

Deno.test("A tunnel has an account of its own, after that of the request that opened it", async () => {
  const { client, backend, told } = setUp();
  client.feed("GET /t HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await waitFor("the request", () => backend.written !== "");
  backend.feed("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await waitFor("the account of the request", () => told.length === 1);
  assert.equal(told[0]?.outcome, Outcome.SWITCHED);
  assert.equal(told[0]?.status, 101);
  client.feed("12345");
  backend.feed("123");
  await waitFor(
    "the tunnel",
    () => backend.written.endsWith("12345") && client.written.endsWith("123"),
  );
  client.feed(null);
  backend.feed(null);
  await waitFor("the account of the tunnel", () => told.length === 2);
  assert.deepEqual(told[1], {
    tunnel: true,
    status: 0,
    reason: reasonName(Reason.NONE),
    outcome: Outcome.COMPLETE,
    bytes: [5, 3, 3, 5],
    cluster: "shop",
    backend: "shop-1",
    target: null,
  });
});
