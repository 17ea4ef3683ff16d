import assert from "node:assert/strict";
import { MetricsConfiguration } from "../../config/schema/messages.ts";
import { ProcessSettings } from "./process_settings.ts";

Deno.test("ProcessSettings keeps the last of each verb that is in force", () => {
  const requests = new ProcessSettings();
  requests.remember(null);
  requests.remember({ kind: "remove_cluster", value: "a" });
  requests.remember({ kind: "configure_metrics", value: MetricsConfiguration.ENABLED });
  requests.remember({ kind: "configure_metrics", value: MetricsConfiguration.DISABLED });
  requests.remember({ kind: "configure_metrics", value: MetricsConfiguration.CLEAR });
  requests.remember({ kind: "set_max_connections_per_ip", value: 5n });
  assert.deepEqual(requests.values().map(({ request_type }) => request_type), [
    { kind: "configure_metrics", value: MetricsConfiguration.DISABLED },
    { kind: "set_max_connections_per_ip", value: 5n },
  ]);
});
