// README.md walks one request and one change through the tree: both are made for real here, in a copy of the
// program that records the steps.

import assert from "node:assert/strict";
import { socketAddress } from "../support/config/commands.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePorts } from "../support/ports.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { getSecure } from "../support/tls/tls_client.ts";
import { RecordedProgram, withRecord } from "../support/walk/recorded_program.ts";
import { readWalk, type Step, stepName } from "../support/walk/walk.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
const REQUEST = readWalk(README, "The way of one request");
const CHANGE = readWalk(README, "The way of one change");

Deno.test("the walks of the README are what a request and a change do, step by step", async () => {
  await using program = await RecordedProgram.create([...REQUEST, ...CHANGE]);
  await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
  const site = certificateFor(["site.test"]);
  const [port] = freePorts(1) as [number];
  await using sozu = await SozuProcess.start(configFor(port, origin.address), {
    files: { "site.pem": site.certificate, "site.key": site.key },
    mainModule: program.mainModule,
    env: program.env,
  });

  program.clear();
  const response = await getSecure(port, "site.test", [site.certificate]);
  assert.equal(response.text, "from the backend");
  await assertWalked(program, REQUEST);

  program.clear();
  await sozu.expectOk({
    kind: "add_backend",
    value: { cluster_id: "web", backend_id: "other", address: socketAddress("127.0.0.1:9") },
  });
  await assertWalked(program, CHANGE);
});

/** One worker whose frontend has work for every phase of a request. */
function configFor(port: number, backend: string): string {
  return `worker_count = 1
[tracing]
[[listeners]]
protocol = "https"
address = "127.0.0.1:${port}"
[clusters.web]
protocol = "http"
backends = [{ address = "${backend}" }]
[[clusters.web.frontends]]
address = "127.0.0.1:${port}"
hostname = "site.test"
certificate = "site.pem"
key = "site.key"
headers = [{ position = "request", key = "X-Walk", value = "yes" }]
`;
}

/** The first calls of `steps` since the record was cleared came in this order, and none is missing. */
async function assertWalked(program: RecordedProgram, steps: readonly Step[]): Promise<void> {
  const wanted = steps.map(stepName);
  const walked = () => program.called().filter((name) => wanted.includes(name));
  // The account of a request is closed after its client has the answer.
  const last = wanted.at(-1) ?? "";
  await waitFor(last, () => walked().includes(last));
  assert.deepEqual(walked(), wanted);
}

Deno.test("readWalk() takes the steps of one section and no line without a function", () => {
  const text =
    "# T\n### A\n1. [a.ts](src/a.ts) `#b()` does.\n   More.\n\n[c](d)\n### B\n1. Nothing\n";
  assert.deepEqual(readWalk(text, "A"), [{ path: "src/a.ts", name: "#b" }]);
  assert.throws(() => readWalk(text, "B"), /names no function/);
  assert.throws(() => readWalk(text, "C"), /no section/);
});

Deno.test("withRecord() wants exactly one function of the name", () => {
  const step = { path: "a.ts", name: "go" };
  assert.match(
    withRecord("function go(): void { stop(); }", step),
    /^function go\(\): void \{ Deno/,
  );
  assert.throws(() => withRecord("go();", step), /a\.ts go\(\) is the name of 0 functions/);
  assert.throws(() => withRecord("{ go() {} } { go() {} }", step), /of 2 functions/);
});
