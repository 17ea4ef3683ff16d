import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAddress } from "../../config/address.ts";
import { EventKind } from "../../config/messages.ts";
import { renderEvent } from "./render_event.ts";

Deno.test("renderEvent() writes source, kind and fields, empty where there is nothing", () => {
  const address = parseAddress("127.0.0.1:80");
  assert.ok(address !== null);
  assert.equal(
    renderEvent({
      source: "1",
      event: { kind: EventKind.BACKEND_DOWN, cluster_id: "web", backend_id: "web-1", address },
    }),
    "1, backend down, backend=web-1, cluster=web, address=127.0.0.1:80",
  );
  assert.equal(
    renderEvent({ source: "main", event: { kind: EventKind.STATE_SAVED } }),
    "main, state saved, backend=, cluster=, address=",
  );
});

Deno.test("renderEvent() is one line with the same fields, whatever ids are like", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("a, cluster=b", "x\n0, main upgraded", "\x1b[2J", "\u2028\u202e"),
  );
  fc.assert(fc.property(hostile, hostile, (backend_id, cluster_id) => {
    const event = { kind: EventKind.BACKEND_UP, backend_id, cluster_id };
    const line = renderEvent({ source: "0", event });
    // deno-lint-ignore no-control-regex -- the very characters that must not be there
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
    const fields = line.split(", ").map((field) => /^[^=]*/.exec(field)?.[0]);
    assert.deepEqual(fields, ["0", "backend up", "backend", "cluster", "address"]);
  }));
});
