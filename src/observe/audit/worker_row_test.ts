import assert from "node:assert/strict";
import { workerAuditJson, workerAuditText } from "./worker_row.ts";

const SOURCE = {
  socket: "/run/sozu.sock",
  version: "1.2.3",
  buildGitSha: "0123456789ab",
  bootGeneration: 2,
};

const ROW = {
  workerId: 3,
  previous: "DetailCluster",
  effective: "DetailBackend",
  transitionKind: "lease_apply",
  leaseId: "top, actor_uid=0\n",
  time: 1_700_000_000_123.456,
};

Deno.test("workerAuditText() names the worker, the levels and the lease", () => {
  assert.equal(
    workerAuditText(ROW, SOURCE),
    "[worker:3 request:- cluster:- backend:-]\tAUDIT\tCommand(ts=2023-11-14T22:13:20.123456Z, " +
      "verb=metric_detail_changed_worker_local, actor_uid=-, actor_gid=-, actor_pid=-, " +
      "actor_role=worker, actor_user=sozu-worker, actor_comm=sozu-worker, worker_id=3, " +
      "socket=(worker-ipc), target=metric_detail:DetailCluster->DetailBackend, result=ok, " +
      "transition_kind=lease_apply, lease_id=top? actor_uid?0?, sozu_version=1.2.3, " +
      "build_git_sha=0123456789ab, boot_generation=2)",
  );
});

Deno.test("workerAuditJson() says the same, keys in order, and leaves an absent lease out", () => {
  const text = workerAuditJson({ ...ROW, leaseId: undefined }, SOURCE);
  const parsed = JSON.parse(text);
  assert.deepEqual(Object.keys(parsed), Object.keys(parsed).sort());
  assert.deepEqual(parsed, {
    actor: { comm: "sozu-worker", role: "worker" },
    boot_generation: 2,
    build_git_sha: "0123456789ab",
    effective: "DetailBackend",
    previous_effective: "DetailCluster",
    result: "ok",
    sozu_version: "1.2.3",
    target: "metric_detail:DetailCluster->DetailBackend",
    transition_kind: "lease_apply",
    ts: "2023-11-14T22:13:20.123456Z",
    verb: "metric_detail_changed_worker_local",
    worker_id: "3",
  });
  assert.equal(JSON.parse(workerAuditJson(ROW, SOURCE)).lease_id, "top? actor_uid?0?");
});
