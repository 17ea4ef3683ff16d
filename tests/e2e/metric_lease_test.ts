import assert from "node:assert/strict";
import { MetricDetail, ResponseStatus } from "../../config/schema/messages.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

Deno.test("a lease that every worker refuses is answered with the levels in force and who refused why", async () => {
  await using sozu = await SozuProcess.start("worker_count = 2");
  using client = await sozu.connect();
  const lease = async (client_id: string) => {
    const value = { client_id, detail: MetricDetail.DETAIL_BACKEND, ttl_seconds: 300 };
    const response = await client.request({ kind: "set_metric_detail", value });
    assert.equal(response.status, ResponseStatus.OK);
    return response;
  };
  for (let i = 0; i < 64; i++) {
    assert.equal((await lease(`client-${i}`)).message, "Applied to all 2 workers");
  }
  const { message, content } = await lease("one too many");
  assert.match(message, /64/);
  const status = content?.content_type;
  assert.equal(status?.kind, "metric_detail_status");
  assert.deepEqual([status.value.configured, status.value.workers.size], [
    MetricDetail.DETAIL_CLUSTER,
    0,
  ]);
  const renewed = (await lease("client-3")).content?.content_type;
  assert.equal(renewed?.kind, "metric_detail_status");
  assert.deepEqual([...renewed.value.workers.keys()].sort(), ["0", "1"]);
});
