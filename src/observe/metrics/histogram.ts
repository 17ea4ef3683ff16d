// A histogram of non-negative integers with three significant digits, as sozu 2.1 keeps its times: values
// below 2048 are exact, larger ones fall into classes of 2, 4, 8 … Memory grows only where values are
// seen, in pages, and has a ceiling. Recording neither allocates nor searches.

/** Values below this are exact. */
const EXACT = 2048;
/** Classes of each doubling above. */
const CLASSES = EXACT / 2;
/** Bits of the values below {@linkcode EXACT}. */
const EXACT_BITS = 11;
/** Larger values count as this one: 24 days, were they milliseconds. */
export const LARGEST_VALUE = 2 ** 31 - 1;

const PAGE_BITS = 6;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;

/** Quantiles that are reported, smallest first; the last is the maximum. */
export const QUANTILES = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1] as const;

/** How many values lay at or below a bound. */
export interface CumulativeBucket {
  readonly le: number;
  readonly count: number;
}

/** The counts of a histogram. */
export class Histogram {
  /** Recorded values. */
  samples = 0;
  /** Their exact sum. */
  sum = 0;
  readonly #pages: (Float64Array | undefined)[] = [];
  #largest = 0;

  /** Records an integer; what is below 0 counts as 0. */
  record(value: number, times = 1): void {
    if (!(value > 0)) value = 0;
    else if (value > LARGEST_VALUE) value = LARGEST_VALUE;
    const index = indexOf(value);
    let page = this.#pages[index >> PAGE_BITS];
    if (page === undefined) page = this.#addPage(index >> PAGE_BITS);
    page[index & PAGE_MASK] = (page[index & PAGE_MASK] as number) + times;
    this.samples += times;
    this.sum += value * times;
    if (value > this.#largest) this.#largest = value;
  }

  /** Forgets every value; the memory stays. */
  clear(): void {
    for (const page of this.#pages) page?.fill(0);
    this.samples = 0;
    this.sum = 0;
    this.#largest = 0;
  }

  /** The value at each of {@linkcode QUANTILES}: the largest one of its class. */
  quantiles(): number[] {
    const values: number[] = [];
    let below = 0;
    let last = 0;
    this.#visit((index, count) => {
      below += count;
      last = largestOf(index);
      while (values.length < QUANTILES.length && below >= this.#rank(values.length)) {
        values.push(last);
      }
    });
    while (values.length < QUANTILES.length) values.push(last);
    return values;
  }

  /** Cumulative counts at 0, 1, 3, 7 … up to the first bound that covers every value. */
  buckets(): CumulativeBucket[] {
    const counts: number[] = [];
    this.#visit((index, count) => {
      const bucket = bucketOf(smallestOf(index));
      while (counts.length <= bucket) counts.push(0);
      counts[bucket] = (counts[bucket] as number) + count;
    });
    let count = 0;
    return counts.map((own, bucket) => ({ le: 2 ** bucket - 1, count: count += own }));
  }

  /** How many values are at or below the quantile with this position. */
  #rank(position: number): number {
    // The product has a rounding error for some sizes, which must not raise the rank by one.
    return Math.max(1, Math.ceil(this.samples * (QUANTILES[position] as number) - 1e-9));
  }

  #visit(visit: (index: number, count: number) => void): void {
    for (let number = 0; number < this.#pages.length; number++) {
      const page = this.#pages[number];
      if (page === undefined) continue;
      for (let at = 0; at < PAGE_SIZE; at++) {
        const count = page[at] as number;
        if (count > 0) visit((number << PAGE_BITS) + at, count);
      }
    }
  }

  #addPage(number: number): Float64Array {
    const page = new Float64Array(PAGE_SIZE);
    this.#pages[number] = page;
    return page;
  }
}

/** The class of a value. */
function indexOf(value: number): number {
  if (value < EXACT) return value;
  const shift = 32 - EXACT_BITS - Math.clz32(value);
  return EXACT + (shift - 1) * CLASSES + ((value >> shift) - CLASSES);
}

/** How far the values of a class are shifted to number it. */
function shiftOf(index: number): number {
  return index < EXACT ? 0 : Math.floor((index - EXACT) / CLASSES) + 1;
}

function smallestOf(index: number): number {
  const shift = shiftOf(index);
  if (shift === 0) return index;
  return (((index - EXACT) % CLASSES) + CLASSES) * 2 ** shift;
}

function largestOf(index: number): number {
  return smallestOf(index) + 2 ** shiftOf(index) - 1;
}

/** The first bound `2^i - 1` at or above a value. */
function bucketOf(value: number): number {
  return 32 - Math.clz32(value);
}
