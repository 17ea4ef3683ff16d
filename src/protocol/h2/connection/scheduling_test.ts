import assert from "node:assert/strict";
import { type Fields, GET } from "../../../../tests/support/h2/blocks.ts";
import { type Endpoint, openServer } from "../../../../tests/support/h2/endpoint.ts";
import {
  headers,
  priorityUpdate,
  reset,
  windowUpdate,
} from "../../../../tests/support/h2/frames.ts";

const SIZE = 50_000;

/** A server whose windows let everything through. */
function wideServer(): Endpoint {
  const server = openServer({}, [4, 1_000_000]);
  server.feed(windowUpdate(0, 100_000_000));
  return server;
}

function asked(id: number, priority: string | null): Uint8Array {
  const more: Fields = priority === null ? [] : [["priority", priority]];
  return headers(id, [...GET, ...more]);
}

/** The ids of the DATA frames, those in a row as one. */
function turns(server: Endpoint): number[] {
  const ids = server.written().filter((frame) => frame.startsWith("DATA"))
    .map((frame) => Number(frame.split(" ")[1]));
  return ids.filter((id, i) => id !== ids[i - 1]);
}

function serve(priorities: readonly (string | null)[], before: Uint8Array[] = []): number[] {
  const server = wideServer();
  server.feed(...before);
  priorities.forEach((priority, i) => server.feed(asked(2 * i + 1, priority)));
  priorities.forEach((_, i) => server.respond(2 * i + 1, 200, new Uint8Array(SIZE)));
  return turns(server);
}

Deno.test("responses that are of use as a whole come one after the other", () => {
  assert.deepEqual(serve(["u=3, i=?0", "u=3, i=?0", "u=3, i=?0"]), [1, 3, 5]);
});

Deno.test("incremental responses take turns frame by frame", () => {
  assert.deepEqual(serve(["u=3, i", "u=3, i", "u=3, i"]).slice(0, 6), [1, 3, 5, 1, 3, 5]);
});

Deno.test("urgent responses come first, and a lonely incremental one all at once", () => {
  assert.deepEqual(serve(["u=7, i", "u=0, i"]), [3, 1]);
  assert.deepEqual(serve(["u=5", "u=1", "u=3"]), [3, 5, 1]);
});

Deno.test("streams of a client that says nothing of priorities take turns", () => {
  assert.ok(serve([null, null]).length > 2);
});

Deno.test("PRIORITY_UPDATE counts for live streams and for those that come soon", () => {
  assert.deepEqual(serve(["u=5", "u=3"], [priorityUpdate(1, "u=1"), priorityUpdate(3, "u=0")]), [
    3,
    1,
  ]);
  assert.deepEqual(serve([null, "u=6", "u=7"], [priorityUpdate(1, "u=7")]), [3, 1, 5]);
  const server = wideServer();
  server.feed(asked(1, "u=3"), asked(3, "u=3"), priorityUpdate(3, "u=0"));
  for (const id of [1, 3]) server.respond(id, 200, new Uint8Array(SIZE));
  server.feed(priorityUpdate(1, ""));
  assert.deepEqual(turns(server), [3, 1]);
  server.feed(asked(5, "u=6"), asked(7, "u=5"));
  for (const id of [5, 7]) server.respond(id, 200, new Uint8Array(SIZE));
  server.feed(priorityUpdate(5, "u=2"));
  assert.deepEqual(turns(server), [5, 7]);
});

Deno.test("PRIORITY_UPDATE far ahead is dropped", () => {
  const server = wideServer();
  for (let id = 1; id < 9_000; id += 2) server.feed(priorityUpdate(id, "u=0"));
  server.feed(asked(1_001, "u=3"), asked(1_003, "u=3"));
  for (const id of [1_003, 1_001]) server.respond(id, 200, new Uint8Array(SIZE));
  assert.deepEqual(turns(server), [1_001, 1_003]);
});

Deno.test("a reset in the middle leaves the turns of the others as they were", () => {
  const server = openServer({}, [4, 16_384]);
  server.feed(windowUpdate(0, 1_000_000), ...[1, 3, 5].map((id) => asked(id, "u=1, i")));
  for (const id of [1, 3, 5]) server.respond(id, 200, new Uint8Array(SIZE));
  assert.deepEqual(turns(server), [1, 3, 5]);
  server.feed(reset(3, 8), windowUpdate(1, 100_000), windowUpdate(5, 100_000));
  assert.deepEqual(turns(server).slice(0, 3), [1, 5, 1]);
});
