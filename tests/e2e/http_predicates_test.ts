// Routes that ask for header fields: clients of both versions of HTTP, and changes while they are connected.

import assert from "node:assert/strict";
import {
  HeaderMatchKind,
  type HeaderPredicate,
  PathRuleKind,
  type RequestHttpFrontend,
  RulePosition,
} from "../../config/schema/messages.ts";
import { getFields, H2Client } from "../support/h2/h2_client.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw, readResponse, request } from "../support/http/raw_client.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { socketAddress, startProxy, type TestProxy } from "../support/session/proxy.ts";

const {
  HEADER_MATCH_KIND_EXACT: EXACT,
  HEADER_MATCH_KIND_REGEX: REGEX,
  HEADER_MATCH_KIND_PRESENT: PRESENT,
} = HeaderMatchKind;

const CANARY: HeaderPredicate = { name: "X-Canary", kind: EXACT, value: "yes" };

function canary(proxy: TestProxy, more: Partial<RequestHttpFrontend> = {}): RequestHttpFrontend {
  return {
    cluster_id: "canary",
    address: socketAddress(`127.0.0.1:${proxy.port}`),
    hostname: "app.test",
    path: { kind: PathRuleKind.PREFIX, value: "/" },
    position: RulePosition.TREE,
    tags: new Map([["ring", "canary"]]),
    headers: [],
    header_predicates: [CANARY],
    ...more,
  };
}

async function bodyOf({ port }: TestProxy, ...lines: string[]): Promise<string> {
  const head = ["GET / HTTP/1.1", "Host: app.test", ...lines, "", ""].join("\r\n");
  const { status, text } = await request(port, head);
  return status === 200 ? text : String(status);
}

Deno.test("a canary takes the requests whose header it asks for, from clients of both versions", async () => {
  await using base = startOrigin({ kind: "fixed", body: "base" });
  await using other = startOrigin({ kind: "fixed", body: "canary" });
  await using proxy = await startProxy({
    backends: [base.address],
    listener: { h2c_prior_knowledge: true },
  });
  await using log = logAccess(proxy);
  await proxy.addCluster("canary");
  await proxy.addBackend("canary", other.address);
  await proxy.apply({
    kind: "add_http_frontend_with_header_predicates",
    value: canary(proxy),
  });
  assert.equal(await bodyOf(proxy), "base");
  assert.equal(await bodyOf(proxy, "x-canary: yes"), "canary");
  assert.equal(await bodyOf(proxy, "X-CANARY:   yes  "), "canary");
  assert.equal(await bodyOf(proxy, "X-Canary: YES"), "base");
  assert.equal(await bodyOf(proxy, "X-Canary: no", "X-Canary: yes"), "base");
  await using client = await H2Client.open(proxy.port, "clear");
  assert.equal((await client.ask(1, getFields("/", [["x-canary", "yes"]]))).text, "canary");
  assert.equal((await client.ask(3, getFields("/"))).text, "base");
  const lines = await log.lines(7);
  const told = lines.map(({ cluster_id, tags }) => `${cluster_id} ${tags?.ring}`);
  assert.deepEqual(told, [
    "app undefined",
    "canary canary",
    "canary canary",
    "app undefined",
    "app undefined",
    "canary canary",
    "app undefined",
  ]);
});

Deno.test("a canary comes and goes by itself while its clients stay connected", async () => {
  await using base = startOrigin({ kind: "fixed", body: "base" });
  await using other = startOrigin({ kind: "fixed", body: "canary" });
  await using proxy = await startProxy({ backends: [base.address] });
  await proxy.addCluster("canary");
  await proxy.addBackend("canary", other.address);
  using wire = await connectRaw(proxy.port);
  const ask = async () => {
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\nX-Canary: yes\r\n\r\n");
    return (await readResponse(wire)).text;
  };
  assert.equal(await ask(), "base");
  await proxy.apply({ kind: "add_http_frontend", value: canary(proxy) });
  assert.equal(await ask(), "canary");
  const { value: _, ...present } = { ...CANARY, kind: PRESENT };
  await proxy.apply({
    kind: "remove_http_frontend",
    value: canary(proxy, { header_predicates: [present] }),
  });
  assert.equal(await ask(), "canary");
  await proxy.apply({
    kind: "remove_http_frontend_with_header_predicates",
    value: canary(proxy, { header_predicates: [{ ...CANARY, name: "x-canary" }] }),
  });
  assert.equal(await ask(), "base");
});

Deno.test("all that a route asks for must be there, else the next host has the request", async () => {
  await using base = startOrigin({ kind: "fixed", body: "wild" });
  await using proxy = await startProxy({ backends: [base.address] });
  await proxy.addFrontend("app", { hostname: "*.x.test" });
  const denies = (name: string, predicates: HeaderPredicate[], position: RulePosition) =>
    proxy.addFrontend(null, { hostname: name, header_predicates: predicates, position });
  await denies("a.x.test", [
    { name: "x-v", kind: REGEX, value: "[0-9]+|beta" },
    { name: "x-u", kind: PRESENT },
  ], RulePosition.TREE);
  await denies("*", [{ name: "x-bad", kind: PRESENT }], RulePosition.PRE);
  const status = async (...lines: string[]) => {
    const head = ["GET / HTTP/1.1", "Host: a.x.test", ...lines, "", ""].join("\r\n");
    return (await request(proxy.port, head)).status;
  };
  assert.equal(await status("X-V: 12", "X-U:"), 401);
  assert.equal(await status("X-V: beta", "X-U: 1"), 401);
  assert.equal(await status("X-V: beta2", "X-U: 1"), 200);
  assert.equal(await status("X-V: 12"), 200);
  assert.equal(await status(), 200);
  assert.equal(await status("x-BAD: 1"), 401);
});
