// `[clusters.ID.udp]` and its `health` table. Absent keys stay absent: workers have the defaults.

import * as defaults from "../../defaults.ts";
import { boolean, oneOf, port, text, u32 } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import { optional, tableOf, type TableReading } from "../table.ts";
import { UdpAffinityKey, type UdpClusterConfig, UdpHealthMode } from "../../schema/messages.ts";

/** Keys of `[clusters.ID.udp.health]`. */
export const UDP_HEALTH_KEYS = {
  mode: optional(
    oneOf({
      HEALTH_OFF: UdpHealthMode.HEALTH_OFF,
      TCP_PROBE: UdpHealthMode.TCP_PROBE,
      UDP_PROBE: UdpHealthMode.UDP_PROBE,
    }),
    "kind of probe, worker default TCP_PROBE",
  ),
  tcp_port: optional(port, "TCP port to probe, worker default the backend's port"),
  rise: optional(u32, `successes until up, worker default ${defaults.WORKER_UDP_HEALTH_RISE}`),
  fall: optional(u32, `failures until down, worker default ${defaults.WORKER_UDP_HEALTH_FALL}`),
  fail_open: optional(
    boolean,
    `forward when all are down, worker default ${defaults.WORKER_UDP_HEALTH_FAIL_OPEN}`,
  ),
  udp_probe_payload: optional(text, "text sent as probe"),
  probe_interval_seconds: optional(
    u32,
    `between probes, worker default ${defaults.WORKER_UDP_PROBE_INTERVAL_SECONDS}`,
  ),
  probe_timeout_seconds: optional(
    u32,
    `patience for a probe, worker default ${defaults.WORKER_UDP_PROBE_TIMEOUT_SECONDS}`,
  ),
};

/** Keys of `[clusters.ID.udp]`. */
export const UDP_KEYS = {
  affinity_key: optional(
    oneOf({
      SOURCE_IP: UdpAffinityKey.SOURCE_IP,
      SOURCE_IP_PORT: UdpAffinityKey.SOURCE_IP_PORT,
    }),
    "what of a client chooses its backend, worker default SOURCE_IP",
  ),
  responses: optional(
    u32,
    `answers that end a flow, worker default ${defaults.WORKER_UDP_RESPONSES} = unlimited`,
  ),
  requests: optional(
    u32,
    `client datagrams of a flow, worker default ${defaults.WORKER_UDP_REQUESTS} = unlimited`,
  ),
  send_proxy_protocol: optional(boolean, "PROXY v2 header before the first datagram"),
  proxy_protocol_every_datagram: optional(boolean, "PROXY v2 header before each datagram"),
  health: optional(tableOf(UDP_HEALTH_KEYS), "probes of the backends"),
};

/** The message of a `udp` table. */
export function udpMessage(
  reading: TableReading<typeof UDP_KEYS> | undefined,
): UdpClusterConfig | undefined {
  if (reading === undefined) return undefined;
  const health = reading.values.health?.values;
  const payload = health?.udp_probe_payload;
  return presentFields({
    ...reading.values,
    health: health && presentFields({
      ...health,
      udp_probe_payload: payload === undefined ? undefined : new TextEncoder().encode(payload),
    }),
  });
}
