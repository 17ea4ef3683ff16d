// Connections of HTTP/2 that begin when the worker drains already: they come from a stage, or from the accept queue.

import assert from "node:assert/strict";
import { MAGIC } from "../../src/protocol/h2/connection/preface.ts";
import { headers, join, preface } from "../support/h2/frames.ts";
import { H2Client } from "../support/h2/h2_client.ts";
import { getFields } from "../support/h2/request_fields.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { startProxy } from "../support/session/proxy.ts";
import { waitFor, within } from "../support/wait.ts";

Deno.test("a connection that becomes one of HTTP/2 while the worker drains is served and told to go", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "served" });
  const listener = { h2c_prior_knowledge: true };
  await using proxy = await startProxy({ backends: [origin.address], listener });
  using wire = await connectRaw(proxy.port);
  const opening = join(preface(), headers(1, getFields()));
  await wire.write(opening.subarray(0, MAGIC.length - 4));
  await waitFor("the connection", () => proxy.count("client.connections") === 1);
  const stopped = proxy.plane.softStop();
  // The first look at clients that idle is over.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await wire.write(opening.subarray(MAGIC.length - 4));
  assert.ok((await wire.readToEnd(8_000)).length > 0);
  assert.equal(origin.requests.length, 1);
  wire.close();
  await within("the worker to be empty", 5_000, stopped);
});

Deno.test("a new connection on which no request comes does not hold up a worker that drains", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "served" });
  const listener = { h2c_prior_knowledge: true };
  await using proxy = await startProxy({ backends: [origin.address], listener });
  await using client = await H2Client.open(proxy.port, "clear");
  const stopped = proxy.plane.softStop();
  await client.gone(4_000);
  assert.deepEqual(
    client.seen.filter((each) => each.startsWith("GOAWAY")),
    ["GOAWAY 2147483647 0", "GOAWAY 0 0"],
  );
  client.wire.close();
  await within("the worker to be empty", 4_000, stopped);
});
