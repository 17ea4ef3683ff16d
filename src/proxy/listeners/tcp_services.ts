// Which cluster has which part of a TCP listener's traffic: all of it, or the TLS clients that ask for
// one server. Several frontends may claim the same part, as they may in the configuration: the one added
// last has it, and when that goes the one before it.

import type { RequestTcpFrontend } from "../../../config/schema/messages.ts";
import { loggedTags } from "../../observe/access/names.ts";
import type { LoggedTags } from "../../observe/access/record.ts";
import { parseServerName, ServerNameTable } from "../../routing/name/server_name_table.ts";
import type { Cluster } from "../../session/cluster.ts";
import type { ClusterSet } from "../clusters.ts";

/** The key of the frontend for clients that send no server name, or one without a frontend. */
const REST = "";

/** The frontends bound to one address of TCP listeners. */
export class TcpServices {
  /** Where sessions look. */
  readonly table = new ServerNameTable<Cluster>();
  /** Those of the frontend that was added last for a cluster. */
  readonly tags = new WeakMap<Cluster, LoggedTags>();
  /** Clusters by name in the order in which they were added. */
  readonly #claims = new Map<string, Cluster[]>();

  /** Gives a part of the traffic to a cluster; the reason when the name is none. */
  add(frontend: RequestTcpFrontend, clusters: ClusterSet): string | null {
    const name = nameOf(frontend);
    if (typeof name !== "string") return name.message;
    const cluster = clusters.get(frontend.cluster_id);
    const others = (this.#claims.get(name) ?? []).filter((other) => other !== cluster);
    this.#claim(name, [...others, cluster]);
    const tags = loggedTags(frontend.tags);
    if (tags === null) this.tags.delete(cluster);
    else this.tags.set(cluster, tags);
    return null;
  }

  /** Takes a part of the traffic away from a cluster; the reason when the cluster does not have it. */
  remove(frontend: RequestTcpFrontend): string | null {
    const name = nameOf(frontend);
    if (typeof name !== "string") return name.message;
    const claims = this.#claims.get(name) ?? [];
    const others = claims.filter(({ id }) => id !== frontend.cluster_id);
    if (others.length === claims.length) {
      return `Cluster ${JSON.stringify(frontend.cluster_id)} has no TCP frontend there`;
    }
    this.#claim(name, others);
    return null;
  }

  /** The cluster that has each part of the traffic, by name; "" is what is left. */
  holders(): Map<string, string> {
    return new Map([...this.#claims].map(([name, claims]) => [name, claims.at(-1)?.id ?? ""]));
  }

  #claim(name: string, claims: Cluster[]): void {
    if (claims.length === 0) this.#claims.delete(name);
    else this.#claims.set(name, claims);
    const holder = claims.at(-1) ?? null;
    if (name === REST) this.table.fallback = holder;
    else this.table.set(name, holder);
  }
}

function nameOf({ sni }: RequestTcpFrontend) {
  return sni === undefined ? REST : parseServerName(sni);
}
