// The corpus over real sockets: what reaches a backend through our data plane, and how nginx and HAProxy
// judge the same bytes.

import assert from "node:assert/strict";
import { latin1Bytes } from "../support/h1_reading.ts";
import { relayRequest } from "../support/h1_relay.ts";
import { Lab } from "../support/lab.ts";
import { startOrigin } from "../support/origin.ts";
import { startProxy, type TestProxy } from "../support/proxy.ts";
import { connectRaw, readResponse } from "../support/raw_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Wire } from "../support/wire.ts";
import { assertUnambiguous } from "./forwarded_request.ts";
import { eachOf, FROM_BACKEND, PEERS, startPeer, type Verdict, verdictOf } from "./peers.ts";
import { LARGEST_HEAD, SMUGGLING_CORPUS, type SmugglingCase } from "./smuggling_corpus.ts";

/** Requests that ours takes although nginx and HAProxy both refuse them, and why that is safe. */
const OURS_ALONE: ReadonlyMap<string, string> = new Map([
  [
    "absolute target with user information",
    "sozu 2.1 takes it: the host behind it is routed by and is what Host tells the backend",
  ],
  [
    "CONNECT to an authority that Host contradicts",
    "sozu 2.1 forwards CONNECT as any method: Host is replaced by the target, nothing is tunnelled",
  ],
  ["many fields", "heads are limited by their bytes alone, and this one is within the limit"],
]);

/** Connections to a peer at the same time. */
const AT_ONCE = 24;

const ANSWER = { kind: "fixed", headers: [FROM_BACKEND], body: "" } as const;

/** Our data plane, with a route for every host of the corpus. */
async function startOurs(backend: string): Promise<TestProxy> {
  const proxy = await startProxy({
    backends: [backend],
    server: { buffer_size: BigInt(LARGEST_HEAD) },
  });
  for (const hostname of ["a.test", "b.test", "a_b.test", "[::1]", "[2001:db8::1]"]) {
    await proxy.addFrontend("app", { hostname, path: { kind: 0, value: "" } });
  }
  return proxy;
}

/** Method and target of everything that is to reach the backend. */
function expectedAt({ raw, rest }: SmugglingCase): string[] {
  const { forwarded } = relayRequest(latin1Bytes(raw), [raw.length], {
    largestHead: LARGEST_HEAD,
  });
  const first = forwarded.split(" ").slice(0, 2).join(" ");
  const isLast = rest === "" || /^connection: *close/im.test(raw);
  return isLast ? [first] : [first, "GET /hidden"];
}

async function serveAccepted(wire: Wire, row: SmugglingCase): Promise<void> {
  const method = row.raw.slice(0, row.raw.indexOf(" "));
  for (let left = expectedAt(row).length; left > 0; left--) {
    let response = await readResponse(wire, { method });
    while (response.status < 200) response = await readResponse(wire, { method });
    assert.equal(response.status, 200);
    assert.equal(response.header(FROM_BACKEND[0]), FROM_BACKEND[1]);
  }
}

async function serveRefused(wire: Wire, row: SmugglingCase): Promise<void> {
  const response = await readResponse(wire);
  assert.equal(response.status, row.status);
  assert.equal(response.header(FROM_BACKEND[0]), undefined);
  assert.equal((await wire.readToEnd()).length, 0, "nothing follows the refusal");
}

Deno.test("every request of the corpus gets its verdict over a socket, and an accepted one arrives as one canonical request", async () => {
  await using origin = startOrigin(ANSWER);
  await using proxy = await startOurs(origin.address);
  for (const row of SMUGGLING_CORPUS) {
    const before = origin.requests.length;
    try {
      {
        using wire = await connectRaw(proxy.port);
        await wire.write(row.raw).catch(() => {});
        await (row.status === 0 ? serveAccepted(wire, row) : serveRefused(wire, row));
      }
      const seen = origin.requests.slice(before);
      const lines = seen.map(({ method, target }) => `${method} ${target}`);
      assert.deepEqual(lines, row.status === 0 ? expectedAt(row) : []);
      const [first] = seen;
      if (first === undefined) continue;
      const core = relayRequest(latin1Bytes(row.raw), [row.raw.length], {
        largestHead: LARGEST_HEAD,
      });
      assertUnambiguous({ ...core, forwarded: first.head });
    } catch (error) {
      if (error instanceof Error) error.message = `[${row.name}] ${error.message}`;
      throw error;
    }
  }
  await waitFor("all clients to be gone", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
});

const missing = PEERS.filter(({ program }) => program === null).map(({ name }) => name);
if (missing.length > 0) {
  console.error(`SKIPPED the comparison with other proxies: ${missing.join(", ")} not installed`);
}

Deno.test({
  name: "no request that nginx and HAProxy both refuse as malformed is accepted",
  ignore: missing.length > 0,
  async fn() {
    await using lab = new Lab();
    await using origin = startOrigin(ANSWER);
    const verdicts = new Map<string, Verdict[]>();
    for (const peer of PEERS) {
      const port = await startPeer(lab, peer, origin.port);
      const own = new Map<string, Verdict>();
      await eachOf(SMUGGLING_CORPUS, AT_ONCE, async ({ name, raw }) => {
        own.set(name, await verdictOf(port, raw));
      });
      for (const { name } of SMUGGLING_CORPUS) {
        verdicts.set(name, [...(verdicts.get(name) ?? []), own.get(name) as Verdict]);
      }
      console.log(summary(peer.name, own));
    }
    const alone = SMUGGLING_CORPUS.filter(({ name, status }) =>
      status === 0 && verdicts.get(name)?.every((verdict) => verdict === "refused")
    ).map(({ name }) => name);
    assert.deepEqual(alone.sort(), [...OURS_ALONE.keys()].sort());
  },
});

/** How often a peer and ours disagree, in each direction. */
function summary(peer: string, verdicts: ReadonlyMap<string, Verdict>): string {
  const count = (isMeant: (row: SmugglingCase, verdict: Verdict | undefined) => boolean) =>
    SMUGGLING_CORPUS.filter((row) => isMeant(row, verdicts.get(row.name))).length;
  const laxer = count(({ status }, verdict) => status !== 0 && verdict === "accepted");
  const stricter = count(({ status }, verdict) => status === 0 && verdict === "refused");
  const other = count((_, verdict) => verdict === "unserved" || verdict === "waiting");
  return `${peer}: of ${SMUGGLING_CORPUS.length} requests it accepts ${laxer} that ours refuses, ` +
    `refuses ${stricter} that ours accepts, leaves ${other} unserved or waiting`;
}
