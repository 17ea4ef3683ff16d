// Applies the requests of a file to an empty state. A request that is refused is an error of the file, with the
// place of its key. Also finds the errors that only a whole file can have: one route for two clusters, a request
// too large for a channel.

import { encode } from "../codec/protobuf.ts";
import type { ConfigError } from "../state/config_error.ts";
import { type Place, type Problems, quote } from "./problem.ts";
import type { PlacedRequest } from "./requests.ts";
import { Request, type RequestHttpFrontend } from "../schema/messages.ts";
import { listenerActOf, takesStreams } from "../state/listener_kinds.ts";
import type { Verb } from "../state/verb.ts";
import type { ConfigState } from "../state/state.ts";
import { routeKey } from "../state/http_frontends.ts";
import { placeKey, type StreamFrontend } from "../state/stream_frontends.ts";

/** What a frame adds to a request on its way: length, id and tags. */
const FRAME_BYTES = 64;

/** Who has a part of the traffic. */
interface Owner {
  readonly cluster: string;
  readonly place: Place;
}

/** Reports at its place what `state` refuses of the requests; `maxBytes` is the largest command. */
export function tryRequests(
  requests: readonly PlacedRequest[],
  state: ConfigState,
  maxBytes: number,
  problems: Problems,
): void {
  const owners = new Map<string, Owner>();
  for (const placed of requests) {
    const refusal = state.apply(placed.request);
    const place = placed.at(refusal?.field ?? "");
    if (isTakenTwice(placed, owners, problems)) continue;
    if (refusal !== null) report(refusal, place, problems);
    const size = encode(Request, placed.request).length + FRAME_BYTES;
    if (size <= maxBytes) continue;
    problems.error(
      place,
      `It takes a command of ${size} bytes, max_command_buffer_size accepts up to '${maxBytes}'`,
    );
  }
}

function report(refusal: ConfigError, place: Place, problems: Problems): void {
  // What follows from an earlier refusal says nothing new.
  if (refusal.kind === "not_found" || refusal.kind === "no_change") return;
  // What was reported when the key was read is refused again here.
  if (!problems.hasErrorAt(place)) problems.error(place, oneLine(refusal.message));
}

/** Names of objects are repeated in refusals: what they hold must not move a terminal's cursor. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (it) => JSON.stringify(it).slice(1, -1));
}

/** Reports a part of the traffic that another frontend of the file has already. */
function isTakenTwice(
  { request: { request_type: verb }, at }: PlacedRequest,
  owners: Map<string, Owner>,
  problems: Problems,
): boolean {
  const part = verb === null ? null : partOf(verb);
  if (part === null) return false;
  const { key, route, cluster } = part;
  const place = at("");
  const owner = owners.get(key);
  if (owner === undefined) {
    owners.set(key, { cluster, place });
    return false;
  }
  problems.error(
    place,
    `${route} belongs to cluster ${quote(owner.cluster)} on line ${owner.place.line} already, ` +
      "accepted: one frontend for each route of a listener",
  );
  return true;
}

/** The part of the traffic that a frontend takes; `null` when the verb adds none. */
function partOf(verb: Verb): { key: string; route: string; cluster: string } | null {
  const done = listenerActOf(verb.kind);
  if (done?.act !== "addFrontend") return null;
  if (takesStreams(done.kind)) {
    const frontend = verb.value as StreamFrontend;
    const place = placeKey(frontend);
    const route = `What arrives at ${quote(place)}`;
    return { key: `${verb.kind} ${place}`, route, cluster: frontend.cluster_id };
  }
  const frontend = verb.value as RequestHttpFrontend;
  return {
    key: `${done.act} ${done.kind.protocol} ${routeKey(frontend)}`,
    route: `The route ${quote(frontend.hostname + frontend.path.value)}`,
    cluster: frontend.cluster_id ?? "",
  };
}
