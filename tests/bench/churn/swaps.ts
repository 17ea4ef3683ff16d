// Listener swaps under a flood of new connections: real workers, each with a listener on the same address,
// take turns in closing theirs and opening it anew. wrk opens a connection for every request and counts
// those that are reset.

import { defaultHttpListener } from "../../../config/state/listener_defaults.ts";
import { ListenerType, type Request, ServerConfig } from "../../../config/schema/messages.ts";
import manifest from "../../../deno.json" with { type: "json" };
import { buildId } from "../../../src/io/process/build_id.ts";
import { listeningRows } from "../../../src/io/listening/rows.ts";
import { spawnPiped } from "../../../src/io/process/child.ts";
import { FanOut, requestsFor } from "../../../src/supervisor/commands/fan_out.ts";
import { ListenerHandOver } from "../../../src/supervisor/listeners/hand_over.ts";
import { currentImage, selfCommand } from "../../../src/supervisor/self_command.ts";
import { WorkerProcess } from "../../../src/supervisor/workers/process.ts";
import { addBackend, addHttpFrontend } from "../../support/config/commands.ts";
import { Lab } from "../../support/process/lab.ts";
import { freePorts } from "../../support/ports.ts";
import { socketAddress } from "../../support/session/proxy.ts";
import { startBackend } from "../contenders/arena.ts";
import { HOST } from "../contenders/contender.ts";
import { runWrk } from "../load/wrk.ts";

type Verb = NonNullable<Request["request_type"]>;

/** Enough for a handshake on the loopback interface; production waits longer. */
const GRACE_MS = 20;
const STEP_MS = 5_000;
const WORKERS = 2;
const CONNECTIONS = 32;
const TURN_SECONDS = 15;

/** What came of one way of closing. */
export interface SwapResult {
  readonly swaps: number;
  readonly connections: number;
  readonly perSecond: number;
  /** Connections that were reset, refused or not answered. */
  readonly lost: number;
}

/** Swaps listeners until `count` swaps are done; `steered` keeps new connections away from them first. */
export async function swapListeners(
  { wrk, nginx }: { readonly wrk: string; readonly nginx: string },
  count: number,
  steered: boolean,
): Promise<SwapResult> {
  await using lab = new Lab();
  const [port, backendPort] = freePorts(2) as [number, number];
  await startBackend(lab, nginx, [backendPort]);
  const crew = await Crew.start(port, backendPort, steered);
  try {
    let swaps = 0;
    let connections = 0;
    let lost = 0;
    let seconds = 0;
    // wrk is told beforehand how long to run, so it runs in turns.
    while (swaps < count && seconds < TURN_SECONDS * 10) {
      const load = { port, path: "/", connections: CONNECTIONS, seconds: TURN_SECONDS };
      let over = false;
      const traffic = runWrk(wrk, lab.path("closing.lua"), { ...load, closing: true })
        .finally(() => over = true);
      while (!over && swaps < count) {
        await crew.swap(swaps);
        swaps++;
      }
      const result = await traffic;
      connections += result.requests;
      lost += result.errors;
      seconds += result.durationMicros / 1e6;
    }
    return { swaps, connections, perSecond: connections / seconds, lost };
  } finally {
    await crew.end();
  }
}

/** Workers that share one listener, without a main process around them. */
class Crew {
  readonly #port: number;
  readonly #backendPort: number;
  readonly #fanOut = new FanOut();
  readonly #workers: WorkerProcess[] = [];
  readonly #handOver: ListenerHandOver;

  private constructor(port: number, backendPort: number, steered: boolean) {
    this.#port = port;
    this.#backendPort = backendPort;
    this.#handOver = new ListenerHandOver({
      fanOut: this.#fanOut,
      deadlineMs: STEP_MS,
      graceMs: GRACE_MS,
      listing: (endpoint) =>
        steered ? listeningRows(endpoint)?.map(({ inode }) => inode) ?? null : null,
    });
  }

  static async start(port: number, backendPort: number, steered: boolean): Promise<Crew> {
    const crew = new Crew(port, backendPort, steered);
    for (let id = 0; id < WORKERS; id++) await crew.#launch(id);
    return crew;
  }

  /** One worker leaves the address while the others stay, and comes back. */
  async swap(turn: number): Promise<void> {
    const leaver = this.#workers[turn % WORKERS] as WorkerProcess;
    const others = this.#workers.filter((worker) => worker !== leaver);
    const problem = await this.#handOver.closeSockets(this.#listener, [leaver], others);
    if (problem !== null) throw new Error(problem);
    await this.#ask(leaver, {
      kind: "activate_listener",
      value: { ...this.#listener, from_scm: false },
    });
    this.#handOver.observe([this.#listener]);
  }

  async end(): Promise<void> {
    for (const worker of this.#workers) worker.kill();
    await Promise.all(this.#workers.map(({ ended }) => ended));
  }

  get #listener() {
    return { proxy: ListenerType.HTTP, address: socketAddress(`127.0.0.1:${this.#port}`) };
  }

  async #launch(id: number): Promise<void> {
    const greeted = Promise.withResolvers<WorkerProcess>();
    const image = {
      ...currentImage(),
      mainModule: new URL("../../../main.ts", import.meta.url).href,
    };
    const terms = {
      maxMessage: 1 << 20,
      build: await buildId({ version: manifest.version, ...image }),
    };
    const { command, args } = selfCommand(image, ["worker", "--id", String(id)]);
    const worker = new WorkerProcess(id, spawnPiped(command, args), terms, {
      onGreeted: greeted.resolve,
      onResponse: (from, response) => void this.#fanOut.receive(from.id, response),
      onEnded: ({ id }, { text }) => {
        greeted.reject(new Error(text));
        this.#fanOut.workerLost(id, text);
      },
    });
    await greeted.promise;
    this.#workers.push(worker);
    worker.begin({ ...ServerConfig.empty(), log_level: "error" }, { requests: [] });
    for (const verb of this.#setUp()) await this.#ask(worker, verb);
    this.#handOver.observe([this.#listener]);
  }

  /** A listener and its one backend. */
  #setUp(): Verb[] {
    const { address } = this.#listener;
    const requests = [
      addHttpFrontend({
        address: `127.0.0.1:${this.#port}`,
        hostname: HOST,
        clusterId: "web",
      }),
      addBackend("web", "web-0", `127.0.0.1:${this.#backendPort}`),
    ];
    return [
      {
        kind: "add_http_listener",
        value: defaultHttpListener(address),
      },
      { kind: "activate_listener", value: { ...this.#listener, from_scm: false } },
      ...requests.flatMap(({ request_type }) => request_type === null ? [] : [request_type]),
    ];
  }

  async #ask(worker: WorkerProcess, verb: Verb): Promise<void> {
    const [answer] = await this.#fanOut.run({
      verb: "Swap",
      requests: requestsFor([worker], { request_type: verb }),
      deadline: { kind: "total", ms: STEP_MS },
    });
    if (answer?.outcome !== "ok") throw new Error(`${verb.kind}: ${answer?.message}`);
  }
}
