// A large saved state loaded into a running main process: how long until every worker has all of it,
// how long other commands and clients wait meanwhile, and the memory it takes.

import { type Request, ResponseStatus } from "../../../config/schema/messages.ts";
import { writeRecord } from "../../../config/codec/saved_state.ts";
import { type CommandClient, connect } from "../../../src/client/mod.ts";
import {
  addBackend,
  addCluster,
  addHttpFrontend,
  removeHttpFrontend,
} from "../../support/config/commands.ts";
import { residentBytes } from "../../support/process/proc.ts";
import { get } from "../../support/http/raw_client.ts";

const PATIENCE_MS = 120_000;

/** Size of the state. */
export interface StateSize {
  readonly clusters: number;
  readonly frontends: number;
  readonly backends: number;
}

/** Where to load it. */
export interface LoadPlace {
  readonly socketPath: string;
  /** Where the state file is written. */
  readonly statePath: string;
  /** Port of the HTTP listener that the frontends are added to. */
  readonly port: number;
  /** A cluster that serves already. */
  readonly clusterId: string;
}

/** What one load took. Times in milliseconds, memory in bytes. */
export interface LoadFigures {
  readonly records: number;
  readonly fileBytes: number;
  readonly loadMs: number;
  readonly answer: string;
  /** Processes whose clusters differ from those of main. */
  readonly differing: readonly string[];
  /** Commands of another client while the state was being loaded. */
  readonly commands: number;
  readonly slowestCommandMs: number;
  /** Frontends of that client that did not serve right after they were confirmed. */
  readonly notInForce: number;
  readonly resident: readonly { readonly name: string; readonly bytes: number }[];
}

/** Writes a state file; returns the number of records. */
export function writeState(path: string, size: StateSize, port: number): number {
  const requests: Request[] = [];
  const ids = Array.from(
    { length: size.clusters },
    (_, i) => `cluster-${String(i).padStart(5, "0")}`,
  );
  for (const id of ids) requests.push(addCluster(id));
  for (const clusterId of ids) {
    for (let i = 0; i < size.frontends; i++) {
      const hostname = `${clusterId}-${i}.example.test`;
      requests.push(addHttpFrontend({ clusterId, address: `127.0.0.1:${port}`, hostname }));
    }
  }
  for (const id of ids) {
    for (let i = 0; i < size.backends; i++) {
      requests.push(addBackend(id, `${id}-${i}`, `127.0.0.1:${9_000 + i}`));
    }
  }
  const text = requests.map((content, i) => writeRecord({ id: `SAVE-${i}`, content })).join("");
  Deno.writeTextFileSync(path, text);
  return requests.length;
}

/** Loads a state of `size`, with another client at work until it is loaded. */
export async function runLoad(place: LoadPlace, size: StateSize): Promise<LoadFigures> {
  const records = writeState(place.statePath, size, place.port);
  using client = await connect(place.socketPath, {
    timeoutMs: PATIENCE_MS,
    maxFrameBytes: 64 * 1024 * 1024,
  });
  const over = new AbortController();
  const others = keepChanging(place, over.signal);
  const started = performance.now();
  const response = await client.send(verb({ kind: "load_state", value: place.statePath }));
  const loadMs = performance.now() - started;
  over.abort();
  if (response.status !== ResponseStatus.OK) throw new Error(response.message);
  return {
    records,
    fileBytes: Deno.statSync(place.statePath).size,
    loadMs,
    answer: response.message,
    ...await others,
    differing: await differingProcesses(client, size.clusters),
    resident: await residentSizes(client),
  };
}

async function keepChanging(
  { socketPath, port, clusterId }: LoadPlace,
  over: AbortSignal,
): Promise<Pick<LoadFigures, "commands" | "slowestCommandMs" | "notInForce">> {
  using client = await connect(socketPath, { timeoutMs: PATIENCE_MS });
  const seen = { commands: 0, slowestCommandMs: 0, notInForce: 0 };
  const send = async (request: Request) => {
    const started = performance.now();
    const response = await client.send(request);
    if (response.status !== ResponseStatus.OK) throw new Error(response.message);
    seen.commands++;
    seen.slowestCommandMs = Math.max(seen.slowestCommandMs, performance.now() - started);
  };
  while (!over.aborted) {
    const hostname = `meanwhile-${seen.commands}.example.test`;
    const place = { clusterId, address: `127.0.0.1:${port}`, hostname };
    await send(addHttpFrontend(place));
    if ((await get(port, hostname)).status !== 200) seen.notInForce++;
    await send(removeHttpFrontend(place));
  }
  return seen;
}

/** Names of the processes that do not have the same clusters as main, all `count` of them. */
async function differingProcesses(client: CommandClient, count: number): Promise<string[]> {
  const response = await client.send(verb({ kind: "query_clusters_hashes", value: {} }));
  const content = response.content?.content_type;
  if (content?.kind !== "worker_responses") throw new Error(response.message);
  const hashes = [...content.value.map].map(([name, { content_type }]) => ({
    name,
    map: content_type?.kind === "cluster_hashes"
      ? content_type.value.map
      : new Map<string, bigint>(),
  }));
  const main = hashes.find(({ name }) => name === "main")?.map ?? new Map();
  return hashes
    .filter(({ map }) => map.size < count || [...main].some(([id, hash]) => map.get(id) !== hash))
    .map(({ name }) => name);
}

async function residentSizes(client: CommandClient): Promise<LoadFigures["resident"]> {
  const response = await client.send(verb({ kind: "list_workers", value: {} }));
  const content = response.content?.content_type;
  if (content?.kind !== "workers") throw new Error(response.message);
  return content.value.vec.map(({ id, pid }) => ({
    name: `worker ${id}`,
    bytes: residentBytes(pid),
  }));
}

function verb(request_type: NonNullable<Request["request_type"]>): Request {
  return { request_type };
}
