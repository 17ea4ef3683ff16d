// HTTP sessions on fake streams: one listener, one cluster with one backend, and time that stands still
// until the test moves the wheel.

import { PathRuleKind, RulePosition } from "../../../config/schema/messages.ts";
import { AnswerSet } from "../../../src/answers/answer_set.ts";
import { BackendSet } from "../../../src/balancing/backend_set.ts";
import { asciiBytes } from "../../../src/bytes/ascii.ts";
import { FIELD_VALUE } from "../../../src/protocol/h1/grammar.ts";
import { RouteTable } from "../../../src/routing/route_table.ts";
import { Cluster } from "../../../src/session/cluster.ts";
import type { ListenerContext, Route } from "../../../src/session/listener_context.ts";
import { createHttp2 } from "../../../src/session/http/h2/http2.ts";
import { HttpStarter } from "../../../src/session/http/starter.ts";
import { testLimits } from "../h2/limits.ts";
import { FakeStream } from "./fake_stream.ts";
import { testWorkerContext } from "./worker_context.ts";

/** A listener that serves every path of `a.test` with the cluster `shop`; timeouts of two seconds. */
export function shopListener(settings: Partial<ListenerContext> = {}): ListenerContext {
  const cluster = new Cluster("shop", new BackendSet(() => 0));
  const address = { text: "192.0.2.9:80", host: "192.0.2.9", port: 80 };
  cluster.backends.add({ id: "shop-1", address, stickyId: null, weight: null, backup: false }, 0);
  const routes = new RouteTable<Route>();
  const path = { kind: PathRuleKind.PREFIX, value: "/" };
  const rule = { position: RulePosition.TREE, hostname: "a.test", path, method: null };
  const refusal = routes.add(rule, { cluster, policy: null, hsts: null, tags: null });
  if (refusal !== null) throw new Error(refusal.message);
  return {
    protocol: "http",
    publicAddress: { ip: "192.0.2.2", port: 80 },
    routes,
    answers: new AnswerSet(),
    timeouts: { request: 1_000, front: 2_000, back: 2_000, connect: 2_000 },
    uploadMinBytes: 0,
    forwarding: {
      idHeaderName: asciiBytes("Sozu-Id: "),
      family: 0,
      sendRealIp: false,
      elideRealIp: false,
      omitted: 0,
      omitId: false,
    },
    requestValues: FIELD_VALUE,
    clientHeaders: null,
    logsClient: false,
    stickyName: asciiBytes("sticky"),
    strictSni: false,
    h2: testLimits(),
    clearH2: false,
    ...settings,
  };
}

/**
 * A running session whose client and backends the test plays; `fastPath` as for
 * {@link testWorkerContext}. `version`: that of HTTP.
 */
export function httpSession(
  settings: Partial<ListenerContext> = {},
  fastPath: boolean | undefined = undefined,
  version: 1 | 2 = 1,
) {
  const backends: FakeStream[] = [];
  const worker = testWorkerContext(10, {
    connect: () => {
      const stream = new FakeStream();
      backends.push(stream);
      return Promise.resolve(stream);
    },
  }, fastPath);
  const client = new FakeStream();
  const accepted = {
    stream: client,
    peer: { ip: "192.0.2.1", port: 1 },
    destination: null,
    tls: null,
  };
  const listener = shopListener(settings);
  const http2 = createHttp2(worker);
  const session = version === 1
    ? new HttpStarter(listener, worker, { loaded: http2 }).start(accepted, () => {})
    : http2.start(accepted, listener, () => {});
  if (session === null) throw new Error("no buffer for the session");
  const running = session.run();
  return {
    client,
    backends,
    session,
    worker,
    http2,
    running,
    count: (counter: number) => worker.counters.get(counter),
    /** Lets time pass in steps of the wheel, and what is due with each run. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        worker.wheel.advance(worker.wheel.now + 100);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
  };
}
