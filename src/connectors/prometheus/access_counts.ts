// Counts of the connector's own endpoint, under the names of the upstream connector. No label holds what a
// client chose: methods and statuses are few, and the host is the address the connector listens on.

import type { Family, FamilySeries } from "../../exposition/family.ts";

interface Count {
  requests: number;
  micros: number;
}

/** Counts of requests and the time they took. */
export class AccessCounts {
  readonly #host: string;
  readonly #counts = new Map<string, Count>();

  constructor(host: string) {
    this.#host = host;
  }

  /** Counts one answered request that took `milliseconds`. */
  add(method: string, status: number, milliseconds: number): void {
    const known = method === "GET" || method === "HEAD" ? method : "other";
    const key = `${known} ${status}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { requests: 0, micros: 0 };
      this.#counts.set(key, count);
    }
    count.requests++;
    count.micros += Math.round(milliseconds * 1000);
  }

  families(): Family[] {
    const of = (value: (count: Count) => number): FamilySeries[] =>
      [...this.#counts].map(([key, count]) => {
        const [method = "", status = ""] = key.split(" ");
        const labels = [["method", method], ["host", this.#host], ["status", status]] as const;
        return { labels, value: BigInt(value(count)) };
      });
    return [
      {
        name: "http_access_requests_count",
        kind: "counter",
        help: "Requests answered by this connector",
        series: of(({ requests }) => requests),
      },
      {
        name: "http_access_requests_duration",
        kind: "counter",
        help: "Microseconds spent on them",
        series: of(({ micros }) => micros),
      },
    ];
  }
}
