import assert from "node:assert/strict";
import { cluster } from "../support/config/state.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

/** A service manager's socket and what it was sent. */
class NotifyReceiver {
  readonly messages: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #received: Promise<void>;

  constructor(path: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#received = this.#receive();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#received;
  }

  async #receive(): Promise<void> {
    try {
      for await (const [bytes] of this.#socket) this.messages.push(new TextDecoder().decode(bytes));
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

Deno.test("a service manager hears that main is ready, reloads, is alive and stops", async () => {
  const name = `sozu-test-${crypto.randomUUID()}`;
  await using receiver = new NotifyReceiver(`\0${name}`);
  const env = { NOTIFY_SOCKET: `@${name}`, WATCHDOG_USEC: "400000" };
  await using sozu = await SozuProcess.start("", { env });
  const { messages } = receiver;
  const others = () => messages.filter((message) => message !== "WATCHDOG=1\n");
  await waitFor(
    "READY and a sign of life",
    () => messages.includes("WATCHDOG=1\n") && others().length === 1,
  );
  assert.deepEqual(others(), ["READY=1\n"]);
  await sozu.request({ kind: "status", value: {} });
  await sozu.expectOk({ kind: "add_cluster", value: cluster("a") });
  await waitFor("the reload", () => others().length === 3);
  assert.match(others()[1] ?? "", /^RELOADING=1\nMONOTONIC_USEC=\d+\n$/);
  assert.equal(others()[2], "READY=1\n");
  sozu.kill("SIGTERM");
  assert.equal(await sozu.exitCode(), 0);
  await waitFor("the stop", () => others().length === 4);
  assert.equal(others()[3], "STOPPING=1\n");
});

Deno.test("a service manager that is not there costs a warning and nothing else", async () => {
  await using sozu = await SozuProcess.start("", { env: { NOTIFY_SOCKET: "/nowhere/notify" } });
  await waitFor("the warning", () => /WARN.*Cannot notify the service manager/.test(sozu.stderr));
  await sozu.expectOk({ kind: "add_cluster", value: cluster("a") });
  assert.equal(sozu.stderr.split("Cannot notify").length, 2, "said once");
});

Deno.test("start refuses more connections than the limits carry, with the numbers", async () => {
  await using sozu = await SozuProcess.start("max_connections = 4000000000", { detached: true });
  assert.equal(await sozu.exitCode(), 1);
  await waitFor("the reason", () => sozu.stderr.includes("max_connections = 4000000000"));
  assert.match(sozu.stderr, /accepted: /);
});

Deno.test("start replaces the PID file of a process that is gone and refuses that of a main that is not", async () => {
  const pidFile = (folder: string) => `pid_file_path = "${folder}/sozu.pid"`;
  for (const stale of ["4194304", "1", "no number", ""]) {
    await using sozu = await SozuProcess.start(pidFile, { files: { "sozu.pid": stale } });
    assert.equal(Deno.readTextFileSync(`${sozu.folder}/sozu.pid`), String(sozu.pid));
  }
  await using first = await SozuProcess.start(pidFile);
  await using second = await SozuProcess.start(
    `pid_file_path = "${first.folder}/sozu.pid"`,
    { detached: true },
  );
  assert.equal(await second.exitCode(), 1);
  await waitFor("the reason", () => second.stderr.includes(`is running (pid ${first.pid})`));
  assert.equal(Deno.readTextFileSync(`${first.folder}/sozu.pid`), String(first.pid));
});
