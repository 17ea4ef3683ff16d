import assert from "node:assert/strict";
import { foldTags, tagsText } from "./cluster_tags.ts";
import { address, frontend } from "../../../tests/support/config/state.ts";

const NONE = { http_frontends: [], https_frontends: [], tcp_frontends: [], udp_frontends: [] };
const AT = { cluster_id: "web", address: address("127.0.0.1:53") };

Deno.test("foldTags() gathers the values of each tag over every kind of frontend, without repetition", () => {
  const { count, tags } = foldTags({
    http_frontends: [
      frontend("a.test", "/", { tags: new Map([["owner", "me"], ["app", "b"]]) }),
      frontend("b.test", "/", { tags: new Map([["owner", "me"]]) }),
    ],
    https_frontends: [frontend("a.test", "/", { tags: new Map([["app", "a"]]) })],
    tcp_frontends: [{ ...AT, tags: new Map([["owner", "you"]]), alpn: [] }],
    udp_frontends: [{ ...AT, tags: new Map() }],
  });
  assert.equal(count, 5);
  assert.deepEqual([...tags], [["app", ["a", "b"]], ["owner", ["me", "you"]]]);
  assert.equal(
    tagsText("web", count, tags),
    "Tags of the 5 frontends of cluster web\n  app    a, b\n  owner  me, you\n",
  );
});

Deno.test("tagsText() says when there is no frontend, and when there is no tag", () => {
  const { count, tags } = foldTags(NONE);
  assert.equal(tagsText("w\x1b", count, tags), "No frontend leads to cluster w\\u{1b}\n");
  assert.equal(tagsText("web", 1, new Map()), "The 1 frontend of cluster web have no tags\n");
});
