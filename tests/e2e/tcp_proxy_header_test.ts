import assert from "node:assert/strict";
import { ProxyProtocolConfig } from "../../config/schema/messages.ts";
import {
  LOCAL_CHECK,
  MALFORMED_HEADERS,
  V1_LINE,
  v2Header,
} from "../support/session/proxy_headers.ts";
import { connectRaw, sayUntilClosed } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { startTcpProxy, type TcpProxyOptions } from "../support/session/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";
import { latin1 } from "../support/session/wire.ts";

const V2_LINE = v2Header();
const RECORDS = v2Header({ records: [{ type: 2, value: new TextEncoder().encode("a.test") }] });

const LONGEST = v2Header({ records: [{ type: 0xe0, value: new Uint8Array(16_393 - 31) }] });
const ACCEPTED = [V1_LINE, V2_LINE, RECORDS, LONGEST, LOCAL_CHECK, "PROXY UNKNOWN\r\n"];

/** A backend that keeps what each connection brought until its end, then answers. */
function keeper(): { origin: ScriptedOrigin; received: string[] } {
  const received: string[] = [];
  const origin = scriptedOrigin(async (wire) => {
    const all = latin1(await wire.readToEnd(20_000));
    received.push(all);
    await wire.write("kept");
  });
  return { origin, received };
}

/** Sends `bytes` and an end of stream through a listener; gives what the backend got. */
async function through(options: TcpProxyOptions, bytes: string): Promise<string> {
  const { origin, received } = keeper();
  await using _origin = origin;
  await using proxy = await startTcpProxy({ ...options, backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(bytes);
  await wire.closeWrite();
  assert.equal(latin1(await wire.readToEnd()), "kept");
  return received[0] ?? "nothing";
}

const mode = (proxy_protocol: number): TcpProxyOptions => ({ cluster: { proxy_protocol } });

Deno.test("a TCP cluster that expects a PROXY header gets what follows it", async () => {
  for (const header of ACCEPTED) {
    const options = mode(ProxyProtocolConfig.EXPECT_HEADER);
    assert.equal(await through(options, header + "payload"), "payload");
  }
});

Deno.test("a TCP listener that expects a PROXY header takes it whatever its cluster says", async () => {
  assert.equal(await through({ listener: { expect_proxy: true } }, V2_LINE + "payload"), "payload");
});

Deno.test("a TCP cluster that relays a PROXY header gets it byte for byte, then the payload", async () => {
  for (const header of ACCEPTED) {
    const options = mode(ProxyProtocolConfig.RELAY_HEADER);
    assert.equal(await through(options, header + "payload"), header + "payload");
  }
});

Deno.test("a TCP cluster that is sent a PROXY header gets client and listener in it", async () => {
  const { origin, received } = keeper();
  await using _origin = origin;
  await using proxy = await startTcpProxy({
    ...mode(ProxyProtocolConfig.SEND_HEADER),
    backends: [origin.address],
  });
  using wire = await connectRaw(proxy.port);
  const { port } = wire.conn.localAddr;
  await wire.write("payload");
  await wire.closeWrite();
  await wire.readToEnd();
  const number = (value: number) => String.fromCharCode(value >> 8, value & 0xff);
  const addresses = "\x7f\0\0\x01\x7f\0\0\x01" + number(port) + number(proxy.port);
  assert.equal(received[0], `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${addresses}payload`);
});

Deno.test("a header of our own names the client of the header that was received", async () => {
  const options = {
    listener: { expect_proxy: true },
    cluster: { proxy_protocol: ProxyProtocolConfig.SEND_HEADER },
  };
  assert.equal(await through(options, RECORDS + "payload"), V2_LINE + "payload");
});

Deno.test("every malformed PROXY header closes its TCP connection only, backend untouched", async () => {
  const { origin } = keeper();
  await using _origin = origin;
  for (const proxy_protocol of [0, 2]) {
    await using proxy = await startTcpProxy({
      backends: [origin.address],
      cluster: { proxy_protocol },
    });
    for (const [name, bytes] of MALFORMED_HEADERS) {
      const before = proxy.count("proxy_protocol.errors");
      assert.equal(await sayUntilClosed(proxy.port, bytes), "", name);
      assert.equal(proxy.count("proxy_protocol.errors"), before + 1, name);
    }
    await waitFor("every client to be gone", () => proxy.count("client.connections") === 0);
    assert.equal(proxy.count("session.internal_errors"), 0);
  }
  assert.equal(origin.accepted, 0);
});

Deno.test("a TCP limit per address counts the client of the PROXY header", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("hello");
    await wire.readToEnd(20_000);
  });
  await using proxy = await startTcpProxy({
    backends: [origin.address],
    cluster: { proxy_protocol: ProxyProtocolConfig.EXPECT_HEADER, max_connections_per_ip: 1n },
  });
  using first = await connectRaw(proxy.port);
  await first.write(V1_LINE);
  assert.equal(latin1(await first.readExactly(5)), "hello");
  using second = await connectRaw(proxy.port);
  await second.write(V2_LINE);
  assert.equal((await second.readToEnd()).length, 0);
  using third = await connectRaw(proxy.port);
  await third.write(v2Header({ source: "10.0.0.43" }));
  assert.equal(latin1(await third.readExactly(5)), "hello");
});

Deno.test("a dripping PROXY header is cut at the front timeout of a TCP listener", async () => {
  await using proxy = await startTcpProxy({ listener: { expect_proxy: true, front_timeout: 1 } });
  using wire = await connectRaw(proxy.port);
  const started = performance.now();
  for (const byte of V1_LINE) {
    await wire.write(byte).catch(() => {});
    await wire.readSome(250).catch(() => {});
    if (wire.ended) break;
  }
  const took = performance.now() - started;
  assert.ok(wire.ended && took > 800 && took < 4_000, `cut after ${took} ms`);
});
