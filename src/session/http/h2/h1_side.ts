// The backend's end of an exchange on a connection of HTTP/1.1: an idle one, or a new one.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import type { Cluster } from "../../cluster.ts";
import type { Timer } from "../../upstream/connect.ts";
import { type Exchange, Interruption } from "../exchange.ts";
import { H1Upstream } from "../h1/relay/upstream.ts";
import { openUpstream, pickBackend } from "../phases/connect.ts";
import type { UpstreamSide } from "../upstream.ts";

/** A connection for `record`, or the status to fail with. */
export function takeSide(
  record: Exchange,
  timer: Timer,
): UpstreamSide | Promise<UpstreamSide | AnswerStatus> {
  const cluster = record.cluster as Cluster;
  const backend = pickBackend(record, cluster);
  const idle = record.retried || backend === null
    ? null
    : record.client.worker.upstreams.take(backend);
  record.account.reused = idle !== null;
  return idle === null ? openSide(record, timer, cluster) : new H1Upstream(record, idle, timer);
}

async function openSide(
  record: Exchange,
  timer: Timer,
  cluster: Cluster,
): Promise<UpstreamSide | AnswerStatus> {
  const opened = await openUpstream(record, timer, cluster);
  if (typeof opened === "number") return opened;
  if (record.interruption === Interruption.NONE) return new H1Upstream(record, opened, timer);
  opened.close();
  return 503;
}
