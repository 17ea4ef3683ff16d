// A whole data plane under everything at once: clients and backends that misbehave, a configuration that
// changes, a stop in the middle or at the end. All of it follows from a seed.

import type { ServerConfig } from "../../../config/schema/messages.ts";
import { EchoBackend, SimulatedBackend } from "./backend.ts";
import { type ClientPlan, HttpClient, type RequestPlan } from "./client.ts";
import {
  Changes,
  HTTP_BACKENDS,
  HTTP_PORTS,
  initialRequests,
  TCP_ADDRESSES,
  TCP_BACKENDS,
} from "./configuration.ts";
import { H2PlaneClient } from "./h2_client.ts";
import { checkAtEnd, checkCounters } from "./invariants.ts";
import { runTcpClient } from "./tcp_client.ts";
import { SimulatedWorld } from "./world.ts";

/** When a run that does not end is given up, in milliseconds of its own time. */
const PATIENCE_MS = 400_000;

/** How one run went. */
export interface SimulationResult {
  readonly seed: number;
  /** Equal for equal runs. */
  readonly hash: string;
  /** What happened that must not; empty when all is well. */
  readonly violations: readonly string[];
  /** The last things that happened. */
  readonly trace: readonly string[];
  /** Things that happened. */
  readonly steps: number;
  readonly requests: number;
  readonly answers: number;
  readonly completed: number;
  readonly milliseconds: number;
}

/** Runs one data plane through what `seed` says. */
export async function runSimulation(seed: number): Promise<SimulationResult> {
  const run = new Run(seed);
  await run.play();
  const { trace, ledger, clock } = run.world;
  return {
    seed,
    hash: trace.hash,
    violations: trace.violations,
    trace: trace.last(),
    steps: trace.count,
    requests: ledger.requests.size,
    answers: ledger.answers,
    completed: ledger.completed,
    milliseconds: clock.now,
  };
}

class Run {
  readonly world: SimulatedWorld;
  readonly #changes: Changes;
  /** Where each client's bytes arrive, by its port. */
  readonly #arrivals = new Map<number, { readonly arrived: number }>();
  readonly #stop: "soft_stop" | "hard_stop";
  /** The stop comes in the middle. */
  readonly #stopsEarly: boolean;

  constructor(seed: number) {
    const settings = settingsOf(seed);
    this.world = new SimulatedWorld(seed, settings);
    // Whoever is evicted was cut.
    this.world.ledger.cuts = settings.evict_on_queue_full ?? false;
    const { random, network } = this.world;
    const misbehaves = random.pick([0, 0.3, 1, 1]);
    const backends = HTTP_BACKENDS.map((at) => new SimulatedBackend(at, misbehaves, this.world));
    const echoes = TCP_BACKENDS.map((at) => new EchoBackend(at, this.world));
    for (const host of [...backends, ...echoes]) network.hosts.set(host.address, host);
    this.#changes = new Changes(this.world, backends, echoes);
    this.#stop = random.chance(0.3) ? "hard_stop" : "soft_stop";
    this.#stopsEarly = random.chance(0.5);
  }

  async play(): Promise<void> {
    const { clock, trace } = this.world;
    let isOver = false;
    const watch = clock.every(100, () => checkCounters(this.world));
    this.#live().then(() => isOver = true, (error) => trace.violation(`broken: ${error.stack}`));
    const ended = await clock.run(() => isOver, PATIENCE_MS);
    watch();
    if (!ended) trace.violation("the run does not end");
    // What is on its way arrives, and what waits for nothing but that ends.
    await clock.run(() => false, clock.now + PATIENCE_MS);
    this.world.ledger.settle((port) => this.#arrivals.get(port)?.arrived ?? 0);
    checkAtEnd(this.world, this.#changes.removals);
  }

  async #live(): Promise<void> {
    const { clock, loop, random } = this.world;
    await loop.begin({
      requests: initialRequests(random.pick([[], ["web"], ["app", "web"]])).map((
        content,
        index,
      ) => ({ id: `I${index}`, content })),
    });
    const changing = random.chance(0.8)
      ? this.#changes.run(random.pick([50, 300, 1_000]))
      : Promise.resolve();
    const clients: Promise<void>[] = [];
    const count = 8 + random.below(24);
    const spread = random.pick([20, 1_000, 4_000]);
    for (let i = 0; i < count; i++) clients.push(this.#liveOne(random.next() * spread));
    if (this.#stopsEarly) await clock.sleep(random.next() * spread);
    else await Promise.all(clients);
    this.#changes.stopped = true;
    await changing;
    await this.#end(clients);
  }

  async #end(clients: readonly Promise<void>[]): Promise<void> {
    const { ledger, network, random, plane } = this.world;
    if (!this.#stopsEarly && random.chance(0.3)) this.#changes.restore();
    if (this.#stop === "hard_stop") ledger.cuts = network.mayLose = true;
    if (this.#stop === "soft_stop" && random.chance(0.2)) await plane.windDown();
    await this.world.command({ kind: this.#stop, value: {} });
    await Promise.all(clients);
  }

  async #liveOne(startMs: number): Promise<void> {
    const { clock, network, random, ledger, trace } = this.world;
    await clock.sleep(startMs);
    const isTcp = random.chance(0.2);
    const plan = isTcp ? null : this.#plan();
    const address = plan?.address ?? random.pick(TCP_ADDRESSES);
    const ip = plan?.ip ?? "192.0.2.9";
    const connected = await network.connect(address, ip, plan?.link ?? network.link());
    if (connected === null) return trace.note(`nothing listens at ${address}`);
    this.#arrivals.set(Number(connected.client.name.slice(1)), connected.server);
    if (plan?.version === 2) return await new H2PlaneClient(plan, this.world, connected).run();
    if (plan !== null) return await new HttpClient(plan, this.world, connected).run();
    ledger.tcpBegun++;
    await runTcpClient(this.world, connected);
  }

  #plan(): ClientPlan {
    const { random, network } = this.world;
    const count = random.pick([1, 1, 2, 3, 6]);
    const isSlow = random.chance(0.15);
    const requests = Array.from({ length: count }, (_, at) => this.#planRequest(at === count - 1));
    return {
      version: random.pick([1, 1, 2]),
      address: `127.0.0.1:${random.pick(HTTP_PORTS)}`,
      ip: `192.0.2.${1 + random.below(4)}`,
      link: network.link(),
      requests: random.chance(0.05) ? [] : requests,
      pipelines: random.chance(0.2),
      halfCloses: random.chance(0.1),
      leavesAfter: random.chance(0.2) ? random.next() * 300 : null,
      leavesBy: random.pick(["reset", "close"]),
      readPause: isSlow && random.chance(0.5) ? random.pick([20, 3_000]) : 0,
      writePause: isSlow ? random.pick([20, 200, 5_000]) : 0,
      thinks: random.pick([0, 5, 500, 12_000]),
      garbage: random.chance(0.04) ? "GET nothing\r\n\x01\x02\r\n\r\n" : null,
    };
  }

  /** Nothing may follow a request that closes (RFC 9112, section 9.6), or one that asks for a tunnel. */
  #planRequest(isLast: boolean): RequestPlan {
    const { random } = this.world;
    const method = random.pick(["GET", "GET", "GET", "HEAD", "POST", "PUT"] as const);
    return {
      method,
      host: random.pick(["app.test", "app.test", "web.test", "a.wild.test", "nobody.test"]),
      path: random.pick(["", "", "/web"]),
      bodyLength: random.pick([0, 1, 100, 3_000, 3_000, 30_000, 30_000, 100_000]),
      chunked: random.chance(0.4),
      upgrades: isLast && method === "GET" && random.chance(0.2),
      closes: isLast && random.chance(0.2),
    };
  }
}

/** Limits that are reached in some runs. */
function settingsOf(seed: number): Partial<ServerConfig> {
  const tight = seed % 4 === 0;
  return {
    max_connections: tight ? 8n : 200n,
    max_buffers: tight ? 6n : 100n,
    buffer_size: 16_393n,
    accept_queue_timeout: 2,
    zombie_check_interval: 100,
    evict_on_queue_full: seed % 8 === 0,
  };
}
