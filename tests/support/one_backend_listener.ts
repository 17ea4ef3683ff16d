// The context of a listener with one route to one backend, for tests of sessions without sockets.

import { PathRuleKind, RulePosition } from "../../config/messages.ts";
import { AnswerSet } from "../../src/answers/answer_set.ts";
import { BackendSet } from "../../src/balancing/backend_set.ts";
import { asciiBytes } from "../../src/bytes/ascii.ts";
import { FIELD_VALUE } from "../../src/protocol/h1/grammar.ts";
import { RouteTable } from "../../src/routing/route_table.ts";
import { Cluster } from "../../src/session/cluster.ts";
import type { ListenerContext, Route } from "../../src/session/context.ts";

/** Every path of `a.test` leads to the backend `shop-1` of the cluster `shop`. */
export function oneBackendListener(): ListenerContext {
  const cluster = new Cluster("shop", new BackendSet(() => 0));
  const address = { text: "192.0.2.9:80", host: "192.0.2.9", port: 80 };
  cluster.backends.add({ id: "shop-1", address, stickyId: null, weight: null, backup: false }, 0);
  const routes = new RouteTable<Route>();
  const path = { kind: PathRuleKind.PREFIX, value: "/" };
  const rule = { position: RulePosition.TREE, hostname: "a.test", path, method: null };
  routes.add(rule, { cluster, policy: null, hsts: null, tags: null });
  return {
    protocol: "http",
    publicAddress: { ip: "192.0.2.2", port: 80 },
    routes,
    answers: new AnswerSet(),
    timeouts: { request: 1_000, front: 2_000, back: 2_000, connect: 2_000 },
    forwarding: {
      idHeaderName: asciiBytes("Sozu-Id: "),
      sendRealIp: false,
      elideRealIp: false,
      omitted: 0,
      omitId: false,
    },
    requestValues: FIELD_VALUE,
    stickyName: asciiBytes("sticky"),
    strictSni: false,
  };
}
