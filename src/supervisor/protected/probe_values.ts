// The values of the headers of health checks, which no state holds. The state has fingerprints in their place: a keyed
// hash, with a key that this process has drawn and never tells, so that nobody can try values out on them. Held values
// are given to workers that start later and to the next main process.

import { nodeCrypto } from "../../io/node_library.ts";
import type { SetProtectedHealthCheck } from "../../../config/schema/messages.ts";
import type { ReadonlyTables } from "../../../config/state/tables.ts";
import { setHealthCheck } from "../../../config/state/verb.ts";
import { scopeOf } from "../../../config/undo/undo.ts";
import { sameHeaders } from "../../../config/values/probe_headers.ts";

const KEY_BYTES = 32;
const EPOCH_BYTES = 16;
const FORM = "sozu-hc-hmac-sha256:v1";

/** The values that this main process holds. */
export class ProbeValues {
  readonly #key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  readonly #epoch = crypto.getRandomValues(new Uint8Array(EPOCH_BYTES)).toHex();
  /** By the names of what changes of the checks change. */
  readonly #held = new Map<string, SetProtectedHealthCheck>();

  /** The same change with a fingerprint for each header. */
  fingerprinted({ cluster_id, config, values }: SetProtectedHealthCheck): SetProtectedHealthCheck {
    const headers = config.headers.map(({ name }, index) => ({
      name,
      fingerprint: this.#fingerprint(cluster_id, name, values[index]?.value ?? new Uint8Array(0)),
    }));
    return { cluster_id, config: { ...config, headers }, values };
  }

  /** Holds the values of a change with fingerprints, in the place of those of the same cluster. */
  hold(request: SetProtectedHealthCheck): void {
    const scope = scopeOf(setHealthCheck(request));
    this.#drop(scope);
    const values = request.values.map(({ name, value }) => ({ name, value: value.slice() }));
    if (values.length > 0) this.#held.set(scope, { ...request, values });
  }

  /** Changes of these objects have succeeded: drops the values of checks that name other headers now. */
  settle(tables: ReadonlyTables, scopes: Iterable<string>): void {
    for (const scope of scopes) {
      const held = this.#held.get(scope);
      if (held !== undefined && !isInForce(held, tables)) this.#drop(scope);
    }
  }

  /** Whether the values of these headers are held, and a state has the check. */
  has(request: SetProtectedHealthCheck, tables: ReadonlyTables): boolean {
    const held = this.#held.get(scopeOf(setHealthCheck(request)));
    return held !== undefined && sameHeaders(held.config.headers, request.config.headers) &&
      isInForce(held, tables);
  }

  /** The checks of a state whose values are held, with these. */
  inForce(tables: ReadonlyTables): SetProtectedHealthCheck[] {
    return [...this.#held.values()].flatMap((held) => {
      const config = tables.clusters.get(held.cluster_id)?.health_check;
      return config !== undefined && isInForce(held, tables) ? [{ ...held, config }] : [];
    });
  }

  /** Overwrites the values before they are left to the collector. */
  #drop(scope: string): void {
    for (const { value } of this.#held.get(scope)?.values ?? []) value.fill(0);
    this.#held.delete(scope);
  }

  #fingerprint(clusterId: string, name: string, value: Uint8Array): string {
    const hmac = nodeCrypto().createHmac("sha256", this.#key);
    // None of the texts before the value holds NUL, so no two of them are alike.
    hmac.update(`${clusterId}\0${name}\0`).update(value);
    return `${FORM}:${this.#epoch}:${hmac.digest("hex")}`;
  }
}

function isInForce({ cluster_id, config }: SetProtectedHealthCheck, tables: ReadonlyTables) {
  const headers = tables.clusters.get(cluster_id)?.health_check?.headers ?? [];
  return sameHeaders(headers, config.headers);
}
