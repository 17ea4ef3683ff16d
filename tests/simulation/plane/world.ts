// One data plane with its control loop in a world of its own: virtual time, a network in memory, chance
// from a seed.

import { type Event, ServerConfig } from "../../../config/schema/messages.ts";
import type { Request, WorkerResponse } from "../../../config/schema/messages.ts";
import { ResponseStatus } from "../../../config/schema/messages.ts";
import { ConfigState } from "../../../config/state/state.ts";
import { parseCertificate } from "../../../src/io/x509/certificate.ts";
import { sha256 } from "../../../src/io/x509/sha256.ts";
import type { ModuleLog } from "../../../src/observe/log/module_log.ts";
import { ControlLoop } from "../../../src/proxy/control_loop.ts";
import { ProxyDataPlane } from "../../../src/proxy/data_plane.ts";
import type { PlaneParts } from "../../../src/proxy/parts.ts";
import { runtimeParts } from "../../../src/proxy/runtime_parts.ts";
import { serverDefaults } from "../../support/session/proxy.ts";
import { SeededRandom } from "../seeded.ts";
import { VirtualClock } from "./clock.ts";
import { Ledger } from "./ledger.ts";
import { VirtualNetwork } from "./network.ts";
import { Trace } from "./trace.ts";

/** When every run begins, in milliseconds since 1970. */
const EPOCH_MS = 1_800_000_000_000;

type RequestType = NonNullable<Request["request_type"]>;

/** Everything of one run. */
export class SimulatedWorld {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly trace = new Trace(() => this.clock.now);
  readonly network: VirtualNetwork;
  readonly ledger = new Ledger(this.trace);
  readonly plane: ProxyDataPlane;
  readonly loop: ControlLoop;
  /** Requests to the control loop that were not answered yet. */
  unanswered = 0;
  #ids = 0;
  readonly #answers = new Map<string, (answer: WorkerResponse) => void>();

  constructor(seed: number, settings: Partial<ServerConfig>) {
    this.random = new SeededRandom(seed);
    this.network = new VirtualNetwork(this);
    const config = { ...serverDefaults(), ...settings };
    const parts = this.#parts();
    this.plane = new ProxyDataPlane(config, (event) => this.#hear(event), parts);
    this.plane.useAccessLog(this.ledger);
    this.loop = new ControlLoop({
      config,
      state: new ConfigState(parseCertificate),
      dataPlane: this.plane,
      parts,
      respond: (response) => this.#respond(response),
      changeLogFilter: () => [],
    });
  }

  /** Executes a request as main would; resolves with its last answer. */
  async command(type: RequestType): Promise<WorkerResponse> {
    const id = `R${this.#ids++}`;
    const answered = Promise.withResolvers<WorkerResponse>();
    this.#answers.set(id, answered.resolve);
    this.unanswered++;
    await this.loop.handle({ id, content: { request_type: type } });
    const answer = await answered.promise;
    this.trace.note(`${type.kind}: ${answer.status} ${answer.message}`);
    if (/internal error/i.test(answer.message)) {
      this.trace.violation(`${type.kind} failed: ${answer.message}`);
    }
    return answer;
  }

  #parts(): PlaneParts {
    const { clock, random } = this;
    return {
      clock: () => clock.now,
      wallClock: () => EPOCH_MS + Math.floor(clock.now),
      random: () => random.next(),
      fillRandom: (into) => {
        for (let i = 0; i < into.length; i++) into[i] = random.below(256);
      },
      sha256,
      timers: clock,
      atEndOfTurn: (work) => void clock.after(0, work),
      newSlices: () => ({
        get isOver() {
          return random.chance(0.1);
        },
        pause: () => clock.sleep(0),
      }),
      dialer: this.network.dialer,
      sockets: this.network.sockets,
      tls: runtimeParts().tls,
      loggerOf: (module) => this.#logOf(module),
      fastPath: runtimeParts().fastPath && random.chance(0.7),
    };
  }

  #logOf(module: string): ModuleLog {
    const write = (level: string) => (message: string, values: Record<string, unknown> = {}) => {
      const line = message.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
      this.trace.note(`${level} ${module}: ${line}`);
      if (/internal error| failed: /i.test(line) && level === "error") this.trace.violation(line);
    };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      isEnabledFor: () => true,
    };
  }

  #hear(event: Event): void {
    this.trace.note(`event ${event.kind} ${event.cluster_id ?? ""} ${event.backend_id ?? ""}`);
  }

  #respond(response: WorkerResponse): void {
    if (response.status === ResponseStatus.PROCESSING) return;
    const answer = this.#answers.get(response.id);
    if (answer === undefined) return this.trace.violation(`answered twice: ${response.id}`);
    this.#answers.delete(response.id);
    this.unanswered--;
    answer(response);
  }
}
