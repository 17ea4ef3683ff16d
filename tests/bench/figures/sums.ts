// A hundred thousand requests of a known mix over two workers: what the proxy has counted beside what the
// clients and the backends have counted. Nothing is measured; every sum must agree to the byte.

import { CountingOrigin, sendMix } from "../../support/observe/counted_traffic.ts";
import { allMetrics, type Sum, sums, sumsConfig } from "../../support/observe/metric_sums.ts";
import { numberOf } from "../../support/observe/metrics.ts";
import { freePort } from "../../support/ports.ts";
import { SozuProcess, waitFor } from "../../support/process/sozu_process.ts";
import { StatsdReceiver } from "../../support/observe/statsd_receiver.ts";

const REQUESTS = 100_000;
const CONNECTIONS = 64;

/** Sends the mix and compares; the sum of statsd is the last. */
export async function compareSums(): Promise<readonly Sum[]> {
  using one = new CountingOrigin();
  using two = new CountingOrigin();
  using statsd = await StatsdReceiver.start();
  const port = freePort();
  await using sozu = await SozuProcess.start(
    sumsConfig(port, [one.address, two.address], { statsd: statsd.address, tagged: false }),
  );
  const clients = await sendMix(port, "app.test", REQUESTS, CONNECTIONS);
  await waitFor("the last request to be measured", async () => {
    const { proxying } = await allMetrics(sozu);
    return numberOf(proxying.get("http.active_requests")) === 0;
  });
  const origins = new Map([["app-0", one.count], ["app-1", two.count]]);
  const all = sums(await allMetrics(sozu), "app", clients, origins);
  const sent = () =>
    statsd.sum("edge.WRK-00.http.requests") + statsd.sum("edge.WRK-01.http.requests");
  await waitFor("statsd to have all", () => sent() >= REQUESTS).catch(() => {});
  return [...all, { name: "http.requests at statsd", proxy: sent(), others: clients.requests }];
}
