// The frontends bound to one address of HTTP or HTTPS listeners, as sessions look requests up in them. A change
// is seen by the next request, also of connections that are open.

import { misplacedHsts } from "../../../config/rules/whole_rules.ts";
import type { RequestHttpFrontend } from "../../../config/schema/messages.ts";
import { loggedTags } from "../../observe/access/names.ts";
import { renderHsts } from "../../protocol/http/hsts.ts";
import { routeRule } from "../../../config/rules/route_rule.ts";
import { RulePosition } from "../../routing/route_rule.ts";
import { RouteTable } from "../../routing/route_table.ts";
import type { HstsSlot, Route } from "../../session/listener_context.ts";
import type { ClusterSet } from "../clusters.ts";
import { compilePolicy } from "./frontend_policy.ts";

/** Routes of one address. */
export class HttpRoutes {
  /** Where sessions look. */
  readonly table = new RouteTable<Route>();
  /** The policy of the frontends that have none of their own: that of the listener. */
  readonly inheritedHsts: HstsSlot = { header: null };
  readonly #protocol: "http" | "https";

  constructor(protocol: "http" | "https") {
    this.#protocol = protocol;
  }

  /** Adds a route; the reason when it is refused. */
  add(frontend: RequestHttpFrontend, clusters: ClusterSet): string | null {
    const misplaced = this.#protocol === "http" ? misplacedHsts(frontend) : null;
    if (misplaced !== null) return misplaced.message;
    const rule = routeRule(frontend);
    const policy = compilePolicy(frontend, rule);
    if (typeof policy === "string") return policy;
    const cluster = frontend.cluster_id === undefined ? null : clusters.get(frontend.cluster_id);
    const hsts = this.#hstsOf(frontend);
    const tags = loggedTags(frontend.tags);
    return this.table.add(rule, { cluster, policy, hsts, tags })?.message ?? null;
  }

  /**
   * Removes a route from whatever position it has: the state knows routes without their positions. One that
   * is not there is no error: it may have been refused when this worker began.
   */
  remove(frontend: RequestHttpFrontend): void {
    for (const position of Object.values(RulePosition)) {
      this.table.remove({ ...routeRule(frontend), position });
    }
  }

  /** A block of the frontend's own, even one that switches HSTS off, is never touched by the listener. */
  #hstsOf({ hsts }: RequestHttpFrontend): HstsSlot | null {
    if (this.#protocol === "http") return null;
    return hsts === undefined ? this.inheritedHsts : { header: renderHsts(hsts) };
  }
}
