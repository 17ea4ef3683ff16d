// Changes a health check whose headers have values. No state, file, log or answer may hold these, so the change does
// not go the way of others: every worker prepares it, every worker commits it, then it is in the state of main without
// the values, and the workers forget what was before. A worker that refuses a step has the change taken back
// everywhere.

import { encode } from "../../../config/codec/protobuf.ts";
import { checkPortProblem } from "../../../config/rules/probe_port.ts";
import {
  ProtectedHealthCheckPhase,
  Request,
  type ResponseContent,
  type SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { protectedOrder, setHealthCheck, type Verb } from "../../../config/state/verb.ts";
import { scopeOf } from "../../../config/undo/undo.ts";
import type { AskParts } from "../commands/ask_workers.ts";
import type { ChangeOrder } from "../commands/change_order.ts";
import type { WorkerAnswer, WorkerChannel } from "../commands/fan_out.ts";
import { describeAnswers, failuresOf, nameWorkers } from "../workers/texts.ts";
import type { ProtectedFences } from "./fences.ts";
import type { ProbeValues } from "./probe_values.ts";

const {
  PROTECTED_HEALTH_CHECK_CAPABILITY: CAPABILITY,
  PROTECTED_HEALTH_CHECK_PREPARE: PREPARE,
  PROTECTED_HEALTH_CHECK_COMMIT: COMMIT,
  PROTECTED_HEALTH_CHECK_ABORT: ABORT,
  PROTECTED_HEALTH_CHECK_RELEASE: RELEASE,
} = ProtectedHealthCheckPhase;

/** A worker, as a change sees it. */
export interface ProtectedWorker extends WorkerChannel {
  /** Ends the process at once. */
  kill(): void;
  /** Resolves when the process has ended and was reaped. */
  readonly ended: Promise<unknown>;
}

/** What such a change takes. */
export interface ProtectedParts extends Omit<AskParts, "pool"> {
  readonly state: ConfigState;
  readonly order: ChangeOrder;
  readonly pool: { targets(): readonly ProtectedWorker[] };
  readonly probeValues: ProbeValues;
  readonly fences: ProtectedFences;
  /** Called after every change of the state. */
  readonly onStateChanged: () => void;
}

/** How a change ended. */
export interface ProtectedOutcome {
  /** Why nothing has changed; `null` when the check is in force. */
  readonly problem: string | null;
  /** The workers that have it. */
  readonly workers: number;
}

/** Puts a valid check with the values of its headers into force, everywhere or nowhere. */
export async function changeProtected(
  parts: ProtectedParts,
  value: SetProtectedHealthCheck,
): Promise<ProtectedOutcome> {
  const request = parts.probeValues.fingerprinted(value);
  const verb = setHealthCheck(request);
  if (!parts.fences.begin(verb)) {
    return refused("busy: a health check of this cluster is being changed, try again");
  }
  const release = await parts.order.enter(scopeOf(verb));
  let unproven: Promise<unknown> | null = null;
  try {
    const problem = objectionOf(parts.state, verb, request);
    if (problem !== null) return refused(problem);
    const change = new Change(parts, request);
    const outcome = await change.run();
    unproven = change.unproven;
    return outcome;
  } finally {
    release();
    // A worker that may still have the change keeps its cluster from being changed.
    if (unproven === null) parts.fences.end(verb);
    else void unproven.finally(() => parts.fences.end(verb));
  }
}

/** Delivers those of the values that are new to main; the reason when that fails for one of them. */
export async function protectAll(
  parts: ProtectedParts,
  checks: readonly SetProtectedHealthCheck[],
): Promise<string | null> {
  const problems: string[] = [];
  for (const check of checks) {
    if (parts.probeValues.has(check, parts.state.tables)) continue;
    const { problem } = await changeProtected(parts, check);
    if (problem !== null) problems.push(`cluster "${check.cluster_id}": ${problem}`);
  }
  if (problems.length === 0) return null;
  return "All is in force but the header values of health checks, which send nothing without: " +
    problems.join("; ");
}

/** Why the state will not take the check, or `null`. */
function objectionOf(
  state: ConfigState,
  verb: Verb,
  { cluster_id, config }: SetProtectedHealthCheck,
): string | null {
  if (state.tables.clusters.get(cluster_id) === undefined) {
    return `Cannot find cluster "${cluster_id}"`;
  }
  return state.objection({ request_type: verb })?.message ??
    checkPortProblem(state.tables, cluster_id, config)?.message ?? null;
}

function refused(problem: string): ProtectedOutcome {
  return { problem, workers: 0 };
}

/** Asks whether every worker can do such changes; the reason when one cannot. */
export async function askCapability(
  parts: Pick<ProtectedParts, "fanOut" | "workerTimeoutMs" | "pool">,
): Promise<string | null> {
  const targets = parts.pool.targets();
  if (targets.length === 0) return "There is no worker";
  const answers = await new Step(parts, { phase: CAPABILITY, cluster_id: "", version: 0n })
    .take(targets);
  const failures = failuresOf(answers);
  return failures.length === 0 ? null : describeAnswers(failures);
}

type Order = NonNullable<Parameters<typeof protectedOrder>[0]>;

/** One step of a change, on several workers. */
class Step {
  readonly #parts: Pick<ProtectedParts, "fanOut" | "workerTimeoutMs">;
  readonly #order: Order;

  constructor(parts: Pick<ProtectedParts, "fanOut" | "workerTimeoutMs">, order: Order) {
    this.#parts = parts;
    this.#order = order;
  }

  /** An answer of each worker; one that says something else than that the step was done is a failure. */
  async take(workers: readonly WorkerChannel[]): Promise<WorkerAnswer[]> {
    const { fanOut, workerTimeoutMs } = this.#parts;
    const encoded = encode(Request, { request_type: protectedOrder(this.#order) });
    const answers = await fanOut.run({
      verb: "ProtectedHealthCheckOrder",
      requests: workers.map((worker) => ({ worker, request: encoded, index: 0 })),
      deadline: { kind: "total", ms: workerTimeoutMs },
    });
    encoded.fill(0);
    return answers.map((answer) =>
      answer.outcome !== "ok" || this.#isDone(answer.content) ? answer : {
        ...answer,
        outcome: "failure" as const,
        message: "An answer that is not the one to the step",
      }
    );
  }

  #isDone(content: ResponseContent | null): boolean {
    const reply = content?.content_type;
    if (reply?.kind !== "protected_health_check_reply") return false;
    const { phase, cluster_id, version } = reply.value;
    return phase === this.#order.phase && cluster_id === this.#order.cluster_id &&
      version === this.#order.version;
  }
}

/** One change. */
class Change {
  readonly #parts: ProtectedParts;
  readonly #request: SetProtectedHealthCheck;
  readonly #workers: readonly ProtectedWorker[];
  readonly #version = (crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n) | 1n;
  /** The end of workers that did not confirm that the change was taken back, while it is not proven. */
  unproven: Promise<unknown> | null = null;

  constructor(parts: ProtectedParts, request: SetProtectedHealthCheck) {
    this.#parts = parts;
    this.#request = request;
    this.#workers = parts.pool.targets();
  }

  async run(): Promise<ProtectedOutcome> {
    const { state, probeValues, onStateChanged } = this.#parts;
    const incapable = await askCapability(this.#parts);
    if (incapable !== null) return refused(`Not every worker can do it: ${incapable}`);
    for (const phase of [PREPARE, COMMIT]) {
      const failures = failuresOf(await this.#step(phase).take(this.#workers));
      if (failures.length > 0) return await this.#takeBack(describeAnswers(failures));
    }
    const refusal = state.apply({ request_type: setHealthCheck(this.#request) });
    if (refusal !== null) return await this.#takeBack(refusal.message);
    probeValues.hold(this.#request);
    onStateChanged();
    await this.#step(RELEASE).take(this.#workers);
    return { problem: null, workers: this.#workers.length };
  }

  #step(phase: ProtectedHealthCheckPhase): Step {
    const { cluster_id } = this.#request;
    const order = { phase, cluster_id, version: this.#version };
    return new Step(this.#parts, phase === PREPARE ? { ...order, prepare: this.#request } : order);
  }

  /** A worker that does not confirm is ended: it could go on with what nobody else has. */
  async #takeBack(reason: string): Promise<ProtectedOutcome> {
    const unconfirmed = new Set(
      failuresOf(await this.#step(ABORT).take(this.#workers)).map(({ workerId }) => workerId),
    );
    if (unconfirmed.size === 0) return refused(`${reason}; taken back everywhere`);
    const killed = this.#workers.filter(({ id }) => unconfirmed.has(id));
    for (const worker of killed) worker.kill();
    this.unproven = Promise.all(killed.map(({ ended }) => ended));
    return refused(
      `${reason}; taken back, ended without a confirmation: ${nameWorkers(unconfirmed)}`,
    );
  }
}
