// `cluster list` and `certificate list` against a scripted main: made of several answers.

import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import {
  ClusterInformation,
  PathRuleKind,
  type RequestHttpFrontend,
  type ResponseContent,
  ResponseStatus,
  RulePosition,
} from "../../../config/schema/messages.ts";
import { asAscii, drawn } from "../../../tests/support/cli/ascii_table.ts";
import { PEM, PEM_FINGERPRINT } from "../../../tests/support/tls/certificate.ts";
import {
  answering,
  Configured,
  type Content,
  type RequestType,
} from "../../../tests/support/cli/cli_run.ts";
import { ScriptedMain } from "../../../tests/support/cli/scripted_main.ts";

const { OK, FAILURE } = ResponseStatus;

function address(text: string) {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

function frontend(cluster_id: string, hostname: string, at: string): RequestHttpFrontend {
  return {
    cluster_id,
    hostname,
    address: address(at),
    path: { kind: PathRuleKind.PREFIX, value: "" },
    position: RulePosition.TREE,
    tags: new Map(),
    headers: [],
    header_predicates: [],
  };
}

/** `main` and two workers with the same content, or with one of their own. */
function responses(main: Content, ...workers: Content[]): Content {
  const entries = [main, ...workers].map((content_type, index): [string, ResponseContent] => [
    index === 0 ? "main" : String(index - 1),
    { content_type: content_type ?? null },
  ]);
  return { kind: "worker_responses", value: { map: new Map(entries) } };
}

function hashes(...entries: [string, bigint][]): Content {
  return { kind: "cluster_hashes", value: { map: new Map(entries) } };
}

function available(...counts: [string, bigint][]) {
  return {
    proxy: new Map(),
    clusters: new Map(counts.map(([id, value]) => [id, {
      cluster: new Map([["cluster.available_backends", {
        inner: { kind: "gauge" as const, value },
      }]]),
      backends: [],
    }])),
  };
}

function contentFor(request: RequestType): Content {
  switch (request.kind) {
    case "query_clusters_hashes":
      return responses(
        hashes(["api", 1n], ["db", 2n], ["web", 3n]),
        hashes(["api", 1n], ["db", 2n], ["web", 3n]),
        hashes(["api", 1n], ["web", 9n], ["db", 2n]),
      );
    case "list_frontends":
      return {
        kind: "frontend_list",
        value: {
          http_frontends: ["a", "b", "c", "d"].map((name) =>
            frontend("api", `${name}.test`, "127.0.0.1:80")
          ),
          https_frontends: [frontend("web", "*.x.test", "[::1]:443")],
          tcp_frontends: [{
            cluster_id: "db",
            address: address("[::1]:5432"),
            tags: new Map(),
            alpn: [],
          }],
          udp_frontends: [],
        },
      };
    case "query_metrics":
      return {
        kind: "metrics",
        value: {
          main: new Map(),
          proxying: new Map(),
          clusters: new Map(),
          workers: new Map([
            ["0", available(["api", 2n], ["web", 1n])],
            ["1", available(["api", 1n], ["web", 1n])],
          ]),
        },
      };
    case "query_cluster_by_id": {
      const backend = (backend_id: string) => ({
        cluster_id: request.value,
        backend_id,
        address: address("127.0.0.1:1"),
      });
      const vec = [{
        ...ClusterInformation.empty(),
        https_frontends: [frontend(request.value, "*.x.test", "[::1]:443")],
        backends: request.value === "db" ? [] : [backend("1"), backend("2")],
      }];
      return responses({ kind: "clusters", value: { vec } }, { kind: "clusters", value: { vec } });
    }
    default:
      return null;
  }
}

Deno.test("sozu cluster list says what each cluster serves, where, and how it is", async () => {
  const seen: RequestType[] = [];
  await using main = new ScriptedMain(
    answering(seen, (request) => ({ status: OK, content: contentFor(request) })),
  );
  await using sozu = new Configured(main.path);
  const { out } = await sozu.run(["cluster", "list"], { columns: 80 });
  assert.equal(
    asAscii(out),
    "Success\n" + drawn`
    +---------+----------+--------------+----------+----------------+
    | cluster | hosts    | addresses    | backends | state          |
    +---------+----------+--------------+----------+----------------+
    | api     | a.test   | 127.0.0.1:80 | 2        | 1 of 2 up      |
    |         | b.test   |              |          |                |
    |         | +2 more  |              |          |                |
    | db      |          | [::1]:5432   | 0        | no backends    |
    | web     | *.x.test | [::1]:443    | 2        | workers differ |
    +---------+----------+--------------+----------+----------------+
    `,
  );
  const verbose = asAscii((await sozu.run(["cluster", "list", "-v"])).out);
  assert.match(verbose, /\| d\.test +\|[^]*\| web +\| 9 +\| worker 1 +\|/);
  seen.length = 0;
  const json = await sozu.run(["cluster", "list", "--json"]);
  assert.deepEqual(seen.map(({ kind }) => kind), ["query_clusters_hashes"]);
  const { map } = JSON.parse(json.out)["WORKER_RESPONSES"];
  assert.deepEqual(map["1"], {
    content_type: { CLUSTER_HASHES: { map: { api: 1, db: 2, web: 9 } } },
  });
});

Deno.test("sozu cluster list makes do without what a proxy does not tell", async () => {
  await using main = new ScriptedMain(
    answering(
      [],
      (request) =>
        request.kind === "query_clusters_hashes"
          ? { status: OK, content: contentFor(request) }
          : { status: FAILURE, message: "no" },
    ),
  );
  await using sozu = new Configured(main.path);
  const { code, out } = await sozu.run(["cluster", "list"], { columns: 80 });
  assert.equal(code, 0);
  assert.match(asAscii(out), /\| api +\| +\| +\| +\| +\|\n/);
});

Deno.test("sozu cluster list --domain shows the clusters that serve a name, with --json as well", async () => {
  const seen: RequestType[] = [];
  await using main = new ScriptedMain(
    answering(seen, (request) => ({ status: OK, content: contentFor(request) })),
  );
  await using sozu = new Configured(main.path);
  const text = asAscii((await sozu.run(["cluster", "list", "-d", "q.x.test/deep"])).out);
  assert.deepEqual(seen.map(({ kind }) => kind), ["list_frontends", "query_cluster_by_id"]);
  assert.match(text, /\| web \| \*\.x\.test \| \* +\| \[::1\]:443 \| all +\|/);
  const { out } = await sozu.run(["cluster", "list", "-d", "q.x.test", "-j"]);
  assert.deepEqual(Object.keys(JSON.parse(out)["WORKER_RESPONSES"].map), ["0", "main"]);
  assert.match(
    (await sozu.run(["cluster", "list", "-d", "x.test"])).out,
    /^Success\nno cluster found\n$/,
  );
});

Deno.test("sozu certificate list says at which addresses a certificate is shown", async () => {
  const certificate = {
    certificate: PEM,
    certificate_chain: [],
    key: "",
    versions: [],
    names: ["a.test"],
  };
  const certificate_summaries = [{ domain: "a.test", fingerprint: PEM_FINGERPRINT }];
  const shown = ["127.0.0.1:443", "[::1]:443"].map((at) => ({
    address: address(at),
    certificate_summaries,
  }));
  await using main = new ScriptedMain(answering([], ({ kind }) => ({
    status: OK,
    content: kind === "query_certificates_from_workers"
      ? responses({ kind: "certificates_by_address", value: { certificates: shown } })
      : {
        kind: "certificates_with_fingerprints",
        value: { certs: new Map([[PEM_FINGERPRINT, certificate]]) },
      },
  })));
  await using sozu = new Configured(main.path);
  const out = asAscii((await sozu.run(["certificate", "list"], { columns: 80 })).out);
  assert.match(
    out,
    /\| a\.test \| 127\.0\.0\.1:443 \| 2126-.*days left \|\n\| +\| \[::1\]:443 +\|/,
  );
});
