// Clients that keep their backends, over real sockets: by address, header and cookie, with connections of HTTP/1.1
// that are pooled and connections of HTTP/2 that are shared.

import assert from "node:assert/strict";
import { ProxyProtocolConfig } from "../../config/schema/messages.ts";
import { type H2Origin, reply, startH2Origin } from "../support/h2/node_origin.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { getFields } from "../support/h2/h2_client.ts";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { connectRaw, get, readResponse, request } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { socketAddress, startProxy, type TestProxy } from "../support/session/proxy.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const HRW = 4;
const MAGLEV = 5;
const TENANTS = Array.from({ length: 12 }, (_, index) => `tenant-${index}`);

/** Backends that answer with their names. */
function origins(count: number): Origin[] {
  return Array.from(
    { length: count },
    (_, index) => startOrigin({ kind: "fixed", body: `b${index}` }),
  );
}

function h2Origins(count: number): Promise<H2Origin[]> {
  return Promise.all(
    Array.from(
      { length: count },
      (_, index) => startH2Origin((seen) => reply(seen, 200, `b${index}`)),
    ),
  );
}

async function stopAll(all: readonly Origin[]): Promise<void> {
  for (const origin of all) await origin.stop();
}

async function ask(port: number, lines: string, before = ""): Promise<string> {
  const text = `${before}GET / HTTP/1.1\r\nHost: app.test\r\n${lines}\r\n`;
  return (await request(port, text)).text;
}

/** Which backend each tenant gets, asked twice in different orders. */
async function assigned(
  ask: (tenant: string) => Promise<string>,
): Promise<Map<string, string>> {
  const first = new Map<string, string>();
  for (const tenant of TENANTS) first.set(tenant, await ask(tenant));
  for (const tenant of TENANTS.toReversed()) assert.equal(await ask(tenant), first.get(tenant));
  assert.ok(new Set(first.values()).size > 1, "one backend has everybody");
  return first;
}

function shouldMoveOnly(
  gone: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): void {
  for (const [tenant, backend] of before) {
    if (backend === gone) assert.notEqual(after.get(tenant), gone);
    else assert.equal(after.get(tenant), backend, `${tenant} moved`);
  }
}

for (const [name, load_balancing] of [["HRW", HRW], ["MAGLEV", MAGLEV]] as const) {
  Deno.test(`${name} keeps clients of HTTP/1.1 by the value of a header, or of a cookie`, async () => {
    const all = origins(4);
    await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
    const settings = [
      [{ affinity_header: "X-Tenant" }, (tenant: string) => `x-tenant: ${tenant}\r\n`],
      [{ affinity_cookie: "sid" }, (tenant: string) => `Cookie: a=1; sid=${tenant}\r\n`],
    ] as const;
    for (const [affinity, lines] of settings) {
      await proxy.addCluster("app", { load_balancing, ...affinity });
      await assigned((tenant) => ask(proxy.port, lines(tenant)));
      // Without the value, every client of this address has one backend.
      const nameless = new Set<string>();
      for (let count = 0; count < 6; count++) nameless.add(await ask(proxy.port, ""));
      assert.equal(nameless.size, 1);
    }
    await stopAll(all);
  });

  Deno.test(`${name} keeps every request of one kept connection with its own key`, async () => {
    const all = origins(4);
    await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
    await proxy.addCluster("app", { load_balancing, affinity_header: "X-Tenant" });
    using wire = await connectRaw(proxy.port);
    await assigned(async (tenant) => {
      await wire.write(`GET / HTTP/1.1\r\nHost: app.test\r\nX-Tenant: ${tenant}\r\n\r\n`);
      return (await readResponse(wire)).text;
    });
    assert.ok(all.reduce((sum, { accepted }) => sum + accepted, 0) <= 4, "connections are reused");
    await stopAll(all);
  });
}

Deno.test("HRW moves only the clients of a backend that is removed", async () => {
  const all = origins(4);
  await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
  await proxy.addCluster("app", { load_balancing: HRW, affinity_header: "X-Tenant" });
  const who = (tenant: string) => ask(proxy.port, `X-Tenant: ${tenant}\r\n`);
  const before = await assigned(who);
  const gone = before.get("tenant-0") ?? "";
  await proxy.removeBackend("app", all[Number(gone.slice(1))]?.address ?? "");
  shouldMoveOnly(gone, before, await assigned(who));
  await stopAll(all);
});

for (const http2 of [false, true]) {
  const version = http2 ? "HTTP/2" : "HTTP/1.1";
  Deno.test(`HRW goes to the next backend of a client whose own one of ${version} is gone`, async () => {
    const all = http2 ? await h2Origins(4) : origins(4);
    await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
    await proxy.addCluster("app", { load_balancing: HRW, http2, affinity_header: "X-Tenant" });
    const who = (tenant: string) => ask(proxy.port, `X-Tenant: ${tenant}\r\n`);
    const before = await assigned(who);
    const gone = before.get("tenant-0") ?? "";
    await all[Number(gone.slice(1))]?.[Symbol.asyncDispose]();
    shouldMoveOnly(gone, before, await assigned(who));
    assert.ok(proxy.count("backend.connections.error") >= 1);
    for (const [index, origin] of all.entries()) {
      if (`b${index}` !== gone) await origin[Symbol.asyncDispose]();
    }
  });
}

Deno.test("HRW keeps clients of HTTP/1.1 and HTTP/2 alike, over shared connections of HTTP/2", async () => {
  const all = await h2Origins(4);
  await using proxy = await startH2Proxy(all.map(({ address }) => address));
  const { ours } = proxy;
  await ours.addCluster("app", { load_balancing: HRW, http2: true, affinity_header: "X-Tenant" });
  const client = await proxy.open();
  let stream = -1;
  const overH2 = await assigned(async (tenant) => {
    const fields = getFields("/", [["x-tenant", tenant]]);
    return (await client.ask(stream += 2, fields)).text;
  });
  for (const origin of all) assert.ok(origin.accepted <= 1, "one connection carries all");
  const overH1 = await assigned((tenant) => ask(ours.port, `X-Tenant: ${tenant}\r\n`));
  assert.deepEqual(overH1, overH2);
  client.wire.close();
  for (const origin of all) await origin[Symbol.asyncDispose]();
});

Deno.test("HRW tells clients apart by the address in their PROXY header, IPv4 in either notation", async () => {
  const all = origins(4);
  const listener = { expect_proxy: true };
  await using proxy = await startProxy({ backends: all.map(({ address }) => address), listener });
  await proxy.addCluster("app", { load_balancing: HRW });
  const from = (family: string, ip: string) =>
    ask(proxy.port, "", `PROXY ${family} ${ip} ${family === "TCP4" ? "10.0.0.1" : "::1"} 7 80\r\n`);
  const seen = new Set<string>();
  for (let host = 1; host <= 20; host++) {
    const plain = await from("TCP4", `198.51.100.${host}`);
    seen.add(plain);
    assert.equal(await from("TCP4", `198.51.100.${host}`), plain);
    assert.equal(await from("TCP6", `::ffff:198.51.100.${host}`), plain);
  }
  assert.ok(seen.size > 1);
  await stopAll(all);
});

Deno.test("a sticky cookie wins over an affinity key", async () => {
  const all = origins(3);
  await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
  const settings = { load_balancing: HRW, affinity_header: "X-Tenant", sticky_session: true };
  await proxy.addCluster("app", settings);
  for (const [index, { address }] of all.entries()) {
    const lines = `Cookie: SOZUBALANCEID=${address}\r\nX-Tenant: tenant-0\r\n`;
    assert.equal(await ask(proxy.port, lines), `b${index}`);
  }
  await stopAll(all);
});

Deno.test("a TCP cluster keeps the addresses of PROXY headers on their backends", async () => {
  const all = ["a", "b", "c", "d"].map((name) =>
    scriptedOrigin(async (wire) => {
      await wire.readExactly(1);
      await wire.write(name);
    })
  );
  await using proxy = await startTcpProxy({
    backends: all.map(({ address }) => address),
    cluster: { load_balancing: HRW, proxy_protocol: ProxyProtocolConfig.EXPECT_HEADER },
    listener: { expect_proxy: true },
  });
  const from = async (ip: string) => {
    using wire = await connectRaw(proxy.port);
    await wire.write(`PROXY TCP4 ${ip} 10.0.0.1 7 80\r\nx`);
    return latin1(await wire.readExactly(1));
  };
  const seen = new Set<string>();
  for (let host = 1; host <= 20; host++) {
    const first = await from(`198.51.100.${host}`);
    seen.add(first);
    assert.equal(await from(`198.51.100.${host}`), first);
  }
  assert.ok(seen.size > 1);
  for (const origin of all) await origin.stop();
});

const QUARTER = { shard_percent: 25, shard_min_backends: 8 };

/** The backends that a client of the name gets in many requests. */
async function shardOf(proxy: TestProxy, tenant: string, count = 8): Promise<string[]> {
  const seen = new Set<string>();
  for (let asked = 0; asked < count; asked++) {
    const response = await request(
      proxy.port,
      `GET / HTTP/1.1\r\nHost: app.test\r\nX-Tenant: ${tenant}\r\n\r\n`,
    );
    seen.add(response.status === 200 ? response.text : String(response.status));
  }
  return [...seen].sort();
}

Deno.test("shuffle sharding gives each client a part of the backends, and another one to others", async () => {
  const all = origins(8);
  await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
  await proxy.addCluster("app", { affinity_header: "X-Tenant", ...QUARTER });
  const shards = new Set<string>();
  for (const tenant of TENANTS) {
    const shard = await shardOf(proxy, tenant);
    assert.equal(shard.length, 2, shard.join());
    assert.deepEqual(await shardOf(proxy, tenant), shard);
    shards.add(shard.join());
  }
  assert.ok(shards.size > 4, [...shards].join(" "));
  assert.equal(proxy.count("backend.shard.spillover"), 0);
  await proxy.addCluster("app", { affinity_header: "X-Tenant" });
  assert.equal((await shardOf(proxy, "tenant-0")).length, 8);
  await stopAll(all);
});

Deno.test("an exhausted shard spills over or answers 503, and is counted", async () => {
  const all = origins(8);
  await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
  await proxy.addCluster("app", { affinity_header: "X-Tenant", ...QUARTER });
  const shard = await shardOf(proxy, "tenant-0");
  for (const name of shard) await all[Number(name.slice(1))]?.stop();
  const others = await shardOf(proxy, "tenant-0");
  assert.ok(others.length > 0 && others.every((name) => name !== "503" && !shard.includes(name)));
  await waitFor("the spill-over to be counted", () => proxy.count("backend.shard.spillover") >= 1);
  assert.equal(proxy.count("backend.shard.exhausted"), 0);
  await proxy.addCluster("app", { affinity_header: "X-Tenant", ...QUARTER, shard_mode: 1 });
  assert.deepEqual(await shardOf(proxy, "tenant-0", 2), ["503"]);
  await waitFor("the refusals to be counted", () => proxy.count("backend.shard.exhausted") >= 2);
  await stopAll(all.filter((_, index) => !shard.includes(`b${index}`)));
});

Deno.test("weights of ROUND_ROBIN are exact over one cycle of requests", async () => {
  const all = origins(2);
  await using proxy = await startProxy();
  for (const [index, origin] of all.entries()) {
    await proxy.addBackend("app", origin.address);
    await proxy.apply({
      kind: "add_backend",
      value: {
        cluster_id: "app",
        backend_id: origin.address,
        address: socketAddress(origin.address),
        load_balancing_parameters: { weight: index === 0 ? 30 : 10 },
      },
    });
  }
  let bodies = "";
  for (let count = 0; count < 8; count++) bodies += (await get(proxy.port, "app.test")).text;
  assert.equal(bodies, "b0b0b1b0b0b0b1b0");
  await stopAll(all);
});

Deno.test("two ids at one address get the share of one backend", async () => {
  const all = origins(2);
  await using proxy = await startProxy({ backends: all.map(({ address }) => address) });
  const [first] = all as [Origin];
  await proxy.apply({
    kind: "add_backend",
    value: { cluster_id: "app", backend_id: "twin", address: socketAddress(first.address) },
  });
  const counts = { b0: 0, b1: 0 };
  for (let count = 0; count < 10; count++) {
    counts[(await get(proxy.port, "app.test")).text as "b0" | "b1"]++;
  }
  assert.deepEqual(counts, { b0: 5, b1: 5 });
  await stopAll(all);
});
