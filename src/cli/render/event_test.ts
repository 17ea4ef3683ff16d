import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAddress } from "../../../config/values/address.ts";
import { EventKind } from "../../../config/schema/messages.ts";
import { renderEvent } from "./event.ts";

const NOW = 1_700_000_000_123;

Deno.test("renderEvent() writes source, kind and fields, empty where there is nothing", () => {
  const address = parseAddress("127.0.0.1:80");
  assert.ok(address !== null);
  assert.equal(
    renderEvent({
      source: "1",
      event: { kind: EventKind.BACKEND_DOWN, cluster_id: "web", backend_id: "web-1", address },
    }, NOW),
    "2023-11-14T22:13:20.123Z 1, backend down, backend=web-1, cluster=web, address=127.0.0.1:80",
  );
  assert.equal(
    renderEvent({ source: "main", event: { kind: EventKind.STATE_SAVED, unix_ms: 5n } }, NOW),
    "1970-01-01T00:00:00.005Z main, state saved, backend=, cluster=, address=",
  );
});

Deno.test("renderEvent() is one line with the same fields, whatever ids are like", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a, cluster=b", "x\n0, main upgraded", "\x1b[2J", "\u2028\u202e"),
  );
  fc.assert(fc.property(hostile, hostile, (backend_id, cluster_id) => {
    const event = { kind: EventKind.BACKEND_UP, backend_id, cluster_id };
    const line = renderEvent({ source: "0", event }, NOW);
    // deno-lint-ignore no-control-regex -- the very characters that must not be there
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
    const fields = line.split(", ").map((field) => /^[^=]*/.exec(field)?.[0]);
    assert.deepEqual(fields, [
      "2023-11-14T22:13:20.123Z 0",
      "backend up",
      "backend",
      "cluster",
      "address",
    ]);
  }));
});

Deno.test("renderEvent() tells when an event arrived that says no time, or an impossible one", () => {
  for (const unix_ms of [2n ** 64n - 1n, 8_640_000_000_000_001n]) {
    const event = { kind: EventKind.STATE_SAVED, unix_ms };
    assert.match(renderEvent({ source: "main", event }, NOW), /^2023-11-14T22:13:20.123Z main, /);
  }
});
