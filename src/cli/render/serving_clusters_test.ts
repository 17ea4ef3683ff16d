import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import {
  type ListedFrontends,
  type PathRule,
  PathRuleKind,
  type RequestHttpFrontend,
  RulePosition,
} from "../../../config/schema/messages.ts";
import { clustersServing } from "./serving_clusters.ts";

const PREFIX = (value: string): PathRule => ({ kind: PathRuleKind.PREFIX, value });

function frontend(
  cluster_id: string | null,
  hostname: string,
  path: PathRule,
  more: Partial<RequestHttpFrontend> & { at?: string } = {},
): RequestHttpFrontend {
  const { at = "127.0.0.1:80", ...rest } = more;
  const address = parseAddress(at);
  assert.ok(address !== null);
  return {
    ...(cluster_id !== null && { cluster_id }),
    address,
    hostname,
    path,
    position: RulePosition.TREE,
    tags: new Map(),
    headers: [],
    header_predicates: [],
    ...rest,
  };
}

function serving(domain: string, http: RequestHttpFrontend[], https: RequestHttpFrontend[] = []) {
  const list: ListedFrontends = {
    http_frontends: http,
    https_frontends: https,
    tcp_frontends: [],
    udp_frontends: [],
  };
  const slash = domain.indexOf("/");
  const path = slash < 0 ? undefined : domain.slice(slash);
  return [...clustersServing(list, slash < 0 ? domain : domain.slice(0, slash), path)].sort();
}

Deno.test("clustersServing() finds what a worker would route to: wildcards, expressions, prefixes", () => {
  const tree = [
    frontend("wild", "*.x.test", PREFIX("")),
    frontend("api", "*.x.test", PREFIX("/api")),
    frontend("exact", "www.x.test", PREFIX("/")),
    frontend("regex", "/[0-9]+/.y.test", { kind: PathRuleKind.REGEX, value: "/a+" }),
    frontend("equal", "z.test", { kind: PathRuleKind.EQUALS, value: "/one" }),
  ];
  const cases: [domain: string, clusters: string[]][] = [
    ["q.x.test", ["api", "wild"]],
    ["Q.X.TEST.", ["api", "wild"]],
    ["q.x.test/api/v1", ["api"]],
    ["q.x.test/other", ["wild"]],
    ["www.x.test", ["exact"]],
    ["www.x.test/api", ["exact"]],
    ["*.x.test", ["api", "wild"]],
    ["12.y.test/aaa", ["regex"]],
    ["12.y.test/b", []],
    ["b.y.test", []],
    ["z.test/one", ["equal"]],
    ["z.test/one/two", []],
    ["x.test", []],
    ["", []],
  ];
  for (const [domain, clusters] of cases) assert.deepEqual(serving(domain, tree), clusters, domain);
});

Deno.test("clustersServing() heeds positions, methods, refusals and each listener by itself", () => {
  const pre = frontend("first", "*.test", PREFIX("/"), { position: RulePosition.PRE });
  const plain = frontend("tree", "a.test", PREFIX("/"));
  const post = frontend("last", "*", PREFIX("/"), { position: RulePosition.POST });
  const getter = frontend("put", "a.test", PREFIX("/"), { method: "PUT" });
  assert.deepEqual(serving("a.test/x", [plain, post]), ["tree"]);
  assert.deepEqual(serving("a.test/x", [plain, post, pre]), ["first"]);
  assert.deepEqual(serving("other.org/x", [plain, post, pre]), ["last"]);
  assert.deepEqual(serving("a.test/x", [plain, getter]), ["put", "tree"]);
  assert.deepEqual(serving("a.test", [plain, pre]), ["first", "tree"]);
  assert.deepEqual(serving("a.test/x", [frontend(null, "a.test", PREFIX("/"))]), []);
  const elsewhere = frontend("elsewhere", "*.test", PREFIX("/"), { at: "127.0.0.1:81" });
  assert.deepEqual(serving("a.test/x", [plain, elsewhere]), ["elsewhere", "tree"]);
  assert.deepEqual(serving("a.test/x", [plain], [elsewhere]), ["elsewhere", "tree"]);
});
