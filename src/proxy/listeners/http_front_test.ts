import assert from "node:assert/strict";
import { httpListener, httpsListener } from "../../../tests/support/config/state.ts";
import { NO_HTTP2, testWorkerContext } from "../../../tests/support/session/worker_context.ts";
import type { HttpListenerConfig } from "../../../config/schema/messages.ts";
import { HttpFront } from "./http_front.ts";
import { HttpRoutes } from "./http_routes.ts";

function frontOf(
  protocol: "http" | "https",
  settings: Partial<HttpListenerConfig> = {},
): HttpFront {
  const config = { ...httpsListener(), ...httpListener(settings) };
  const shared = { worker: testWorkerContext(), http2: NO_HTTP2 };
  const front = HttpFront.create(protocol, config, shared, new HttpRoutes(protocol));
  assert.ok(typeof front !== "string", String(front));
  return front;
}

Deno.test("sessions that begin after a change have the bounds of HTTP/2 that it brought", () => {
  const front = frontOf("http", { h2_max_concurrent_streams: 7 });
  const before = front.starter.context;
  assert.equal(before.h2.maxConcurrentStreams, 7);
  const refusal = front.replace(httpListener({ h2_max_concurrent_streams: 8 }));
  assert.equal(refusal, null);
  assert.equal(before.h2.maxConcurrentStreams, 7);
  assert.equal(front.starter.context.h2.maxConcurrentStreams, 8);
});

Deno.test("HTTP/2 without TLS is taken where it is asked for, and only without TLS", () => {
  const taken = (protocol: "http" | "https", settings: Partial<HttpListenerConfig>) =>
    frontOf(protocol, settings).starter.context.clearH2;
  assert.equal(taken("http", {}), false);
  assert.equal(taken("http", { h2c_prior_knowledge: false }), false);
  assert.equal(taken("http", { h2c_prior_knowledge: true }), true);
  assert.equal(taken("https", { h2c_prior_knowledge: true }), false);
});
