import assert from "node:assert/strict";
import { tcpCluster, tcpListener } from "../../../tests/support/session/tcp_sessions.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { Counter } from "../../observe/metrics/counters.ts";

Deno.test("TcpSession sends a version 2 header of its own before anything of the client", async () => {
  const setup = tcpListener(tcpCluster("db", 1, { expects: false, forwards: "own" }));
  const { stream, session } = setup.open();
  const backend = await setup.backend();
  const header = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x07\x23\x28\x01\xbb";
  await waitFor("the header", () => backend.written === header);
  stream.feed("payload");
  await waitFor("the payload", () => backend.written === header + "payload");
  session.close();
});

Deno.test("TcpSession says UNSPEC when client and listener are of different families", async () => {
  const setup = tcpListener(tcpCluster("db", 1, { expects: false, forwards: "own" }));
  const { session } = setup.open({ peer: { ip: "2001:db8::1", port: 1 } });
  const backend = await setup.backend();
  await waitFor("the header", () => backend.written === "\r\n\r\n\0\r\nQUIT\n\x21\0\0\0");
  session.close();
});

const V1 = "PROXY TCP4 203.0.113.9 203.0.113.1 7000 443\r\n";

Deno.test("TcpSession under EXPECT strips the header and counts connections by its source", async () => {
  const db = tcpCluster("db", 1, { expects: true, forwards: "nothing" });
  db.settings = { ...db.settings, maxConnectionsPerIp: 1 };
  const setup = tcpListener(db);
  const one = setup.open();
  one.stream.feed(V1 + "payload");
  const backend = await setup.backend();
  await waitFor("the payload", () => backend.written === "payload");
  const two = setup.open();
  two.stream.feed(V1.replace("7000", "7001"));
  await waitFor("the refusal", () => two.stream.writeEnded);
  const other = setup.open();
  other.stream.feed(V1.replace("203.0.113.9", "203.0.113.8"));
  await setup.backend(1);
  for (const { session, running } of [one, two, other]) {
    session.close();
    await running;
  }
  assert.equal(setup.lent(), 0);
});

Deno.test("TcpSession under RELAY forwards the header as it came, records and all", async () => {
  const v2 =
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11\xc0\0\x02\x01\xc6\x33\x64\x07\x23\x28\x01\xbb\x01\0\x02h2";
  const local = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\x03abc";
  for (const header of [v2, local, V1, "PROXY UNKNOWN\r\n"]) {
    const setup = tcpListener(tcpCluster("db", 1, { expects: true, forwards: "received" }));
    const { stream, session } = setup.open();
    stream.feed(header);
    const backend = await setup.backend();
    await waitFor("the header", () => backend.written === header);
    stream.feed("payload");
    await waitFor("the payload", () => backend.written === header + "payload");
    session.close();
  }
});

Deno.test("TcpSession lets nothing pass that does not begin with a header where one is due", async () => {
  const setup = tcpListener(tcpCluster("db", 1, { expects: true, forwards: "nothing" }));
  const { stream, running } = setup.open();
  stream.feed("GET / HTTP/1.1\r\n");
  await running;
  assert.equal(setup.dialled.length, 0);
  assert.equal(setup.count(Counter.PROXY_ERRORS), 1);
  assert.ok(stream.closed);
});

Deno.test("TcpSession bounds the header by a deadline that no byte moves", async () => {
  const setup = tcpListener(tcpCluster("db", 1, { expects: true, forwards: "nothing" }));
  const { stream, running } = setup.open();
  for (let at = 0; at < 12; at++) {
    stream.feed(V1[at] as string);
    setup.worker.wheel.advance(at * 5_000);
    await waitFor("the byte to be read", () => stream.reading);
  }
  setup.worker.wheel.advance(60_200);
  await running;
  assert.ok(stream.closed);
  assert.equal(setup.dialled.length, 0);
});

const V2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\xc6\x33\x64\x07\x23\x28\x01\xbb";

Deno.test("TcpSession dials only behind the header, and delivers what came with it and its end", async () => {
  const rows = [
    [{ expects: true, forwards: "nothing" }, "payload"],
    [{ expects: true, forwards: "received" }, V2 + "payload"],
  ] as const;
  for (const [mode, expected] of rows) {
    const setup = tcpListener(tcpCluster("db", 1, mode));
    const { stream, running } = setup.open();
    stream.feed(V2.slice(0, 20));
    await waitFor("the part to be read", () => stream.reading);
    assert.equal(setup.dialled.length, 0);
    stream.feed(V2.slice(20) + "payload");
    stream.feed(null);
    const backend = await setup.backend();
    await waitFor("all of it", () => backend.written === expected && backend.writeEnded);
    backend.feed("answer");
    backend.feed(null);
    await running;
    assert.equal(stream.written, "answer");
  }
});

Deno.test("TcpSession closes a client that ends before or within its header, without a dial", async () => {
  for (const [part, errors] of [["", 0], [V2.slice(0, 12), 1], [V2.slice(0, 27), 1]] as const) {
    const setup = tcpListener(tcpCluster("db", 1, { expects: true, forwards: "nothing" }));
    const { stream, running } = setup.open();
    if (part !== "") stream.feed(part);
    stream.feed(null);
    await running;
    assert.deepEqual([setup.dialled.length, setup.count(Counter.PROXY_ERRORS)], [0, errors]);
  }
});
