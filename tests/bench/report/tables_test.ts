import assert from "node:assert/strict";
import type { PhaseReport } from "../figures/report.ts";
import { reportText } from "./tables.ts";

function phase(name: string, figures: Readonly<Record<string, number>>, errors = 0): PhaseReport {
  const lines = Object.entries(figures).map(([proxy, value]) => ({
    name: proxy,
    requestsPerSecond: 1,
    p50Micros: 1,
    p99Micros: 1,
    figure: value,
    workerFigure: value,
    ratio: null,
    errors,
  }));
  return {
    phase: name,
    figure: "CPU us/request",
    peers: "better",
    bar: null,
    lines,
    verdict: "INFORMATION",
  };
}

Deno.test("reportText() has a row for each load and each reload, and says what failed", () => {
  const text = reportText({
    at: "2030-01-01",
    machine: "2 cores",
    versions: ["nginx 1", "haproxy 2"],
    seconds: 2,
    rounds: 3,
    costs: [phase("keep-alive", { nginx: 20, sozu: 10 }), phase("bulk", { sozu: 5 }, 7)],
    reloads: [
      { proxy: "nginx", how: "HUP", reloads: 5, requests: 100, failures: 2, reason: "cut | short" },
      { proxy: "sozu", how: "upgrade", reloads: 5, requests: 90, failures: 0, reason: "x" },
    ],
  });
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  assert.deepEqual(rows, [
    "|  | figure | nginx | sozu |",
    "| --- | --- | --- | --- |",
    "| HTTP/1.1, connections kept | CPU us/request | 20.0 | 10.0 |",
    "| HTTP/1.1, bodies of 64 MiB | CPU us/request | not measured | 5.0, 7 failed |",
    "| proxy | reloaded by | reloads | requests | failures | most frequent failure |",
    "| --- | --- | --- | --- | --- | --- |",
    "| nginx | HUP | 5 | 100 | 2 | cut \\| short |",
    "| sozu | upgrade | 5 | 90 | 0 |  |",
  ]);
  assert.match(text, /Measured 2030-01-01 on 2 cores: nginx 1, haproxy 2\./);
});
