import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { type ProxyOptions, socketAddress, startProxy } from "../support/session/proxy.ts";
import {
  LOCAL_CHECK,
  MALFORMED_HEADERS,
  SOURCE,
  V1_LINE,
  v2Header,
} from "../support/session/proxy_headers.ts";
import { connectRaw, readResponse, request, sayUntilClosed } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
const OK = { kind: "fixed", body: "ok" } as const;
const V2_LINE = v2Header();
/** `buffer_size` unless it is set. */
const BUFFER_SIZE = 16_393;

function start(backend: string, listener: ProxyOptions["listener"] = {}) {
  return startProxy({ backends: [backend], listener: { expect_proxy: true, ...listener } });
}

/** The value of a header line as the backend received it. */
function line(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1];
}

Deno.test("an HTTP listener that expects a PROXY header takes the client of either version", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  for (const [header, port] of [[V1_LINE, 7000], [V2_LINE, 9000]] as const) {
    assert.equal((await request(proxy.port, header + GET)).status, 200);
    const head = origin.requests.at(-1)?.head ?? "";
    assert.equal(line(head, "X-Forwarded-For"), SOURCE);
    assert.equal(line(head, "Forwarded"), `proto=http;for="${SOURCE}:${port}";by=10.0.0.1`);
    assert.equal(line(head, "X-Forwarded-Port"), "8443");
  }
  assert.equal(proxy.count("protocol.proxy.expect"), 0);
  assert.equal(proxy.count("proxy_protocol.errors"), 0);
});

Deno.test("a PROXY header is read however it is split, and so is what follows it", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  const records = [{ type: 1, value: new TextEncoder().encode("http/1.1") }];
  for (const header of [V1_LINE, V2_LINE, v2Header({ records })]) {
    for (let cut = 1; cut <= header.length; cut += 7) {
      using wire = await connectRaw(proxy.port);
      await wire.write(header.slice(0, cut));
      await waitFor("the header to be awaited", () => proxy.count("protocol.proxy.expect") === 1);
      await wire.write(header.slice(cut) + GET);
      assert.equal((await readResponse(wire)).text, "ok");
    }
  }
});

Deno.test("an IPv6 client of a PROXY header is bracketed and quoted", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  const header = v2Header({ source: "2001:db8::1", destination: "2001:db8::2" });
  await request(proxy.port, header + GET);
  const head = origin.requests.at(-1)?.head ?? "";
  const expected = 'proto=http;for="[2001:db8::1]:9000";by="[2001:db8::2]"';
  assert.equal(line(head, "Forwarded"), expected);
  assert.equal(line(head, "X-Forwarded-For"), "2001:db8::1");
});

Deno.test("X-Real-IP is the client of the PROXY header, or what the client sent, or neither", async () => {
  await using origin = startOrigin(OK);
  const sent = GET.replace("\r\n\r\n", "\r\nX-Real-IP: 1.2.3.4\r\n\r\n");
  const rows: [boolean, boolean, string[]][] = [
    [false, false, ["1.2.3.4"]],
    [true, false, ["1.2.3.4", SOURCE]],
    [false, true, []],
    [true, true, [SOURCE]],
  ];
  for (const [send_x_real_ip, elide_x_real_ip, expected] of rows) {
    await using proxy = await start(origin.address, { send_x_real_ip, elide_x_real_ip });
    await request(proxy.port, V2_LINE + sent);
    const lines = origin.requests.at(-1)?.head.match(/^x-real-ip: .*(?=\r$)/gim) ?? [];
    assert.deepEqual(lines.map((text) => text.slice(11)), expected);
  }
});

Deno.test("limits per client address count the client of the PROXY header", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  await proxy.addCluster("app", { max_connections_per_ip: 1n });
  using first = await connectRaw(proxy.port);
  await first.write(V2_LINE + GET);
  assert.equal((await readResponse(first)).status, 200);
  assert.equal((await request(proxy.port, V1_LINE + GET)).status, 429);
  const other = v2Header({ source: "10.0.0.43" });
  assert.equal((await request(proxy.port, other + GET)).status, 200);
});

Deno.test("every malformed PROXY header closes its connection, without a byte, and no other", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  using neighbour = await connectRaw(proxy.port);
  await neighbour.write(V2_LINE + GET);
  assert.equal((await readResponse(neighbour)).status, 200);
  for (const [name, bytes] of MALFORMED_HEADERS) {
    const before = proxy.count("proxy_protocol.errors");
    assert.equal(await sayUntilClosed(proxy.port, bytes), "", name);
    assert.equal(proxy.count("proxy_protocol.errors"), before + 1, name);
  }
  assert.equal(origin.requests.length, 1);
  await neighbour.write(GET);
  assert.equal((await readResponse(neighbour)).status, 200);
  assert.equal(proxy.count("session.internal_errors"), 0);
});

Deno.test("a PROXY header without addresses, or LOCAL, leaves the address of the connection", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  const headers = [
    "PROXY UNKNOWN\r\n",
    "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n",
    v2Header({ source: "" }),
    v2Header({ source: "", records: [{ type: 1, value: new Uint8Array(3_000) }] }),
    LOCAL_CHECK,
    // The sender speaks for itself: it is the client, whatever addresses it adds.
    v2Header({ command: "LOCAL" }),
  ];
  for (const header of headers) {
    assert.equal((await request(proxy.port, header + GET)).status, 200);
    const head = origin.requests.at(-1)?.head ?? "";
    assert.equal(line(head, "X-Forwarded-For"), "127.0.0.1");
    assert.equal(line(head, "X-Forwarded-Port"), String(proxy.port));
  }
  assert.equal(proxy.count("http.upgrade.expect.failed"), 0);
  assert.equal(proxy.count("proxy_protocol.errors"), 0);
});

Deno.test("a PROXY header of version 2 may be as long as a message head, and no longer", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  // Beside 16 bytes, 12 of addresses and 3 before the value.
  const longest = BUFFER_SIZE - 31;
  for (const length of [3_000, longest]) {
    const header = v2Header({ records: [{ type: 0xe0, value: new Uint8Array(length) }] });
    assert.equal((await request(proxy.port, header + GET)).status, 200, `${length}`);
    assert.equal(line(origin.requests.at(-1)?.head ?? "", "X-Forwarded-For"), SOURCE);
  }
  const header = v2Header({ records: [{ type: 0xe0, value: new Uint8Array(longest + 1) }] });
  assert.equal(await sayUntilClosed(proxy.port, header.slice(0, 16)), "");
  assert.equal(proxy.count("proxy_protocol.errors"), 1);
  assert.equal(proxy.count("http.upgrade.expect.failed"), 1);
});

Deno.test("clients that leave in or after their PROXY header leave nothing behind", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  const beginnings = [
    "",
    LOCAL_CHECK,
    v2Header({ command: "LOCAL" }),
    V2_LINE.slice(0, 12),
    V2_LINE,
  ];
  for (let round = 0; round < 25; round++) {
    await Promise.all(beginnings.map(async (bytes) => {
      using wire = await connectRaw(proxy.port);
      await wire.write(bytes);
    }));
    if (round % 5 === 0) assert.equal((await request(proxy.port, V2_LINE + GET)).status, 200);
  }
  await waitFor("every client to be gone", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("protocol.proxy.expect"), 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
  assert.equal((await request(proxy.port, V2_LINE + GET)).status, 200);
});

Deno.test("keep-alive and hang-up behind a PROXY header are those of any client", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  {
    using wire = await connectRaw(proxy.port);
    await wire.write(V2_LINE + GET);
    assert.equal((await readResponse(wire)).status, 200);
    await wire.write(GET);
    assert.equal((await readResponse(wire)).status, 200);
  }
  await waitFor("the client to be gone", () => proxy.count("client.connections") === 0);
});

Deno.test("an upgrade behind a PROXY header becomes a tunnel", async () => {
  const script = async (wire: Wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    );
    await wire.write(`echo ${await wire.readThrough("!")}`);
  };
  await using origin = scriptedOrigin(script);
  await using proxy = await start(origin.address);
  using wire = await connectRaw(proxy.port);
  const upgrade = GET.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await wire.write(v2Header() + upgrade);
  assert.equal((await readResponse(wire)).status, 101);
  await wire.write("hello!");
  assert.equal(await wire.readThrough("!"), "echo hello!");
});

Deno.test("a dripping PROXY header is cut at the request timeout, which no byte moves", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address, { request_timeout: 1 });
  using wire = await connectRaw(proxy.port);
  const started = performance.now();
  for (const byte of V1_LINE) {
    await wire.write(byte).catch(() => {});
    await wire.readSome(250).catch(() => {});
    if (wire.ended) break;
  }
  const took = performance.now() - started;
  assert.ok(wire.ended && took > 800 && took < 4_000, `cut after ${took} ms`);
  assert.equal(origin.requests.length, 0);
});

Deno.test("expect_proxy can be switched on and off while a listener is in use", async () => {
  await using origin = startOrigin(OK);
  await using proxy = await start(origin.address);
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  const update = (expect_proxy: boolean) =>
    proxy.apply({
      kind: "update_http_listener",
      value: { address, expect_proxy, answers: new Map() },
    });
  await update(false);
  assert.equal((await request(proxy.port, GET)).status, 200);
  assert.equal((await request(proxy.port, V1_LINE + GET)).status, 400);
  await update(true);
  assert.equal(await sayUntilClosed(proxy.port, GET), "");
});
