// The backend's end of an exchange on a connection of HTTP/1.1: an idle one, or a new one.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import type { Cluster } from "../../cluster.ts";
import type { Timer } from "../../upstream/connect.ts";
import { type Exchange, Interruption } from "../exchange.ts";
import { H1Upstream } from "../h1/relay/upstream.ts";
import { openUpstream, pickBackend } from "../phases/connect.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { UpstreamSide } from "../upstream.ts";

/** A connection for `record`, or the status to fail with. */
export async function takeSide(
  record: Exchange,
  timer: Timer,
): Promise<UpstreamSide | AnswerStatus> {
  const upstream = takeIdle(record) ?? await open(record, timer);
  return typeof upstream === "number" ? upstream : new H1Upstream(record, upstream, timer);
}

/** An idle connection to the backend to try first; `null` when one must be opened. */
export function takeIdle(record: Exchange): Upstream | null {
  const backend = pickBackend(record, record.cluster as Cluster);
  // After a stale idle connection only a fresh one can tell whether the backend is well.
  if (record.retried || backend === null) return null;
  const idle = record.client.worker.upstreams.take(backend);
  record.account.reused = idle !== null;
  return idle;
}

/** Opens a connection, first to the backend that was picked, or the status to fail with. */
export async function open(record: Exchange, timer: Timer): Promise<Upstream | AnswerStatus> {
  const opened = await openUpstream(record, timer, record.cluster as Cluster);
  if (typeof opened === "number" || record.interruption === Interruption.NONE) return opened;
  opened.close();
  return 503;
}
