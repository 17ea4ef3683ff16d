// README for those who run it: the backends of "Try it", and the configuration for production, as they stand
// but for ports, folders and the number of connections, which the machine of the test may not allow.

import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, get, type RawResponse, readResponse } from "../support/http/raw_client.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
const APPS = certificateFor(["*.apps.example.test"]);
const SHOP = "shop.apps.example.test";
const ADMIN = "admin.apps.example.test";

function section(title: string): string {
  return new RegExp(`\n## ${title}\n(.*?)\n## `, "s").exec(README)?.[1] ?? "";
}

Deno.test("README: what listens for a try-out does so on both ports", async () => {
  const code = /deno@2\.9\.6 eval '([^']+)'/.exec(section("Try it"))?.[1];
  assert.ok(code !== undefined && code.includes("[9001, 9002]"));
  const ports = [freePort(), freePort()];
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["eval", code.replace("[9001, 9002]", JSON.stringify(ports))],
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (const port of ports) {
    const answer = () => get(port, "localhost").then(({ text }) => text, () => "");
    await waitFor("the backend", async () => await answer() === `backend ${port}\n`);
  }
  child.kill();
});

/** The configuration with its ports and folders moved. */
function moved(ports: ReadonlyMap<string, string>, folder: string): string {
  const written = /```toml\n(.*?)```/s.exec(section("Run it in production"))?.[1] ?? "";
  Deno.mkdirSync(`${folder}/certs`);
  Deno.writeTextFileSync(`${folder}/certs/apps.pem`, APPS.certificate);
  Deno.writeTextFileSync(`${folder}/certs/apps.key`, APPS.key);
  const here = written.replace(/^command_socket = .*\n/, "")
    .replace("max_connections = 10000", "max_connections = 100")
    .replaceAll(/"(file:\/\/)?\/(?:run|var\/lib|var\/log)\/sozu\//g, `"$1${folder}/`);
  let text = here;
  for (const [address, own] of ports) {
    assert.ok(here.includes(`"${address}"`), address);
    text = text.replaceAll(`"${address}"`, `"127.0.0.1:${own}"`);
  }
  return text;
}

async function getSecured(port: number, host: string, fields = ""): Promise<RawResponse> {
  using wire = await connectSecure(port, host, [APPS.certificate]);
  await wire.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
  return await readResponse(wire, { deadlineMs: 10_000 });
}

Deno.test("README: the configuration for production does what is said of it", async () => {
  let healthy = true;
  await using a = startOrigin({ kind: "fixed", body: "a" });
  await using b = startOrigin(({ target }) =>
    target === "/healthz" && !healthy
      ? { kind: "fixed", status: 503, body: "" }
      : { kind: "fixed", body: "b" }
  );
  await using admin = startOrigin({ kind: "fixed", body: "admin" });
  const [plain, secure, metrics] = [freePort(), freePort(), freePort()];
  const ports = new Map([
    ["0.0.0.0:80", String(plain)],
    ["0.0.0.0:443", String(secure)],
    ["127.0.0.1:9090", String(metrics)],
    ["127.0.0.1:9001", String(a.port)],
    ["127.0.0.1:9002", String(b.port)],
    ["127.0.0.1:9003", String(admin.port)],
  ]);
  await using sozu = await SozuProcess.start((folder) => moved(ports, folder));
  assert.equal(Deno.readTextFileSync(`${sozu.folder}/sozu.pid`).trim(), String(sozu.pid));

  const redirect = await get(plain, SHOP);
  assert.deepEqual([redirect.status, redirect.header("location")], [301, `https://${SHOP}/`]);
  const first = await getSecured(secure, SHOP);
  const cookie = /SOZUBALANCEID=[^;]+/.exec(first.header("set-cookie") ?? "")?.[0];
  assert.ok(cookie !== undefined && first.status === 200);
  for (let i = 0; i < 4; i++) {
    const again = await getSecured(secure, SHOP, `Cookie: ${cookie}\r\n`);
    assert.equal(again.text, first.text);
  }

  assert.equal((await getSecured(secure, ADMIN)).status, 401);
  const credentials = `Authorization: Basic ${btoa("operator:change me")}\r\n`;
  assert.equal((await getSecured(secure, ADMIN, credentials)).text, "admin");
  using unknown = await connectRaw(plain);
  await unknown.write("GET / HTTP/1.1\r\nHost: a.b.apps.example.test\r\n\r\n");
  assert.equal((await readResponse(unknown)).status, 404);

  healthy = false;
  const page = () => fetch(`http://127.0.0.1:${metrics}/metrics`).then((it) => it.text());
  // The number of backends is that of the worker with the fewest: the other may be later.
  await waitFor("the probes of both workers to be noticed", async () => {
    const text = await page();
    return /^sozu_health_check_down_total 2$/m.test(text) &&
      /^sozu_cluster_available_backends\{cluster_id="apps"\} 1$/m.test(text);
  });
  for (let i = 0; i < 4; i++) assert.equal((await getSecured(secure, SHOP)).text, "a");
  for (const file of ["sozu.log", "access.log"]) {
    assert.ok(Deno.statSync(`${sozu.folder}/${file}`).size > 0, file);
  }
  await sozu.expectOk({ kind: "remove_cluster", value: "admin" });
  await waitFor(
    "the state to be saved",
    () => Deno.readTextFileSync(`${sozu.folder}/state.json`).length > 0,
  );
});
