// Listeners whose address cannot be had: at the start, by command, and by a worker that takes the place of
// a dead one. What is told of them is never more than is true.

import assert from "node:assert/strict";
import { ListenerType, ResponseStatus } from "../../config/schema/messages.ts";
import { httpListener } from "../support/session/proxy.ts";
import { socketAddress } from "../support/config/commands.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const ignore = Deno.build.os !== "linux";

/** A port that somebody else has. */
function takePort(port = 0): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port });
}

function httpConfig(address: string, more = ""): string {
  return `${more}\n[[listeners]]\nprotocol = "http"\naddress = "${address}"\n`;
}

function activation(port: number) {
  const value = {
    address: socketAddress(`127.0.0.1:${port}`),
    proxy: ListenerType.HTTP,
    from_scm: false,
  };
  return { kind: "activate_listener", value } as const;
}

function deactivation(port: number) {
  const value = {
    address: socketAddress(`127.0.0.1:${port}`),
    proxy: ListenerType.HTTP,
    to_scm: false,
  };
  return { kind: "deactivate_listener", value } as const;
}

/** Whether main lists the listener of a port as active; `null` when it does not list it. */
async function isActive(sozu: SozuProcess, port: number): Promise<boolean | null> {
  const { content } = await sozu.expectOk({ kind: "list_listeners", value: {} });
  const type = content?.content_type;
  assert.ok(type?.kind === "listeners_list");
  return type.value.http_listeners.get(`127.0.0.1:${port}`)?.active ?? null;
}

async function statusOf(port: number, path = "/"): Promise<number> {
  using wire = await connectRaw(port);
  await wire.write(`GET ${path} HTTP/1.1\r\nHost: nobody\r\n\r\n`);
  return (await readResponse(wire)).status;
}

function isRefused(port: number): Promise<boolean> {
  return Deno.connect({ hostname: "127.0.0.1", port }).then(
    (connection) => (connection.close(), false),
    (error) => error instanceof Deno.errors.ConnectionRefused,
  );
}

Deno.test("start exits with 1 and says which address it cannot have, and why", async () => {
  using taken = takePort();
  const here = `127.0.0.1:${taken.addr.port}`;
  const good = `127.0.0.1:${freePort()}`;
  const rows: [string, RegExp][] = [
    [httpConfig(here, "worker_count = 2"), new RegExp(`Cannot listen on ${here}: .*in use`)],
    [httpConfig("192.0.2.1:8080"), /Cannot listen on 192\.0\.2\.1:8080: Cannot assign/],
    [
      httpConfig(good, `[prometheus]\naddress = "${here}"\n`),
      new RegExp(`Metrics cannot be served at ${here}: .*in use`),
    ],
  ];
  for (const [config, expected] of rows) {
    await using sozu = await SozuProcess.start(config, { detached: true });
    assert.equal(await sozu.exitCode(), 1);
    await waitFor(
      "the reason",
      () => new RegExp(`^Cannot start: .*${expected.source}`, "m").test(sozu.stderr),
    );
    assert.throws(() => Deno.lstatSync(sozu.socketPath), Deno.errors.NotFound);
  }
});

Deno.test("an activation that cannot have its address fails with it, and changes nothing", async () => {
  using taken = takePort();
  const { port } = taken.addr;
  await using sozu = await SozuProcess.start("worker_count = 2");
  await sozu.expectOk({ kind: "add_http_listener", value: httpListener(port) });
  const { status, message } = await sozu.request(activation(port));
  assert.equal(status, ResponseStatus.FAILURE);
  assert.match(message, new RegExp(`Cannot listen on 127.0.0.1:${port}: .*in use`));
  assert.equal(await isActive(sozu, port), false);
  const { message: said } = await sozu.expectOk({ kind: "status", value: {} });
  assert.equal(said, "Asked every worker");
});

Deno.test("an activation waits a moment for an address that is given up", async () => {
  const taken = takePort();
  const { port } = taken.addr;
  await using sozu = await SozuProcess.start("worker_count = 1");
  await sozu.expectOk({ kind: "add_http_listener", value: httpListener(port) });
  const activated = sozu.request(activation(port));
  setTimeout(() => taken.close(), 200);
  assert.equal((await activated).status, ResponseStatus.OK);
  assert.equal(await isActive(sozu, port), true);
  assert.equal(await statusOf(port), 404);
});

Deno.test("a reload with an address that cannot be had fails, and changes nothing", async () => {
  using taken = takePort();
  const port = freePort();
  const config = httpConfig(`127.0.0.1:${port}`, "worker_count = 2");
  await using sozu = await SozuProcess.start(config);
  await Deno.writeTextFile(
    `${sozu.folder}/sozu.toml`,
    Deno.readTextFileSync(`${sozu.folder}/sozu.toml`) + httpConfig(`127.0.0.1:${taken.addr.port}`),
  );
  const { status, message } = await sozu.request({ kind: "reload_configuration", value: "" });
  assert.equal(status, ResponseStatus.FAILURE);
  assert.match(message, new RegExp(`Cannot listen on 127.0.0.1:${taken.addr.port}: .*in use`));
  assert.deepEqual([await isActive(sozu, port), await isActive(sozu, taken.addr.port)], [
    true,
    null,
  ]);
  assert.equal(await statusOf(port), 404);
});

Deno.test({
  name: "an activation that one worker of several cannot honour is taken back by the others",
  ignore,
  async fn() {
    const port = freePort();
    await using sozu = await SozuProcess.start("worker_count = 2");
    await sozu.expectOk({ kind: "add_http_listener", value: httpListener(port) });
    const [, poor] = await sozu.workers();
    const args = ["--pid", String(poor?.pid), "--nofile=8:"];
    assert.ok((await new Deno.Command("prlimit", { args }).output()).success);
    const { status, message } = await sozu.request(activation(port));
    assert.equal(status, ResponseStatus.FAILURE);
    assert.match(message, /1: Cannot listen on .*[Tt]oo many open files/);
    assert.equal(await isActive(sozu, port), false);
    assert.ok(await isRefused(port));
  },
});

Deno.test({
  name: "a restarted worker that cannot have an address says so until it can",
  ignore,
  async fn() {
    const [port, other, metrics] = [freePort(), freePort(), freePort()];
    await using sozu = await SozuProcess.start(
      httpConfig(
        `127.0.0.1:${port}`,
        `worker_count = 1\n[prometheus]\naddress = "127.0.0.1:${metrics}"\n`,
      ) +
        httpConfig(`127.0.0.1:${other}`),
    );
    assert.equal(await statusOf(metrics, "/readyz"), 200);
    const [first] = await sozu.workers();
    // Main does not see the end before somebody else has the addresses.
    sozu.kill("SIGSTOP");
    Deno.kill(first?.pid ?? 0, "SIGKILL");
    await waitFor("the address to be free", () => isRefused(port));
    await waitFor("the other address to be free", () => isRefused(other));
    const thieves = [takePort(port), takePort(other)];
    sozu.kill("SIGCONT");
    let said = "";
    await waitFor("both to be told of", async () => {
      said = (await sozu.expectOk({ kind: "status", value: {} })).message;
      return said.includes(`127.0.0.1:${port}`) && said.includes(`127.0.0.1:${other}`);
    });
    assert.match(said, /worker 1: Cannot listen on .*in use/);
    assert.deepEqual([await isActive(sozu, port), await isActive(sozu, other)], [false, false]);
    assert.equal(await statusOf(metrics, "/readyz"), 503);
    // Nobody wants this one any more.
    await sozu.expectOk(deactivation(other));
    for (const thief of thieves) thief.close();
    await waitFor("the listener to be open", async () => await isActive(sozu, port) === true);
    assert.equal(await statusOf(port), 404);
    assert.equal(await statusOf(metrics, "/readyz"), 200);
    assert.equal(
      (await sozu.expectOk({ kind: "status", value: {} })).message,
      "Asked every worker",
    );
    assert.equal(await isActive(sozu, other), false);
    assert.ok(await isRefused(other));
    await sozu.expectOk(activation(other));
    assert.equal(await statusOf(other), 404);
  },
});
