// The limit of connections for the clients of one network, of every kind of client.

import assert from "node:assert/strict";
import { ProxyProtocolConfig } from "../../config/schema/messages.ts";
import { getFields } from "../support/h2/h2_client.ts";
import { headers } from "../support/h2/frames.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { startProxy } from "../support/session/proxy.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import type { Wire } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
/** Connects, and says in a PROXY header that `ip` does. */
async function connectFrom(port: number, ip: string): Promise<Wire> {
  const wire = await connectRaw(port);
  const family = ip.includes(":") ? "TCP6" : "TCP4";
  const own = ip.includes(":") ? "2001:db8::1" : "203.0.113.1";
  await wire.write(`PROXY ${family} ${ip} ${own} 4000 80\r\n`);
  return wire;
}

const SERVER = { max_connections_per_subnet: 2n, subnet_ipv4_prefix: 24, retry_after: 30 };

Deno.test("the clients of one network share a limit, whose answer is 429 with Retry-After", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: SERVER,
    listener: { expect_proxy: true },
  });
  const ask = async (wire: Wire) => {
    await wire.write(GET);
    return await readResponse(wire);
  };
  using first = await connectFrom(proxy.port, "192.0.0.1");
  using second = await connectFrom(proxy.port, "192.0.0.2");
  assert.equal((await ask(first)).status, 200);
  assert.equal((await ask(second)).status, 200);
  {
    using third = await connectFrom(proxy.port, "192.0.0.3");
    const refused = await ask(third);
    assert.deepEqual([refused.status, refused.header("retry-after")], [429, "30"]);
    assert.equal(refused.header("connection"), "close");
  }
  using other = await connectFrom(proxy.port, "192.0.1.1");
  assert.equal((await ask(other)).status, 200, "another network");
  {
    using mapped = await connectFrom(proxy.port, "::ffff:192.0.0.9");
    assert.equal((await ask(mapped)).status, 429, "the same network in another form");
  }
  assert.equal((await ask(first)).status, 200, "it holds its slot");
  assert.ok(proxy.count("connections.rejected_per_cluster_ip") === 2);
  await proxy.addCluster("app", { max_connections_per_subnet: 3n, retry_after: 0 });
  using fourth = await connectFrom(proxy.port, "192.0.0.4");
  assert.equal((await ask(fourth)).status, 200, "the cluster's own limit wins");
  using fifth = await connectFrom(proxy.port, "192.0.0.5");
  const silent = await ask(fifth);
  assert.deepEqual([silent.status, silent.header("retry-after")], [429, undefined]);
  await proxy.apply({ kind: "set_max_connections_per_subnet", value: 0n });
  await proxy.addCluster("app");
  using sixth = await connectFrom(proxy.port, "192.0.0.6");
  assert.equal((await ask(sixth)).status, 200, "lifted");
});

Deno.test("requests of HTTP/2 clients beyond the limit of their network are answered 429", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address], {
    server: { max_connections_per_subnet: 1n },
  });
  await using first = await proxy.open();
  await first.send(headers(1, getFields("/")));
  assert.deepEqual((await first.finished(1)).statuses, [200]);
  await using second = await proxy.open();
  await second.send(headers(1, getFields("/")));
  const refused = await second.finished(1);
  assert.deepEqual([refused.statuses, refused.field("retry-after")], [[429], "60"]);
  await first.send(headers(3, getFields("/")));
  assert.deepEqual((await first.finished(3)).statuses, [200]);
});

Deno.test("TCP connections beyond the limit of their network end without a byte, backend untouched", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startTcpProxy({
    backends: [origin.address],
    server: SERVER,
    cluster: { proxy_protocol: ProxyProtocolConfig.EXPECT_HEADER },
  });
  {
    using first = await connectFrom(proxy.port, "192.0.0.1");
    using second = await connectFrom(proxy.port, "192.0.0.2");
    for (const wire of [first, second]) {
      await wire.write(GET);
      assert.equal((await readResponse(wire)).status, 200);
    }
    using third = await connectFrom(proxy.port, "192.0.0.3");
    assert.equal((await third.readToEnd()).length, 0);
    assert.equal(origin.accepted, 2);
    assert.equal(proxy.count("connections.rejected_per_cluster_ip"), 1);
  }
  await waitFor("the slots to be free", () => proxy.count("client.connections") === 0);
  using again = await connectFrom(proxy.port, "192.0.0.3");
  await again.write(GET);
  assert.equal((await readResponse(again)).status, 200);
});
