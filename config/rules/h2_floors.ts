// The least that HTTP/2 settings may be. Whoever sets a smaller value is refused; what a saved state has kept
// of an older program, which let it pass, is raised instead, since a listener less is worse than a limit more.

import type { HttpListenerConfig, Request } from "../schema/messages.ts";

/** Floors by field, of HTTP and HTTPS listeners alike. */
export const H2_FLOORS = {
  h2_max_rst_stream_per_window: 1,
  h2_max_ping_per_window: 1,
  h2_max_settings_per_window: 1,
  h2_max_empty_data_per_window: 1,
  h2_max_window_update_stream0_per_window: 1,
  h2_max_continuation_frames: 1,
  h2_max_glitch_count: 1,
  h2_max_concurrent_streams: 1,
  h2_stream_shrink_ratio: 2,
  h2_max_rst_stream_lifetime: 1n,
  h2_max_rst_stream_abusive_lifetime: 1n,
  h2_max_rst_stream_emitted_lifetime: 1n,
  h2_max_header_list_size: 1,
  h2_max_header_table_size: 1,
  h2_max_header_fields: 1,
} as const satisfies { readonly [K in keyof HttpListenerConfig]?: HttpListenerConfig[K] };

const FLOORS = Object.entries(H2_FLOORS);

/** A request whose settings were too small, with what they are now. */
export interface Raised {
  readonly request: Request;
  /** Such as `h2_max_glitch_count 0 to 1`. */
  readonly changes: readonly string[];
}

/** The request with every setting at its floor or above; `null` when it has none below. */
export function raiseToFloors(request: Request): Raised | null {
  const type = request.request_type;
  if (type === null || typeof type.value !== "object") return null;
  const value = type.value as unknown as Readonly<Record<string, unknown>>;
  const low = FLOORS.filter(([field, floor]) => isBelow(value[field], floor));
  if (low.length === 0) return null;
  const raised = { ...type, value: { ...value, ...Object.fromEntries(low) } };
  return {
    request: { request_type: raised as unknown as typeof type },
    changes: low.map(([field, floor]) => `${field} ${value[field]} to ${floor}`),
  };
}

function isBelow(value: unknown, floor: number | bigint): boolean {
  return (typeof value === "number" || typeof value === "bigint") && value < floor;
}
