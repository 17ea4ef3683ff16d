import assert from "node:assert/strict";
import { addBackend, addCluster, addHttpFrontend } from "../support/config/commands.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { get } from "../support/http/raw_client.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";

const LINE =
  /^\S+Z \d{19} \d+ INFO-ACCESS {2}WRK-0[01]\t\[\w{26} \w{26} - -\] 127\.0\.0\.1:\d+ - .* \[\] None http nobody\.test GET \/\d+ 404 \| H1::Complete no_route$/;

const CONFIG = (port: number) => `
[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"
`;

/** Numbers of the requests that the lines of a file are about. */
function requestsIn(path: string): number[] {
  const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
  for (const line of lines) assert.match(line, LINE);
  return lines.map((line) => Number(/ GET \/(\d+) /.exec(line)?.[1]));
}

async function ask(port: number, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    assert.equal((await get(port, "nobody.test", `/${i}`)).status, 404);
  }
}

Deno.test("two workers write one access log that survives its rotation, told by a signal or not", async () => {
  const port = freePort();
  await using sozu = await SozuProcess.start((folder) =>
    `access_logs_target = "file://${folder}/access.log"\n` + CONFIG(port)
  );
  const path = `${sozu.folder}/access.log`;
  await ask(port, 0, 40);
  await waitFor("the lines", () => requestsIn(path).length === 40);

  await Deno.rename(path, `${path}.1`);
  sozu.kill("SIGUSR1");
  await waitFor("a new file", () => requestsIn(path).length === 0);
  await ask(port, 40, 80);
  await waitFor("the next lines", () => requestsIn(path).length === 40);

  await Deno.rename(path, `${path}.2`);
  let asked = 80;
  await waitFor("a new file, by itself", async () => {
    await ask(port, asked, asked += 5);
    return requestsIn(path).length > 0;
  });
  await waitFor("every line once", () => {
    const found = ["", ".1", ".2"].flatMap((suffix) => requestsIn(path + suffix));
    return found.sort((a, b) => a - b).join() === [...Array(asked).keys()].join();
  });
  assert.doesNotMatch(sozu.stderr, /INFO-ACCESS/);
});

Deno.test("access logs go with the other logs unless told, and the logging verb silences them", async () => {
  const port = freePort();
  const origin = startOrigin({ kind: "fixed", body: "ok" });
  await using sozu = await SozuProcess.start(`worker_count = 1\n${CONFIG(port)}`);
  for (
    const { request_type } of [
      addCluster("shop"),
      addBackend("shop", "shop-1", origin.address),
      addHttpFrontend({ clusterId: "shop", address: `127.0.0.1:${port}`, hostname: "shop.test" }),
    ]
  ) await sozu.expectOk(request_type as NonNullable<typeof request_type>);
  await get(port, "shop.test", "/one");
  await waitFor("the line", () => sozu.stderr.includes(" GET /one 200 | H1::Complete\n"));
  assert.match(
    sozu.stderr,
    /INFO-ACCESS {2}WRK-00\t\[\w{26} \w{26} shop shop-1\] 127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+ /,
  );
  await sozu.expectOk({ kind: "Logging", value: "info,sozu_lib::access=off" });
  await get(port, "shop.test", "/two");
  await sozu.expectOk({ kind: "Logging", value: "info" });
  await get(port, "shop.test", "/three");
  await waitFor("the line", () => sozu.stderr.includes(" GET /three 200"));
  assert.ok(!sozu.stderr.includes(" GET /two "));
  await origin.stop();
});

Deno.test("an access log that cannot be opened keeps main from starting, a log goes elsewhere", async () => {
  const missing = "file:///nowhere/at/all.log";
  {
    await using sozu = await SozuProcess.start(`access_logs_target = "${missing}"\n`, {
      detached: true,
    });
    assert.equal(await sozu.exitCode(), 1);
    assert.match(sozu.stderr, /Cannot open log file "\/nowhere\/at\/all\.log"/);
  }
  await using sozu = await SozuProcess.start(`log_target = "${missing}"\n`);
  assert.match(sozu.stderr, /logging on standard error instead/);
});

/** A receiver of log lines on a TCP port. */
class Receiver {
  text = "";
  readonly #listener: Deno.Listener<Deno.TcpConn>;
  readonly #connections: Deno.TcpConn[] = [];

  constructor(port: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    void this.#accept();
  }

  /** Breaks every connection and takes no more. */
  close(): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connections.push(connection);
        void this.#read(connection);
      }
    } catch {
      // Closed.
    }
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const count = await connection.read(buffer);
        if (count === null) return;
        this.text += new TextDecoder().decode(buffer.subarray(0, count));
      }
    } catch {
      // Closed.
    }
  }
}

Deno.test("logs of main and workers go to a TCP receiver, in JSON, and come back when it does", async () => {
  const port = freePort();
  const first = new Receiver(port);
  let second: Receiver | null = null;
  {
    await using sozu = await SozuProcess.start(
      `log_target = "tcp://127.0.0.1:${port}"\nlog_format = "json"\nworker_count = 1\n`,
    );
    const change = () => sozu.request({ kind: "Logging", value: "info" });
    await change();
    await waitFor("a line", () => first.text.includes("logging_level_changed"));
    first.close();
    await waitFor("the loss to be noticed", async () => {
      await change();
      return sozu.stderr.includes("log target");
    });
    const receiver = second = new Receiver(port);
    await waitFor("lines again", async () => {
      await change();
      return receiver.text.includes("logging_level_changed");
    });
  }
  second?.close();
  for (const text of [first.text, second?.text ?? ""]) {
    for (const line of text.slice(0, text.lastIndexOf("\n")).split("\n")) {
      assert.equal(typeof JSON.parse(line).message, "string");
    }
  }
});
