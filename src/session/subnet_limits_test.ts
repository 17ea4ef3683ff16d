import assert from "node:assert/strict";
import { tcpCluster } from "../../tests/support/session/tcp_sessions.ts";
import { ClientLimits, type SlotHolder } from "./client_limits.ts";
import type { Cluster } from "./cluster.ts";
import { networkOf, type SubnetSettings } from "./subnet_limits.ts";

const GROUPED: SubnetSettings = { limit: 2, ipv4Prefix: 24, ipv6Prefix: 64 };

function holder(clientIp: string): SlotHolder {
  return { clientIp, slot: null, moreSlots: null, subnetSlots: null };
}

function limited(cluster: Cluster, settings: Partial<Cluster["settings"]>): Cluster {
  cluster.settings = { ...cluster.settings, ...settings };
  return cluster;
}

Deno.test("networkOf() keeps as many bits of an address as the prefix has", () => {
  const of = (ip: string, ipv4Prefix: number, ipv6Prefix: number) =>
    networkOf(ip, { limit: 0, ipv4Prefix, ipv6Prefix });
  assert.equal(of("203.0.113.77", 32, 128), "203.0.113.77");
  assert.equal(of("203.0.113.77", 0, 128), "0.0.0.0");
  assert.equal(of("203.0.113.77", 24, 128), "203.0.113.0");
  assert.equal(of("203.0.113.255", 27, 128), "203.0.113.224");
  assert.equal(of("2001:db8:1:2:3:4:5:6", 32, 128), "2001:db8:1:2:3:4:5:6");
  assert.equal(of("2001:db8:1:2:3:4:5:6", 32, 0), "::");
  assert.equal(of("2001:db8:1:2ff:3:4:5:6", 32, 56), "2001:db8:1:200::");
  assert.equal(of("fe80::1:2%eth0", 32, 64), "fe80::");
});

Deno.test("networkOf() takes an IPv4-mapped address as one of IPv4", () => {
  assert.equal(networkOf("::ffff:203.0.113.77", GROUPED), networkOf("203.0.113.1", GROUPED));
  assert.equal(networkOf("::ffff:cb00:714d", GROUPED), "203.0.113.0");
});

Deno.test("ClientLimits refuses a fresh address of a network that has its connections", () => {
  const limits = new ClientLimits(0, GROUPED);
  const [app, other] = [tcpCluster("app"), tcpCluster("other")];
  const [first, second, third] = ["192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"].map(holder);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.ok(limits.admit(first, app) && limits.admit(second, app));
  assert.ok(!limits.admit(third, app), "the network is full");
  assert.ok(limits.admit(first, app), "one that holds a slot is never refused");
  assert.ok(limits.admit(holder("192.0.3.1"), app), "another network");
  assert.ok(limits.admit(third, other), "another cluster");
  limits.release(first);
  assert.ok(limits.admit(third, app));
});

Deno.test("ClientLimits admits only what both limits admit, and counts nothing of what one refuses", () => {
  const limits = new ClientLimits(1, GROUPED);
  const app = tcpCluster("app");
  const holders = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"].map(holder);
  assert.deepEqual(holders.map((it) => limits.admit(it, app)), [true, false, true, false]);
  holders.forEach((it) => limits.release(it));
  assert.equal(limits.heldCount, 0);
  assert.ok(limits.admit(holder("192.0.2.3"), app));
});

Deno.test("a cluster's own limit for networks wins over the common one", () => {
  const limits = new ClientLimits(0, GROUPED);
  const free = limited(tcpCluster("free"), { maxConnectionsPerSubnet: 0 });
  const tight = limited(tcpCluster("tight"), { maxConnectionsPerSubnet: 1 });
  for (let i = 1; i < 9; i++) assert.ok(limits.admit(holder(`192.0.2.${i}`), free));
  assert.ok(limits.admit(holder("192.0.2.1"), tight));
  assert.ok(!limits.admit(holder("192.0.2.2"), tight));
});

Deno.test("a limit that falls to 0 and comes back counts anew, and releases what it counted once", () => {
  const limits = new ClientLimits(0, GROUPED);
  const app = tcpCluster("app");
  const before = [holder("192.0.2.1"), holder("192.0.2.2")];
  for (const it of before) assert.ok(limits.admit(it, app));
  limits.subnets.setLimit(0);
  const unlimited = holder("192.0.2.3");
  assert.ok(limits.admit(unlimited, app));
  assert.equal(unlimited.subnetSlots, null, "no slots while there is no limit");
  limits.subnets.setLimit(1);
  const after = holder("192.0.2.4");
  assert.ok(limits.admit(after, app));
  for (const it of [...before, unlimited]) limits.release(it);
  assert.ok(!limits.admit(holder("192.0.2.5"), app), "its slot is still held");
  limits.release(after);
  assert.equal(limits.heldCount, 0);
});

Deno.test("slots of a cluster outlive its settings, and are released once", () => {
  const limits = new ClientLimits(0, GROUPED);
  const app = limited(tcpCluster("app"), { maxConnectionsPerSubnet: 1 });
  const first = holder("192.0.2.1");
  assert.ok(limits.admit(first, app));
  limited(app, { maxConnectionsPerSubnet: 0 });
  limited(app, { maxConnectionsPerSubnet: 1 });
  assert.ok(!limits.admit(holder("192.0.2.2"), app));
  limits.release(first);
  limits.release(first);
  assert.ok(limits.admit(holder("192.0.2.2"), app));
});
