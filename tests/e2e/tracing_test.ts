import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import type { ServerTracingConfig } from "../../config/schema/messages.ts";
import { openSpanLog } from "../../workers/span_log.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { serverDefaults, startProxy, type TestProxy } from "../support/session/proxy.ts";
import { request } from "../support/http/raw_client.ts";
import { waitFor } from "../support/wait.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const VALID = `00-${TRACE}-${PARENT}-01`;

const TRACING: ServerTracingConfig = { sampled_per_million: 1_000_000, service_name: "edge" };

async function setUp(
  tracing?: ServerTracingConfig,
): Promise<{ origin: Origin; proxy: TestProxy }> {
  const origin = startOrigin(({ target }) =>
    target === "/broken" ? { kind: "close" } : { kind: "fixed", body: "ok" }
  );
  const server = tracing === undefined ? {} : { tracing };
  return { origin, proxy: await startProxy({ backends: [origin.address], server }) };
}

async function ask(proxy: TestProxy, path: string, lines: readonly string[]): Promise<void> {
  const head = [`GET ${path} HTTP/1.1`, "Host: app.test", "Connection: close", ...lines];
  await request(proxy.port, `${head.join("\r\n")}\r\n\r\n`);
}

/** What the backend got as trace context. */
function received(origin: Origin, index: number): { parents: string[]; states: string[] } {
  const headers = origin.requests[index]?.headers ?? [];
  const values = (name: string) => headers.filter(([key]) => key === name).map(([, it]) => it);
  return { parents: values("traceparent"), states: values("tracestate") };
}

Deno.test("without tracing, trace context passes untouched, whatever it is", async () => {
  const { origin, proxy } = await setUp();
  await ask(proxy, "/", [`traceparent: ${VALID}`, "tracestate: a=1"]);
  await ask(proxy, "/", ["Traceparent: nonsense"]);
  await ask(proxy, "/", []);
  assert.deepEqual(received(origin, 0), { parents: [VALID], states: ["a=1"] });
  assert.deepEqual(received(origin, 1), { parents: ["nonsense"], states: [] });
  assert.deepEqual(received(origin, 2), { parents: [], states: [] });
  await proxy[Symbol.asyncDispose]();
  await origin.stop();
});

Deno.test("a trace is continued: the backend's parent is this proxy, whose parent is the client", async () => {
  const { origin, proxy } = await setUp(TRACING);
  await using log = logAccess(proxy);
  await ask(proxy, "/", [`traceparent: ${VALID}`, "tracestate: a=1,b=2"]);
  await ask(proxy, "/", [`TRACEPARENT: ${VALID.slice(0, -1)}0`]);
  const [one, two] = await log.lines(2);
  assert.deepEqual([one?.trace_id, one?.parent_span_id], [TRACE, PARENT]);
  assert.match(one?.span_id ?? "", /^[0-9a-f]{16}$/);
  assert.notEqual(one?.span_id, two?.span_id);
  assert.deepEqual(received(origin, 0), {
    parents: [`00-${TRACE}-${one?.span_id}-01`],
    states: ["a=1,b=2"],
  });
  assert.deepEqual(received(origin, 1).parents, [`00-${TRACE}-${two?.span_id}-00`]);
  await proxy[Symbol.asyncDispose]();
  await origin.stop();
});

Deno.test("a trace begins where there is none, or none that can be read", async () => {
  const { origin, proxy } = await setUp(TRACING);
  await using log = logAccess(proxy);
  const cases = [
    [],
    ["traceparent: 00-short", "tracestate: a=1"],
    [`traceparent: ${VALID}`, `traceparent: ${VALID}`, "tracestate: a=1"],
    [`traceparent: ff${VALID.slice(2)}`],
    ["traceparent:"],
  ];
  for (const lines of cases) await ask(proxy, "/", lines);
  const lines = await log.lines(cases.length);
  for (const [i, line] of lines.entries()) {
    assert.match(line.trace_id ?? "", /^[0-9a-f]{32}$/);
    assert.notEqual(line.trace_id, TRACE);
    assert.equal(line.parent_span_id, undefined);
    const parents = [`00-${line.trace_id}-${line.span_id}-01`];
    assert.deepEqual(received(origin, i), { parents, states: [] });
  }
  assert.equal(new Set(lines.map(({ trace_id }) => trace_id)).size, cases.length);
  await proxy[Symbol.asyncDispose]();
  await origin.stop();
});

Deno.test("the share of new traces that are recorded is the one configured", async () => {
  const { origin, proxy } = await setUp({ ...TRACING, sampled_per_million: 0 });
  await ask(proxy, "/", []);
  await ask(proxy, "/", [`traceparent: ${VALID}`]);
  assert.match(received(origin, 0).parents[0] ?? "", /-00$/);
  assert.match(received(origin, 1).parents[0] ?? "", /-01$/);
  await proxy[Symbol.asyncDispose]();
  await origin.stop();
});

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

function attributesOf(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""]),
  );
}

/** A collector that remembers what it is sent, and refuses while it is told to. */
class Collector {
  readonly requests: ExportRequest[] = [];
  status = 200;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        assert.equal(new URL(request.url).pathname, "/v1/traces");
        assert.equal(request.headers.get("content-type"), "application/json");
        const body = await request.json();
        if (this.status !== 200) return new Response("no", { status: this.status });
        this.requests.push(body);
        return Response.json({});
      },
    );
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get spans(): Span[] {
    return this.requests.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    );
  }

  stop(): Promise<void> {
    return this.#server.shutdown();
  }
}

function exportSpans(proxy: TestProxy, tracing: ServerTracingConfig): () => Promise<void> {
  const outlets: { flushed(): Promise<void> }[] = [];
  const host = {
    tag: "WRK-07",
    version: manifest.version,
    adopt: (outlet: typeof outlets[0]) => void outlets.push(outlet),
  };
  openSpanLog({ ...serverDefaults(), tracing }, host, proxy.plane);
  return async () => void await Promise.all(outlets.map((outlet) => outlet.flushed()));
}

Deno.test("spans reach a collector, with what is known of the request", async () => {
  const collector = new Collector();
  const tracing = { ...TRACING, otlp_endpoint: collector.endpoint };
  const { origin, proxy } = await setUp(tracing);
  const flush = exportSpans(proxy, tracing);
  const before = BigInt(Date.now() - 1_000) * 1_000_000n;
  await ask(proxy, "/a?b=1", [`traceparent: ${VALID}`, "User-Agent: curl/8"]);
  await ask(proxy, "/broken", []);
  await ask(proxy, "/quiet", [`traceparent: ${VALID.slice(0, -1)}0`]);
  await waitFor("both to be recorded", async () => {
    await flush();
    return collector.spans.length === 2;
  });
  const [one, two] = collector.spans as [Span, Span];
  const { attributes } = collector.requests[0]?.resourceSpans[0]?.resource ?? { attributes: [] };
  const resource = attributesOf(attributes);
  assert.equal(resource["service.name"], "edge");
  assert.equal(resource["service.instance.id"], "WRK-07");
  assert.deepEqual([one.traceId, one.parentSpanId, one.name, one.kind], [TRACE, PARENT, "GET", 2]);
  assert.equal(received(origin, 0).parents[0], `00-${TRACE}-${one.spanId}-01`);
  const [start, end] = [BigInt(one.startTimeUnixNano), BigInt(one.endTimeUnixNano)];
  assert.ok(start > before && end >= start && end - start < 20_000_000_000n);
  const facts = attributesOf(one.attributes);
  assert.deepEqual({ ...facts, "sozu.request_id": "" }, {
    "http.request.method": "GET",
    "url.scheme": "http",
    "url.path": "/a",
    "url.query": "b=1",
    "server.address": "app.test",
    "http.response.status_code": "200",
    "user_agent.original": "curl/8",
    "client.address": "127.0.0.1",
    "sozu.cluster_id": "app",
    "sozu.backend_id": origin.address,
    "sozu.request_id": "",
    "network.peer.address": origin.address,
  });
  assert.deepEqual(one.status, {});
  assert.equal(two.parentSpanId, undefined);
  assert.deepEqual(two.status, { code: 2 });
  assert.equal(attributesOf(two.attributes)["error.type"], "backend_closed");
  assert.equal(proxy.count("otlp.spans.sent"), 2);
  await proxy[Symbol.asyncDispose]();
  await origin.stop();
  await collector.stop();
});

Deno.test("a collector that refuses costs spans, which are counted, and one that comes back gets the rest", async () => {
  const collector = new Collector();
  const tracing = { ...TRACING, otlp_endpoint: `${collector.endpoint}/` };
  const { origin, proxy } = await setUp(tracing);
  const flush = exportSpans(proxy, tracing);
  collector.status = 400;
  await ask(proxy, "/1", []);
  await flush();
  assert.equal(proxy.count("otlp.spans.dropped"), 1);
  collector.status = 503;
  await ask(proxy, "/2", []);
  await flush();
  assert.equal(proxy.count("otlp.spans.dropped"), 1);
  collector.status = 200;
  await waitFor("the span that had to wait", () => collector.spans.length === 1, {
    deadlineMs: 20_000,
  });
  assert.equal(attributesOf(collector.spans[0]?.attributes ?? [])["url.path"], "/2");
  await waitFor("the count", () => proxy.count("otlp.spans.sent") === 1);
  await proxy[Symbol.asyncDispose]();
  await origin.stop();
  await collector.stop();
});
