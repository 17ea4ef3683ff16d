// Affinity keys and shards on the command line, against a real main process with a real worker.

import assert from "node:assert/strict";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

const AT = "127.0.0.1:8443";
const ADD = ["cluster", "add", "--id", "web", "--load-balancing-policy", "hrw"];
const FRONTEND = ["frontend", "tcp", "add", "--id", "web", "-a", AT];

Deno.test("sozu cluster add sets affinity and shards, which stay through changes and a saved state", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1\n");
  const { run, ok } = cliOf(sozu);
  const shown = async () => {
    const answer = JSON.parse(await ok("-j", "cluster", "list", "--id", "web"));
    const { map } = answer["WORKER_RESPONSES"] as { map: Record<string, unknown> };
    assert.deepEqual(map["0"], map["main"]);
    return JSON.stringify(map["main"]);
  };
  const shards = ["--shard-percent", "30", "--shard-min-backends", "4", "--shard-strict"];
  await ok(...ADD, "--affinity-cookie", "sid", ...shards);
  const settings =
    /"affinity_cookie":"sid","shard_percent":30,"shard_min_backends":4,"shard_mode":"STRICT"/;
  assert.match(await shown(), settings);
  assert.match(await ok("cluster", "list", "--id", "web"), /cookie:sid/);
  await ok("cluster", "h2", "enable", "--id", "web");
  assert.match(await shown(), settings);
  const saved = `${sozu.folder}/state.json`;
  await ok("state", "save", "--file", saved);
  await ok("cluster", "remove", "--id", "web");
  await ok("state", "load", "--file", saved);
  assert.match(await shown(), settings);

  await ok("listener", "tcp", "add", "-a", AT);
  const frontend = await run(...FRONTEND);
  assert.equal(frontend.code, 1);
  assert.match(frontend.stderr, /"web" cannot have both affinity_cookie and a TCP frontend/);
  await ok(...ADD);
  await ok(...FRONTEND);
  const keyed = await run(...ADD, "--affinity-header", "X-Tenant");
  assert.equal(keyed.code, 1);
  assert.match(keyed.stderr, /"web" cannot have both affinity_header and a TCP frontend/);
  assert.match(await shown(), /"affinity_header":null,"affinity_cookie":null/);
});

Deno.test("sozu cluster add ends with 2 where options exclude or need each other", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1\n");
  const { run } = cliOf(sozu);
  const both = await run(...ADD, "--affinity-header", "A", "--affinity-cookie", "b");
  assert.equal(both.code, 2);
  for (const alone of [["--shard-min-backends", "4"], ["--shard-strict"]]) {
    const { code, stderr } = await run(...ADD, ...alone);
    assert.deepEqual([code, /needs '--shard-percent/.test(stderr)], [2, true], stderr);
  }
  assert.equal((await run(...ADD, "--shard-percent", "101")).code, 1);
});
