// What is bound to a listener outlives it: listeners that are removed and added again, or that get other
// settings from a reloaded file, with real processes and under load.

import assert from "node:assert/strict";
import { ListenerType, type Request, ResponseStatus } from "../../config/schema/messages.ts";
import { socketAddress } from "../support/config/commands.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePorts } from "../support/ports.ts";
import { get } from "../support/http/raw_client.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { getSecure } from "../support/tls/tls_client.ts";

type Verb = NonNullable<Request["request_type"]>;

const SITE = certificateFor(["site.test"]);

interface Ports {
  readonly http: number;
  readonly https: number;
  readonly tcp: number;
}

/** A file with a listener of each kind; `http` and `tcp` are further keys of theirs. */
function fileFor(
  { http, https, tcp }: Ports,
  backend: string,
  more: Partial<Record<"http" | "tcp" | "https", string>> = {},
) {
  return `worker_count = 2
[[listeners]]
protocol = "http"
address = "127.0.0.1:${http}"
${more.http ?? ""}
[[listeners]]
protocol = "https"
address = "127.0.0.1:${https}"
${more.https ?? ""}
[[listeners]]
protocol = "tcp"
address = "127.0.0.1:${tcp}"
${more.tcp ?? ""}
[clusters.app]
protocol = "http"
frontends = [
  { address = "127.0.0.1:${http}", hostname = "app.test" },
  { address = "127.0.0.1:${https}", hostname = "site.test", certificate = "site.pem", key = "site.key" },
]
backends = [{ address = "${backend}" }]
[clusters.raw]
protocol = "tcp"
frontends = [{ address = "127.0.0.1:${tcp}" }]
backends = [{ address = "${backend}" }]
`;
}

const FILES = { "site.pem": SITE.certificate, "site.key": SITE.key };

function portsForTest(): Ports {
  const [http, https, tcp] = freePorts(3) as [number, number, number];
  return { http, https, tcp };
}

/** The additions that bring the listeners of `sozu` back as they are. */
async function additionsOf(sozu: SozuProcess): Promise<Verb[]> {
  const { content } = await sozu.expectOk({ kind: "list_listeners", value: {} });
  assert.equal(content?.content_type?.kind, "listeners_list");
  const { http_listeners, https_listeners, tcp_listeners } = content.content_type.value;
  const closed = <T>(listener: T): T => ({ ...listener, active: false });
  return [
    ...[...http_listeners.values()].map((value): Verb => ({
      kind: "add_http_listener",
      value: closed(value),
    })),
    ...[...https_listeners.values()].map((value): Verb => ({
      kind: "add_https_listener",
      value: closed(value),
    })),
    ...[...tcp_listeners.values()].map((value): Verb => ({
      kind: "add_tcp_listener",
      value: closed(value),
    })),
  ];
}

async function assertServed({ http, https, tcp }: Ports): Promise<void> {
  assert.equal((await get(http, "app.test")).text, "ok");
  assert.equal((await getSecure(https, "site.test", [SITE.certificate])).text, "ok");
  assert.equal((await get(tcp, "whatever.test")).text, "ok");
}

Deno.test("listeners that are removed, added and activated serve what was bound to them", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const ports = portsForTest();
  await using sozu = await SozuProcess.start(fileFor(ports, origin.address), { files: FILES });
  await assertServed(ports);
  await using load = new SteadyLoad({ port: ports.http, host: "app.test", kept: 4, pauseMs: 2 });
  const additions = await additionsOf(sozu);
  assert.equal(additions.length, 3);
  for (let round = 0; round < 2; round++) {
    for (
      const [proxy, port] of [[ListenerType.HTTP, ports.http], [ListenerType.HTTPS, ports.https], [
        ListenerType.TCP,
        ports.tcp,
      ]] as const
    ) {
      await sozu.expectOk({
        kind: "remove_listener",
        value: { proxy, address: socketAddress(`127.0.0.1:${port}`) },
      });
    }
    for (const addition of additions) await sozu.expectOk(addition);
    for (
      const [proxy, port] of [[ListenerType.HTTP, ports.http], [ListenerType.HTTPS, ports.https], [
        ListenerType.TCP,
        ports.tcp,
      ]] as const
    ) {
      await sozu.expectOk({
        kind: "activate_listener",
        value: { proxy, address: socketAddress(`127.0.0.1:${port}`), from_scm: false },
      });
    }
    await assertServed(ports);
  }
  const before = load.answered;
  await waitFor(
    "clients that kept their connection",
    () => load.answered > before + 50 || load.failures.length > 0,
  );
  assert.deepEqual(load.failures, []);
  assert.equal(load.opened, 4);
});

Deno.test("a reload that a listener's patch cannot express loses no request of new or open clients", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const ports = portsForTest();
  const public_address = 'public_address = "192.0.2.1:80"';
  const first = fileFor(ports, origin.address, {
    http: `${public_address}\nanswers = { "404" = "HTTP/1.1 404 Not Found\\r\\n\\r\\nown" }`,
    https: public_address,
    tcp: public_address,
  });
  const second = fileFor(ports, origin.address);
  await using sozu = await SozuProcess.start(first, { files: FILES });
  await assertServed(ports);
  assert.equal((await get(ports.http, "none.test")).text, "own");
  await using load = new SteadyLoad({
    port: ports.http,
    host: "app.test",
    kept: 4,
    single: 4,
    pauseMs: 1,
  });
  await using raw = new SteadyLoad({
    port: ports.tcp,
    host: "app.test",
    kept: 1,
    single: 2,
    pauseMs: 1,
  });
  for (const text of [second, first, second]) {
    const before = load.answered;
    await SozuProcess.writeConfig(sozu.folder, text);
    await sozu.expectOk({ kind: "reload_configuration", value: "" });
    await assertServed(ports);
    await waitFor("answers", () => load.answered > before + 100);
  }
  assert.deepEqual([...load.failures, ...raw.failures], []);
  assert.notEqual((await get(ports.http, "none.test")).text, "own");
});

Deno.test("a saved state with what is bound to a removed listener is loaded and served once it is back", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const ports = portsForTest();
  await using sozu = await SozuProcess.start(fileFor(ports, origin.address), { files: FILES });
  const [addition] = await additionsOf(sozu);
  const where = { proxy: ListenerType.HTTP, address: socketAddress(`127.0.0.1:${ports.http}`) };
  await sozu.expectOk({ kind: "remove_listener", value: where });
  await sozu.expectOk({ kind: "save_state", value: "state.json" });
  await using other = await SozuProcess.start("", {
    files: { "state.json": Deno.readTextFileSync(`${sozu.folder}/state.json`) },
  });
  await sozu.expectOk({ kind: "hard_stop", value: {} });
  assert.equal(await sozu.exitCode(), 0);
  await other.expectOk({ kind: "load_state", value: "state.json" });
  await other.expectOk(addition as Verb);
  await other.expectOk({ kind: "activate_listener", value: { ...where, from_scm: false } });
  await assertServed(ports);
  assert.ok(!other.stderr.includes("ERROR"), other.stderr);
});

Deno.test("a frontend for a listener that is not there is refused, one that was left behind is removed", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const ports = portsForTest();
  await using sozu = await SozuProcess.start(fileFor(ports, origin.address), { files: FILES });
  const where = { proxy: ListenerType.HTTP, address: socketAddress(`127.0.0.1:${ports.http}`) };
  const { content } = await sozu.expectOk({
    kind: "list_frontends",
    value: { http: true, https: false, tcp: false },
  });
  assert.equal(content?.content_type?.kind, "frontend_list");
  const [frontend] = content.content_type.value.http_frontends;
  assert.ok(frontend !== undefined);
  await sozu.expectOk({ kind: "remove_listener", value: where });
  const other = { ...frontend, hostname: "other.test" };
  const refused = await sozu.request({ kind: "add_http_frontend", value: other });
  assert.equal(refused.status, ResponseStatus.FAILURE);
  assert.match(refused.message, /No HTTP listener at 127\.0\.0\.1:/);
  await sozu.expectOk({ kind: "remove_http_frontend", value: frontend });
});
