// The load under which everything is replaced: keep-alive clients, clients with a connection for each
// request, a slow upload and a slow download, WebSockets and TCP tunnels. Nothing of it may fail.

import { startOrigin } from "../../support/http/origin.ts";
import { freePorts } from "../../support/ports.ts";
import { connectRaw, readResponse } from "../../support/http/raw_client.ts";
import { SozuProcess } from "../../support/process/sozu_process.ts";
import { SteadyLoad } from "../../support/http/steady_load.ts";
import { pause } from "../../support/wait.ts";

const HOST = "app.test";
export const WEBSOCKETS = 50;
export const TUNNELS = 10;
/** Between two messages of a tunnel. */
const MESSAGE_MS = 500;
/** Slow transfers take this long. */
const TRANSFER_MS = 30_000;
const STEP_MS = 100;
const STEP_BYTES = 16 * 1024;
/** A machine whose processors are wanted by many processes is slow, not broken. */
const PATIENCE = { deadlineMs: 20_000 };

/** Backends, and a proxy in front of them. */
export class Scene implements AsyncDisposable {
  readonly port: number;
  readonly tcpPort: number;
  readonly sozu: SozuProcess;
  readonly #origin: ReturnType<typeof backend>;
  readonly #echo: Deno.Listener;

  private constructor(
    ports: readonly [number, number],
    sozu: SozuProcess,
    origin: ReturnType<typeof backend>,
    echo: Deno.Listener,
  ) {
    [this.port, this.tcpPort] = ports;
    this.sozu = sozu;
    this.#origin = origin;
    this.#echo = echo;
  }

  /** Starts everything; `mainModule` is the program when it is not the one of this tree. */
  static async start(mainModule?: string): Promise<Scene> {
    const ports = freePorts(2) as [number, number];
    const origin = backend();
    const echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void echoAll(echo);
    const { port: echoPort } = echo.addr as Deno.NetAddr;
    const sozu = await SozuProcess.start(
      configOf(ports, origin.address, `127.0.0.1:${echoPort}`),
      mainModule === undefined ? {} : { mainModule },
    );
    return new Scene(ports, sozu, origin, echo);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sozu.stop();
    this.#echo.close();
    await this.#origin[Symbol.asyncDispose]();
  }
}

function configOf([port, tcpPort]: readonly [number, number], web: string, echo: string): string {
  return `log_level = "warn"
soft_stop_timeout = 600
worker_timeout = 3
[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"
[[listeners]]
protocol = "tcp"
address = "127.0.0.1:${tcpPort}"
[clusters.app]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "${HOST}" }]
backends = [{ address = "${web}" }]
[clusters.echo]
protocol = "tcp"
frontends = [{ address = "127.0.0.1:${tcpPort}" }]
backends = [{ address = "${echo}" }]
`;
}

function backend() {
  const chunk = "x".repeat(STEP_BYTES);
  const chunks = Array.from({ length: TRANSFER_MS / STEP_MS }, () => chunk);
  const origin = startOrigin(({ target }) => {
    // It remembers what it has read, which a long run would feel.
    origin.requests.length = 0;
    if (target === "/socket") return { kind: "upgrade", protocol: "echo" };
    if (target === "/download") return { kind: "chunked", chunks, delayMs: STEP_MS };
    return { kind: "fixed", body: "ok" };
  });
  return origin;
}

async function echoAll(listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) {
    void connection.readable.pipeTo(connection.writable).catch(() => {});
  }
}

/** All kinds of clients at once; {@link failures} says what went wrong. */
export class MixedLoad {
  readonly requests: SteadyLoad;
  readonly #failures: string[] = [];
  readonly #long: Promise<void>[] = [];
  #messages = 0;
  #transfers = 0;
  #stopped = false;

  constructor({ port, tcpPort }: Scene) {
    this.requests = new SteadyLoad({ port, host: HOST, single: 4, kept: 8, pauseMs: 2 });
    for (let i = 0; i < WEBSOCKETS; i++) this.#run("WebSocket", () => this.#socket(port));
    for (let i = 0; i < TUNNELS; i++) this.#run("TCP tunnel", () => this.#tunnel(tcpPort));
    this.#run("upload", () => this.#again(() => upload(port)));
    this.#run("download", () => this.#again(() => download(port)));
  }

  get failures(): readonly string[] {
    return [...this.requests.failures, ...this.#failures];
  }

  /** Messages that came back through tunnels. */
  get messages(): number {
    return this.#messages;
  }

  /** Slow transfers that were complete. */
  get transfers(): number {
    return this.#transfers;
  }

  /** Ends all clients when what they have begun is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.requests.stop();
    await Promise.all(this.#long);
  }

  #run(what: string, work: () => Promise<void>): void {
    this.#long.push(
      work().catch((error) => {
        this.#failures.push(`${what}: ${error instanceof Error ? error.message : error}`);
      }),
    );
  }

  async #again(transfer: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await transfer();
      this.#transfers++;
    }
  }

  async #socket(port: number): Promise<void> {
    using wire = await connectRaw(port);
    await wire.write(
      `GET /socket HTTP/1.1\r\nHost: ${HOST}\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n`,
    );
    const { status } = await readResponse(wire, PATIENCE);
    if (status !== 101) throw new Error(`status ${status}`);
    await this.#converse(wire);
  }

  async #tunnel(port: number): Promise<void> {
    using wire = await connectRaw(port);
    await this.#converse(wire);
  }

  async #converse(wire: Awaited<ReturnType<typeof connectRaw>>): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const message = `message ${i}.`;
      await wire.write(message);
      await wire.readThrough(message, PATIENCE.deadlineMs);
      this.#messages++;
      await pause(MESSAGE_MS);
    }
  }
}

async function upload(port: number): Promise<void> {
  using wire = await connectRaw(port);
  const steps = TRANSFER_MS / STEP_MS;
  await wire.write(
    `POST /upload HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${steps * STEP_BYTES}\r\n\r\n`,
  );
  const bytes = new Uint8Array(STEP_BYTES);
  for (let i = 0; i < steps; i++) {
    await wire.write(bytes);
    await pause(STEP_MS);
  }
  const { status } = await readResponse(wire, PATIENCE);
  if (status !== 200) throw new Error(`status ${status}`);
}

async function download(port: number): Promise<void> {
  using wire = await connectRaw(port);
  await wire.write(`GET /download HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const { status, body } = await readResponse(wire, { deadlineMs: TRANSFER_MS * 3 });
  const wanted = TRANSFER_MS / STEP_MS * STEP_BYTES;
  if (status !== 200 || body.length !== wanted) {
    throw new Error(`status ${status}, ${body.length} of ${wanted} bytes`);
  }
}
