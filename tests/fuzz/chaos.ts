// Clients and backends that abort, answer early, pipeline, upgrade with bodies and open tunnels, all at
// once through one data plane with and without TLS. Whatever fails, no byte of one request may turn up in
// another. What every connection does depends on a seed alone; how they meet is up to the machine.

import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";
import { startChaosBackend } from "./chaos_backend.ts";
import { converse, type Tally } from "./chaos_client.ts";
import { choosePlan, mayLeaveHttp, type Plan } from "./chaos_plan.ts";
import { closed, ForeignByte } from "./chaos_stamp.ts";
import type { Pick } from "./mutate.ts";

/** How long, how wide and which. */
export interface ChaosOptions {
  readonly milliseconds: number;
  /** Connections that are made however long that takes. */
  readonly least: number;
  readonly seed: number;
  /** Connections at the same time. */
  readonly atOnce: number;
  /** Whether enough was met, which a loaded machine takes longer for; always unless told. */
  readonly enough?: (tally: Tally) => boolean;
}

/** What a run has shown. */
export interface ChaosResult {
  /** What went wrong, with the connection that saw it; none is what is wanted. */
  readonly findings: readonly string[];
  readonly connections: number;
  /** What became of the requests. */
  readonly tally: Tally;
}

const MOST_REQUESTS = 5;
const MOST_FINDINGS = 10;
/** Longer than every timeout of the proxy together. */
const PATIENCE_MS = 40_000;

/** Lets it happen. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const findings: string[] = [];
  const report = (what: string) => {
    if (findings.length < MOST_FINDINGS) findings.push(what);
  };
  const backends = [startChaosBackend(report), startChaosBackend(report)];
  const certificate = certificateFor(["app.test"]);
  const timeouts = { front_timeout: 3, back_timeout: 3, request_timeout: 3 };
  await using proxy = await startHttpsProxy({
    backends: backends.map(({ address }) => address),
    certificates: [certificate],
    listener: timeouts,
    https: timeouts,
  });
  await proxy.addCluster("app", { allow_connect: true });
  const { port, httpsPort } = proxy;
  const tally: Tally = new Map();
  const end = performance.now() + options.milliseconds;
  let connections = 0;
  const work = async () => {
    const goesOn = () => {
      const now = performance.now();
      if (now < end || connections < options.least) return true;
      return now < end + PATIENCE_MS && options.enough?.(tally) === false;
    };
    while (findings.length === 0 && goesOn()) {
      const index = connections++;
      const random = seededRandom(options.seed ^ Math.imul(index, 0x9e3779b1));
      const pick: Pick = (limit) => Math.floor(random() * limit);
      const secure = pick(3) === 0;
      const open = () =>
        secure
          ? connectSecure(httpsPort, "app.test", [certificate.certificate]).then(({ conn }) => conn)
          : Deno.connect({ hostname: "127.0.0.1", port });
      try {
        const conn = await open();
        await patiently(conn, converse({ conn, plans: choosePlans(index, pick), pick, tally }));
      } catch (error) {
        const shown = error instanceof ForeignByte ? error.message : String(error);
        report(`connection ${index}${secure ? ", TLS" : ""}: ${shown}`);
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  const gone = () =>
    proxy.count("client.connections") === 0 && backends.every((it) => it.open <= 1_024);
  await waitFor("the clients to be gone", gone, { deadlineMs: PATIENCE_MS })
    .catch((error) => report(String(error)));
  const defects = proxy.count("session.internal_errors");
  if (defects > 0) report(`${defects} internal errors`);
  await proxy[Symbol.asyncDispose]();
  await Promise.all(backends.map((backend) => backend.stop()));
  return { findings, connections, tally };
}

/** A few requests; one that may leave HTTP is the last. */
function choosePlans(index: number, pick: Pick): Plan[] {
  const plans: Plan[] = [];
  for (let left = 1 + pick(MOST_REQUESTS); left > 0; left--) {
    const nonce = (index * MOST_REQUESTS + plans.length).toString(16).padStart(7, "0");
    const plan = choosePlan(nonce, pick);
    plans.push(plan);
    if (mayLeaveHttp(plan)) break;
  }
  return plans;
}

/** Rejects when a conversation does not end. */
async function patiently(conn: Deno.Conn, conversation: Promise<void>): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    closed(conn);
  }, PATIENCE_MS);
  try {
    await conversation;
  } finally {
    clearTimeout(timer);
  }
  if (late) throw new ForeignByte("it never ended");
}
