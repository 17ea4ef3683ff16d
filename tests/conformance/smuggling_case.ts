// What a case of the smuggling corpus is, and the words its tables are written with.

/** One request and what must become of it. Its text is Latin-1: every character is one byte. */
export interface SmugglingCase {
  readonly name: string;
  readonly raw: string;
  /** 0 when the request is accepted, else the status of the answer. */
  readonly status: 0 | 400 | 413;
  /** Bytes behind an accepted request. */
  readonly rest: string;
}

/** A head may not be larger than this, line ends included. */
export const LARGEST_HEAD = 16_393;

/** A request that must never be taken for part of another, nor reach a backend inside of one. */
export const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n";
export const HOST = "Host: a.test\r\n";
export const POST = `POST / HTTP/1.1\r\n${HOST}`;
export const CHUNKED = "Transfer-Encoding: chunked\r\n";
/** A whole chunked body. */
export const ONE_CHUNK = "3\r\nabc\r\n0\r\n\r\n";

/** A request that is accepted, and what is left behind it. */
export function accept(name: string, raw: string, rest = ""): SmugglingCase {
  return { name, raw: raw + rest, status: 0, rest };
}

/** A request that is refused. */
export function refuse(name: string, raw: string, status: 400 | 413 = 400): SmugglingCase {
  return { name, raw, status, rest: "" };
}

/** A table of a name and the part that varies. */
export type Rows = readonly (readonly [string, string])[];

/** One refused request for each row. */
export function refuseAll(rows: Rows, around: (part: string) => string): SmugglingCase[] {
  return rows.map(([name, part]) => refuse(name, around(part)));
}

/** One accepted request for each row, with another one behind it. */
export function acceptAll(rows: Rows, around: (part: string) => string): SmugglingCase[] {
  return rows.map(([name, part]) => accept(name, around(part), HIDDEN));
}
