// Which cluster has which part of a TCP listener's traffic: all of it, or the TLS clients that ask for one server and
// one of some protocols. The configuration gives no part twice.

import type { RequestTcpFrontend } from "../../../config/schema/messages.ts";
import { loggedTags } from "../../observe/access/names.ts";
import { HelloRoutes } from "../../routing/name/hello_routes.ts";
import { parseServerName } from "../../routing/name/server_name_table.ts";
import type { TcpRoute } from "../../session/tcp/context.ts";
import type { ClusterSet } from "../clusters.ts";

/** The frontends bound to one address of TCP listeners. */
export class TcpServices {
  /** Where sessions look. */
  readonly routes = new HelloRoutes<TcpRoute>();
  readonly #held = new Map<string, TcpRoute>();

  /** Gives a part of the traffic to a cluster; the reason when the name is none. */
  add(frontend: RequestTcpFrontend, clusters: ClusterSet): string | null {
    const cluster = clusters.get(frontend.cluster_id);
    return this.#set(frontend, { cluster, tags: loggedTags(frontend.tags) });
  }

  /** Takes a part of the traffic away from a cluster; the reason when the cluster does not have it. */
  remove(frontend: RequestTcpFrontend): string | null {
    if (this.#held.get(partOf(frontend))?.cluster.id !== frontend.cluster_id) {
      return `Cluster ${JSON.stringify(frontend.cluster_id)} has no TCP frontend there`;
    }
    return this.#set(frontend, null);
  }

  /** The cluster that has each part of the traffic: names with protocols; "" where no name decides. */
  holders(): Map<string, string> {
    return new Map([...this.#held].map(([part, { cluster }]) => [part, cluster.id]));
  }

  #set(frontend: RequestTcpFrontend, route: TcpRoute | null): string | null {
    const { sni, alpn } = frontend;
    if (sni === undefined) this.routes.whole = route;
    else {
      const name = parseServerName(sni);
      if (typeof name !== "string") return name.message;
      this.routes.set(name, alpn, route);
    }
    if (route === null) this.#held.delete(partOf(frontend));
    else this.#held.set(partOf(frontend), route);
    return null;
  }
}

function partOf({ sni, alpn }: RequestTcpFrontend): string {
  if (sni === undefined) return "";
  const name = sni.toLowerCase();
  return alpn.length === 0 ? name : `${name} ${JSON.stringify([...new Set(alpn)].sort())}`;
}
