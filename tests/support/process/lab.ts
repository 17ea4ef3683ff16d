// The place a benchmark or a demonstration works in: a temporary folder and the servers started in it,
// all gone when it ends, also by an error or by Ctrl-C.

import { type ServerCommand, type ServerProcess, startServer } from "./server_process.ts";

/** A folder and the servers in it. */
export class Lab {
  readonly folder: string;
  readonly #servers: ServerProcess[] = [];
  readonly #onSignal = () => this.#leave();
  #disposed: Promise<void> | null = null;
  #leaving = false;

  constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "sozu-lab-" });
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
  }

  /** Path of a file in the folder. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Writes a file into the folder and returns its path. */
  write(name: string, text: string): string {
    Deno.writeTextFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Starts a server that logs into the folder. */
  start(wanted: Omit<ServerCommand, "logPath">): ServerProcess {
    const server = startServer({ ...wanted, logPath: this.path(`${wanted.name}.log`) });
    this.#servers.push(server);
    return server;
  }

  /** Stops every server and removes the folder. May be called twice. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Cleans up and ends the program; asked a second time it does not wait. */
  #leave(): void {
    if (this.#leaving) Deno.exit(EXIT_INTERRUPTED);
    this.#leaving = true;
    void this.dispose().then(() => Deno.exit(EXIT_INTERRUPTED));
  }

  async #dispose(): Promise<void> {
    // Proxies first, the backend they talk to last.
    for (const server of this.#servers.reverse()) {
      await server.stop().catch((error) => console.error(`${server.name}: ${error.message}`));
    }
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** As shells report a program ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
