import { equal } from "node:assert/strict";
import fc from "fast-check";
import { Backend, LoadMetric, parseBackendAddress } from "./backend.ts";
import { LoadTournament } from "./load_tournament.ts";

function backends(count: number): Backend[] {
  return Array.from({ length: count }, (_, index) => {
    const address = parseBackendAddress(`10.0.0.${index}:80`);
    if (address === null) throw new Error("The test has an invalid address");
    return new Backend(
      { id: `b${index}`, address, stickyId: null, weight: null, backup: false },
      0,
    );
  });
}

Deno.test("LoadTournament knows the lightest after every change, the first of equals", () => {
  const changes = fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 60 });
  fc.assert(fc.property(fc.nat(13), changes, (count, steps) => {
    const candidates = backends(count);
    candidates.forEach((backend, index) => backend.share.candidateIndex = index);
    const tournament = new LoadTournament(LoadMetric.CONNECTIONS);
    tournament.reset(candidates);
    for (const [at, open] of steps) {
      const backend = candidates[at % Math.max(1, count)];
      if (open) backend?.connectionOpened();
      else backend?.connectionClosed();
      if (backend !== undefined) tournament.update(backend);
      // Sorting is stable, so equals keep their order.
      const sorted = candidates.toSorted((a, b) => a.activeConnections - b.activeConnections);
      equal(tournament.first, sorted[0] ?? null);
    }
  }));
});

Deno.test("LoadTournament.update() ignores a backend that is no candidate", () => {
  const [one, two] = backends(2);
  if (one === undefined || two === undefined) return;
  one.share.candidateIndex = 0;
  const tournament = new LoadTournament(LoadMetric.CONNECTIONS);
  tournament.reset([one]);
  two.share.candidateIndex = 0;
  tournament.update(two);
  equal(tournament.first, one);
});
