// The younger verbs of the pairs in twin_verbs.ts: the rows of the older ones.

import { OLDER_TWIN, type YoungerTwin } from "../twin_verbs.ts";
import { CLUSTER_ROWS } from "./clusters.ts";
import { FRONTEND_ROWS } from "./frontends.ts";
import { LISTENER_ROWS } from "./listeners.ts";

const OLDER_ROWS = { ...CLUSTER_ROWS, ...FRONTEND_ROWS, ...LISTENER_ROWS };

/** A row for each younger verb. */
export const TWIN_ROWS = Object.fromEntries(
  Object.entries(OLDER_TWIN).map(([younger, older]) => [younger, OLDER_ROWS[older]]),
) as { readonly [K in YoungerTwin]: (typeof OLDER_ROWS)[(typeof OLDER_TWIN)[K]] };
