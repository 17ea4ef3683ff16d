import assert from "node:assert/strict";
import { frontend } from "../../../tests/support/config/state.ts";
import { HeaderMatch, RulePosition } from "../../routing/route_rule.ts";
import { ClusterSet } from "../clusters.ts";
import { HttpRoutes } from "./http_routes.ts";

Deno.test("taking a canary away leaves the route beside it, whatever position the canary had", () => {
  const asked = { name: "x-canary", kind: HeaderMatch.EXACT, value: "1" };
  const clusters = new ClusterSet([], () => 0, () => 0);
  for (const position of Object.values(RulePosition)) {
    const routes = new HttpRoutes("http");
    const base = frontend("shop.test", "/api", { position: RulePosition.TREE });
    const canary = { ...base, position, header_predicates: [asked] };
    assert.equal(routes.add(base, clusters), null);
    assert.equal(routes.add(canary, clusters), null);
    // The second time there is none to take away.
    for (let times = 0; times < 2; times++) {
      routes.remove(canary);
      const left = [...routes.table.entries()].map(({ rule }) => rule.predicates?.length);
      assert.deepEqual(left, [0], `position ${position}`);
    }
  }
});
