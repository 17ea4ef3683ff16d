import assert from "node:assert/strict";
import { Request } from "../../../config/schema/messages.ts";
import { isInternalChange } from "../../../config/state/verbs.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";
import { changeText } from "./change_text.ts";

async function changeOf(line: string): Promise<string | null> {
  const { request, problem, stderr } = await parseLine(line.split(" "));
  assert.equal(problem, null);
  assert.equal(stderr, "");
  return changeText(request);
}

Deno.test("changeText tells what a command changes, in one line", async () => {
  const cases: [line: string, text: string | null][] = [
    ["cluster add -i web --load-balancing-policy random", "cluster web is set"],
    ["cluster remove -i web", "cluster web is removed"],
    ["cluster health-check remove -i web", "cluster web is probed no more"],
    [
      "backend add -i web --backend-id b -a [::1]:80",
      "backend b at [::1]:80 is in cluster web",
    ],
    [
      "frontend http add -a 1.2.3.4:80 --hostname a.test -p /api -m GET id web",
      "GET a.test/api* at 1.2.3.4:80 goes to cluster web",
    ],
    [
      "frontend https add -a 1.2.3.4:80 --hostname a.test --path-regex /x+ deny",
      "a.test (path regexp /x+) at 1.2.3.4:80 goes to nobody (denied)",
    ],
    [
      "frontend http remove -a 1.2.3.4:80 --hostname a.test --match-header exact=X-A=s3cret deny",
      "a.test with header x-a at 1.2.3.4:80 is not routed any more",
    ],
    [
      "frontend tcp add -i db -a 1.2.3.4:80 --sni db.test",
      "db.test at 1.2.3.4:80 goes to cluster db",
    ],
    ["frontend udp remove -i db -a 1.2.3.4:80", "1.2.3.4:80 goes to cluster db no more"],
    ["listener udp add -a 1.2.3.4:80", "UDP listener 1.2.3.4:80 is added, not yet activated"],
    ["listener http update -a 1.2.3.4:80 --back-timeout 3", "HTTP listener 1.2.3.4:80 is updated"],
    ["listener tcp activate -a 1.2.3.4:80", "TCP listener 1.2.3.4:80 is activated"],
    ["listener https deactivate -a 1.2.3.4:80", "HTTPS listener 1.2.3.4:80 is deactivated"],
    ["listener http remove -a 1.2.3.4:80", "HTTP listener 1.2.3.4:80 is removed"],
    [
      `certificate remove -a 1.2.3.4:80 -f ${"ab".repeat(32)}`,
      "certificate abababababab\u2026 is removed from 1.2.3.4:80",
    ],
    ["connection-limit remove", "connections of a client address are not limited"],
    ["connection-attempts set 5", "a request may try 5 connections to backends"],
    ["metrics disable", "measurements of clusters: disabled"],
    ["logging info", "what is logged: info"],
    ["cluster list", null],
    ["status", null],
  ];
  for (const [line, text] of cases) assert.equal(await changeOf(line), text, line);
});

Deno.test("changeText has a line for every request that changes the configuration", () => {
  const quiet = Request.fields.filter(({ name, type }) => {
    if (!/^(add|remove|replace|set|update|activate|deactivate)_/.test(name)) return false;
    if (isInternalChange(name as Parameters<typeof isInternalChange>[0])) return false;
    const value = typeof type === "string" ? type === "uint64" ? 0n : "" : type.empty();
    // Of the fields only the addresses are needed, which an empty message does not have.
    const request = { kind: name, value } as Parameters<typeof changeText>[0];
    try {
      return changeText(request) === null;
    } catch {
      return false;
    }
  });
  assert.deepEqual(
    quiet.map(({ name }) => name).filter((name) => name !== "set_metric_detail"),
    [],
  );
});
