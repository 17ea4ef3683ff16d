// After a known mix over two workers, what the proxy has counted is what its clients and its backends
// have counted, to the byte; a statsd server got the same in whole lines.

import assert from "node:assert/strict";
import { CountingOrigin, sendMix } from "../support/observe/counted_traffic.ts";
import { allMetrics, disagreements, sums, sumsConfig } from "../support/observe/metric_sums.ts";
import { numberOf } from "../support/observe/metrics.ts";
import { freePort } from "../support/ports.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { StatsdReceiver } from "../support/observe/statsd_receiver.ts";

const REQUESTS = 5_000;
const CONNECTIONS = 24;
const LONGEST_DATAGRAM = 502;

Deno.test("sums of two workers agree with what clients and backends counted, and reach statsd", async () => {
  using one = new CountingOrigin();
  using two = new CountingOrigin();
  using statsd = await StatsdReceiver.start();
  const port = freePort();
  const backends = [one.address, two.address];
  await using sozu = await SozuProcess.start(
    sumsConfig(port, backends, { statsd: statsd.address, tagged: false }),
  );
  const clients = await sendMix(port, "app.test", REQUESTS, CONNECTIONS);
  assert.equal(clients.requests, REQUESTS);
  await waitFor("the last request to be measured", async () => {
    const { proxying } = await allMetrics(sozu);
    return numberOf(proxying.get("http.active_requests")) === 0;
  });
  const metrics = await allMetrics(sozu);
  const origins = new Map([["app-0", one.count], ["app-1", two.count]]);
  const all = sums(metrics, "app", clients, origins);
  assert.deepEqual(disagreements(all), []);
  assert.ok(all.filter(({ others }) => others > 0).length > 15);

  const worker = (name: string) =>
    statsd.sum(`edge.WRK-00.${name}`) + statsd.sum(`edge.WRK-01.${name}`);
  await waitFor("statsd to have all", () => worker("http.requests") === REQUESTS);
  for (const id of ["app-0", "app-1"]) {
    const count = origins.get(id);
    await waitFor(
      "the backend's requests",
      () => worker(`cluster.app.backend.${id}.requests`) === count?.requests,
    );
  }
  const before = statsd.datagrams.length;
  await waitFor("passes while idle", () => statsd.datagrams.length >= before + 4);
  assert.ok(statsd.datagrams.every((it) => it.length <= LONGEST_DATAGRAM && it.endsWith("\n")));
  const name =
    "edge\\.(?:MAIN|WRK-0[01])\\.(?:cluster\\.app\\.(?:backend\\.app-[01]\\.)?)?[a-z0-9_.]+";
  const line = new RegExp(`^${name}:\\d+\\|(?:[cg]|ms(?:\\|@0\\.\\d+)?)$`);
  assert.deepEqual(statsd.lines.filter((it) => !line.test(it)), []);
  await waitFor(
    "main's own levels",
    () => statsd.lines.some((it) => it.startsWith("edge.MAIN.configuration.backends:2|g")),
  );
});

Deno.test("tagged lines carry origin, version and ids as tags", async () => {
  using origin = new CountingOrigin();
  using statsd = await StatsdReceiver.start();
  const port = freePort();
  await using _sozu = await SozuProcess.start(
    sumsConfig(port, [origin.address], { statsd: statsd.address, tagged: true }),
  );
  await sendMix(port, "app.test", 10, 1);
  const pattern =
    /^edge\.backend\.requests,origin=WRK-0[01],version=[0-9.]+,cluster_id=app,backend_id=app-0:\d+\|c$/;
  await waitFor("the backend's line", () => statsd.lines.some((line) => pattern.test(line)));
  const line =
    /^edge\.(?:(?:cluster|backend)\.)?[a-z0-9_.]+,origin=(?:MAIN|WRK-0[01]),version=[0-9.]+(?:,cluster_id=app)?(?:,backend_id=app-0)?:\d+\|(?:[cg]|ms)$/;
  assert.deepEqual(statsd.lines.filter((it) => !line.test(it)), []);
});
