import assert from "node:assert/strict";
import { cluster, load, loaded, requestsOf } from "../../../tests/support/config/file.ts";
import {
  HeaderMatchKind,
  RedirectPolicy,
  type RequestHttpFrontend,
} from "../../schema/messages.ts";

const AT = 'address = "127.0.0.1:1", hostname = "h"';

function predicates(list: string): string {
  return cluster("c", "http", `{ ${AT}, header_predicates = [${list}] }`);
}

/** The only problem of a text. */
function problem(text: string): { readonly key: string; readonly message: string } {
  const result = load(text);
  assert.ok(!result.ok, text);
  assert.equal(result.errors.length, 1, JSON.stringify(result.errors));
  const [error] = result.errors;
  assert.ok(error !== undefined);
  return error;
}

Deno.test("header_predicates of a frontend become its predicates, under the verb of their own", () => {
  const config = loaded(predicates(
    `{ name = "X-A", match = "Exact", value = "1" }, { name = "x-b", match = "present" },
     { name = "x-c", match = "regex", value = "a|b" }`,
  ));
  const verb = config.requests.map(({ request_type }) => request_type)
    .find((it) => it?.kind === "add_http_frontend_with_header_predicates");
  const { header_predicates } = verb?.value as RequestHttpFrontend;
  assert.deepEqual(header_predicates, [
    { name: "X-A", kind: HeaderMatchKind.HEADER_MATCH_KIND_EXACT, value: "1" },
    { name: "x-b", kind: HeaderMatchKind.HEADER_MATCH_KIND_PRESENT },
    { name: "x-c", kind: HeaderMatchKind.HEADER_MATCH_KIND_REGEX, value: "a|b" },
  ]);
});

Deno.test("a frontend and its canary are two routes", () => {
  const canary = `{ ${AT}, header_predicates = [{ name = "x", match = "present" }] }`;
  const config = loaded(cluster("c", "http", `{ ${AT} }, ${canary}`));
  assert.equal(requestsOf(config, "add_http_frontend").length, 1);
  const twice = problem(cluster("c", "http", `${canary}, ${canary.replace('"x"', '"X"')}`));
  assert.match(twice.message, /belongs to cluster 'c' on line \d+ already/);
});

Deno.test("header_predicates are refused where they stand, without their values", () => {
  const cases: readonly (readonly [list: string, key: RegExp, message: RegExp])[] = [
    ['{ name = "Host", match = "present" }', /header_predicates$/, /index 0: .*"host" cannot be/],
    ['{ name = "a b", match = "present" }', /header_predicates$/, /index 0: .*no header name/],
    ['{ name = "a", match = "present", value = "s3cret" }', /predicates$/, /a value is given/],
    ['{ name = "a", match = "exact" }', /header_predicates$/, /no value is given/],
    ['{ name = "a", match = "exact", value = "s3cret\\n" }', /predicates$/, /control characters/],
    ['{ name = "a", match = "regex", value = "(s3cret" }', /predicates$/, /RE2 syntax/],
    [
      '{ name = "a", match = "like", value = "s" }',
      /\[0\]\.match$/,
      /'exact', 'regex' or 'present'/,
    ],
    ['{ name = "a" }', /header_predicates\[0\]/, /match/],
    ['{ name = "a", match = "present", kind = 1 }', /header_predicates\[0\]/, /kind/],
  ];
  for (const [list, key, message] of cases) {
    const error = problem(predicates(list));
    assert.match(error.key, key, list);
    assert.match(error.message, message, list);
    assert.ok(!error.message.includes("s3cret"), error.message);
  }
  const tcp = cluster(
    "c",
    "tcp",
    '{ address = "127.0.0.1:1", header_predicates = [{ name = "a", match = "present" }] }',
  );
  assert.match(problem(tcp).message, /bytes of a TCP frontend pass unread/);
});

Deno.test("silent_close is a redirect policy, under the verb of its own", () => {
  const config = loaded(cluster("c", "http", `{ ${AT}, redirect = "silent_close" }`));
  const verb = config.requests.map(({ request_type }) => request_type)
    .find((it) => it?.kind === "add_http_frontend_with_silent_close");
  assert.equal((verb?.value as RequestHttpFrontend).redirect, RedirectPolicy.SILENT_CLOSE);
});

Deno.test("a route stays one route whatever it does with its requests", () => {
  const silent = `{ ${AT}, redirect = "silent_close" }`;
  assert.match(
    problem(cluster("c", "http", `{ ${AT} }, ${silent}`)).message,
    /belongs to cluster 'c' on line \d+ already/,
  );
});
