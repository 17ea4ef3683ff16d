// Metric families, the parts of an exposition in the formats of Prometheus. A family has one name, one kind,
// and series that differ in their labels. A series that contradicts another is left out and counted: a
// scraper would refuse the whole document.

/** Kinds of families that exist here. */
export type FamilyKind = "counter" | "gauge" | "histogram";

/** Labels in the order they are written. */
export type Labels = readonly (readonly [string, string])[];

/** Counts at or below a bound, the bound without end last. */
export interface HistogramValue {
  /** Bounds in the unit of the family. */
  readonly buckets: readonly { readonly le: number; readonly count: bigint }[];
  readonly count: bigint;
  readonly sum: number;
}

/** One value with its labels. */
export interface FamilySeries {
  readonly labels: Labels;
  readonly value: bigint | number | HistogramValue;
}

/** One family. */
export interface Family {
  readonly name: string;
  readonly kind: FamilyKind;
  /** Empty for none. */
  readonly help: string;
  readonly series: FamilySeries[];
}

/** Families by name. */
export class Families {
  /** Series that did not fit. */
  dropped = 0;
  readonly #byName = new Map<string, Family>();
  readonly #known = new Set<string>();

  /** Adds a series to its family; the first series makes the family. */
  add(family: Omit<Family, "series">, series: FamilySeries): void {
    let known = this.#byName.get(family.name);
    if (known === undefined) {
      known = { ...family, series: [] };
      this.#byName.set(family.name, known);
    }
    const key = JSON.stringify([family.name, series.labels]);
    if (known.kind !== family.kind || this.#known.has(key)) {
      this.dropped++;
      return;
    }
    this.#known.add(key);
    known.series.push(series);
  }

  /** Every family, in order of the first series. */
  values(): Family[] {
    return [...this.#byName.values()];
  }

  /** Every family, by name. */
  sorted(): Family[] {
    return this.values().sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  }
}

/** A name in the characters that scrapers accept. */
export function safeName(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[0-9]/.test(safe) ? `_${safe}` : safe;
}
