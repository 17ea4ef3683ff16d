// Lines of the statsd protocol, in the two forms of sozu 2.1: names with dots, or with tags as InfluxDB
// has them. Ids may hold any character; in a line they must not end a name, a tag or the line. Pure.

/** Bytes of an id that go into a line: several must fit in a datagram. */
const MAX_TOKEN_BYTES = 120;

/** Characters that end a name or a line, and those that end a tag. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x20\x7f-\u{10ffff}:|@#]/gu;
const UNSAFE_IN_TAG = /[,=]/g;

/** What every line of one process has in common. */
export interface StatsdSource {
  readonly prefix: string;
  /** `MAIN` or `WRK-00`. */
  readonly origin: string;
  readonly version: string;
  readonly tagged: boolean;
}

/** The scope of a value; both ids are `null` for the process itself. */
export interface StatsdScope {
  readonly cluster: string | null;
  readonly backend: string | null;
}

/** `c` is a count, `g` a gauge, `ms` a time. */
export type StatsdKind = "c" | "g" | "ms";

/** The lines of one scope: made once, then only name and value are put together. */
export class StatsdLines {
  readonly #before: string;
  readonly #between: string;

  constructor(source: StatsdSource, { cluster, backend }: StatsdScope) {
    const { origin, version, tagged } = source;
    const prefix = tag(source.prefix);
    if (!tagged) {
      const ofCluster = cluster === null ? "" : `cluster.${token(cluster)}.`;
      const ofBackend = backend === null ? "" : `backend.${token(backend)}.`;
      this.#before = `${prefix}.${origin}.${ofCluster}${ofBackend}`;
      this.#between = ":";
      return;
    }
    const kind = backend !== null ? "backend." : cluster !== null ? "cluster." : "";
    this.#before = `${prefix}.${kind}`;
    this.#between = `,origin=${origin},version=${tag(version)}` +
      (cluster === null ? "" : `,cluster_id=${tag(cluster)}`) +
      (backend === null ? "" : `,backend_id=${tag(backend)}`) + ":";
  }

  /** One line without its end. `times`: how many equal samples it stands for. */
  line(name: string, value: number, kind: StatsdKind, times = 1): string {
    const rate = times === 1 ? "" : `|@${(1 / times).toPrecision(12)}`;
    return `${this.#before}${name}${this.#between}${value}|${kind}${rate}`;
  }
}

/** An id as part of a dotted name. A fingerprint keeps ids apart that were cut. */
function token(text: string): string {
  const safe = text.replace(UNSAFE, "_");
  if (safe.length <= MAX_TOKEN_BYTES) return safe;
  return `${safe.slice(0, MAX_TOKEN_BYTES - 9)}_${fingerprint(text)}`;
}

function tag(text: string): string {
  return token(text).replace(UNSAFE_IN_TAG, "_");
}

/** Eight hexadecimal digits, the same for the same text (FNV-1a). */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}
