import assert from "node:assert/strict";
import { httpListener, httpsListener } from "../../tests/support/config/state.ts";
import { HttpListenerConfig, type Request } from "../schema/messages.ts";
import { H2_FLOORS, raiseToFloors } from "./h2_floors.ts";
import { validateMessage } from "./validate.ts";

type Field = keyof typeof H2_FLOORS;
const FIELDS = Object.keys(H2_FLOORS) as Field[];

/** A listener with one setting of HTTP/2, so much above its floor. */
function listenerWith(field: Field, above: number): HttpListenerConfig {
  const floor = H2_FLOORS[field];
  const value = typeof floor === "bigint" ? floor + BigInt(above) : floor + above;
  return httpListener({ [field]: value });
}

Deno.test("floors are the least that the rules of listeners let pass", () => {
  for (const field of FIELDS) {
    const refused = validateMessage(HttpListenerConfig, listenerWith(field, -1));
    assert.equal(refused?.field, field);
    assert.equal(validateMessage(HttpListenerConfig, listenerWith(field, 0)), null, field);
  }
});

Deno.test("raiseToFloors() raises what is below its floor, and nothing else", () => {
  const low = Object.fromEntries(FIELDS.map((field) => [field, listenerWith(field, -1)[field]]));
  const others = { h2_graceful_shutdown_deadline_seconds: 0, h2_stream_refusal_percent: 0 };
  const request: Request = {
    request_type: { kind: "add_https_listener", value: httpsListener({ ...low, ...others }) },
  };
  const raised = raiseToFloors(request);
  assert.deepEqual(raised?.request, {
    request_type: {
      kind: "add_https_listener",
      value: httpsListener({ ...H2_FLOORS, ...others }),
    },
  });
  assert.equal(raised?.changes.length, FIELDS.length);
  assert.ok(raised?.changes.includes("h2_stream_shrink_ratio 1 to 2"));
  assert.equal(raiseToFloors(raised.request), null);
});

Deno.test("raiseToFloors() leaves requests alone that have none of these settings", () => {
  assert.equal(raiseToFloors({ request_type: null }), null);
  assert.equal(raiseToFloors({ request_type: { kind: "remove_cluster", value: "a" } }), null);
  const value = httpListener({});
  assert.equal(raiseToFloors({ request_type: { kind: "add_http_listener", value } }), null);
});
