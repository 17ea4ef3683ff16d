import assert from "node:assert/strict";
import { renderSubnetLimit } from "./lists.ts";

Deno.test("renderSubnetLimit tells the limit and how large networks are", () => {
  const sizes = { ipv4_prefix: 24, ipv6_prefix: 48 };
  const none = renderSubnetLimit({ limit: 0n, ...sizes });
  assert.equal(none, "unlimited (0) for each /24 of IPv4, /48 of IPv6\n");
  assert.equal(
    renderSubnetLimit({ limit: 7n, ...sizes }),
    "7 for each /24 of IPv4, /48 of IPv6\n",
  );
});
