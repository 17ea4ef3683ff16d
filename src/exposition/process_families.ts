// The processes of a proxy under the names that every Prometheus client library uses, and their build. Pure.

import type { Family, FamilyKind, FamilySeries, Labels } from "./family.ts";

/** The facts of one process. */
export interface ProcessValues {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  readonly openDescriptors: number;
  /** `null` for no limit. */
  readonly mostDescriptors: number | null;
  /** Unix time. */
  readonly startedAtSeconds: number;
}

/** One process with the labels that identify it. */
export interface DescribedProcess {
  readonly labels: Labels;
  readonly values: ProcessValues;
}

type Row = readonly [
  name: string,
  kind: FamilyKind,
  help: string,
  value: (values: ProcessValues) => number | null,
];

const ROWS: readonly Row[] = [
  [
    "process_cpu_seconds_total",
    "counter",
    "Processor time the process has used, in user and kernel mode, in seconds",
    ({ cpuSeconds }) => cpuSeconds,
  ],
  [
    "process_max_fds",
    "gauge",
    "File descriptors the process may have open",
    ({ mostDescriptors }) => mostDescriptors,
  ],
  [
    "process_open_fds",
    "gauge",
    "File descriptors the process has open",
    ({ openDescriptors }) => openDescriptors,
  ],
  [
    "process_resident_memory_bytes",
    "gauge",
    "Memory of the process that is in RAM, in bytes",
    ({ residentBytes }) => residentBytes,
  ],
  [
    "process_start_time_seconds",
    "gauge",
    "When the process started, in seconds since 1970",
    ({ startedAtSeconds }) => startedAtSeconds,
  ],
  [
    "process_virtual_memory_bytes",
    "gauge",
    "Address space of the process, in bytes",
    ({ virtualBytes }) => virtualBytes,
  ],
];

/** The families of several processes. */
export function processFamilies(processes: readonly DescribedProcess[]): Family[] {
  return ROWS.map(([name, kind, help, valueOf]) => ({
    name,
    kind,
    help,
    series: processes.flatMap(({ labels, values }): FamilySeries[] => {
      const value = valueOf(values);
      return value === null ? [] : [{ labels, value }];
    }),
  })).filter(({ series }) => series.length > 0);
}

/** The build, as labels of a value that is always 1. */
export function buildFamily(labels: Labels): Family {
  return {
    name: "sozu_build_info",
    kind: "gauge",
    help: "Always 1; the labels tell the version, the build and the runtime of the proxy",
    series: [{ labels, value: 1n }],
  };
}
