// Families as text in the format the scraper accepts: Prometheus 0.0.4 or OpenMetrics 1.0.

import type { Family, FamilySeries, HistogramValue, Labels } from "./family.ts";

/** The formats. */
export type ExpositionFormat = "text" | "openmetrics";

/** The Content-Type of each. */
export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The format an Accept header prefers; plain text unless OpenMetrics is named with at least its weight. */
export function chosenFormat(accept: string | null): ExpositionFormat {
  let openmetrics = 0;
  let text = 0;
  // An Accept header has few entries; further ones are not read.
  for (const entry of (accept ?? "").slice(0, 1024).split(",")) {
    const [type = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((it) => it.startsWith("q="))?.slice(2) ?? 1);
    const quality = Number.isFinite(weight) ? weight : 0;
    if (type === "application/openmetrics-text") openmetrics = Math.max(openmetrics, quality);
    else if (type === "text/plain" || type === "text/*") text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}

/** The families as one document. */
export function formatFamilies(families: readonly Family[], format: ExpositionFormat): string {
  const lines: string[] = [];
  for (const family of families) addFamily(lines, family, format);
  if (format === "openmetrics") lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");
}

function addFamily(lines: string[], family: Family, format: ExpositionFormat): void {
  const { name, kind, help } = family;
  // OpenMetrics names a counter without the `_total` of its samples.
  const named = format === "openmetrics" && kind === "counter" ? name.replace(/_total$/, "") : name;
  if (help !== "") lines.push(`# HELP ${named} ${escapeHelp(help, format)}`);
  lines.push(`# TYPE ${named} ${kind}`);
  if (format === "openmetrics" && kind === "histogram" && named.endsWith("_seconds")) {
    lines.push(`# UNIT ${named} seconds`);
  }
  for (const series of family.series) addSeries(lines, name, series, format);
}

function addSeries(
  lines: string[],
  name: string,
  { labels, value }: FamilySeries,
  format: ExpositionFormat,
): void {
  if (typeof value !== "object") lines.push(`${name}${formatLabels(labels)} ${value}`);
  else addHistogram(lines, name, labels, value, format);
}

function addHistogram(
  lines: string[],
  name: string,
  labels: Labels,
  { buckets, count, sum }: HistogramValue,
  format: ExpositionFormat,
): void {
  const bucket = (le: string, value: bigint) =>
    lines.push(`${name}_bucket${formatLabels([...labels, ["le", le]])} ${value}`);
  for (const { le, count: below } of buckets) bucket(formatBound(le, format), below);
  bucket("+Inf", count);
  lines.push(`${name}_sum${formatLabels(labels)} ${sum}`);
  lines.push(`${name}_count${formatLabels(labels)} ${count}`);
}

/** OpenMetrics wants bounds as floating-point numbers. */
function formatBound(le: number, format: ExpositionFormat): string {
  const text = String(le);
  return format === "openmetrics" && Number.isInteger(le) && !text.includes("e")
    ? `${text}.0`
    : text;
}

function formatLabels(labels: Labels): string {
  if (labels.length === 0) return "";
  return `{${labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",")}}`;
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
}

function escapeHelp(text: string, format: ExpositionFormat): string {
  const escaped = text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
  return format === "openmetrics" ? escaped.replace(/"/g, '\\"') : escaped;
}
