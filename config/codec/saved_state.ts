// The saved-state format: records of one WorkerRequest as JSON, each followed by a line feed and a
// NUL. No header, no version. Reading stops at the first invalid record and says where it is.

import { fromJson, JsonError, toJson } from "./json.ts";
import { WorkerRequest } from "../schema/messages.ts";

const SEPARATOR = "\0";
/** White space of JSON. */
const LEADING_SPACE = /^[ \t\r\n]+/;

/** One record and where it stands; the first record and the first line are number 1. */
export interface SavedRecord {
  readonly request: WorkerRequest;
  readonly record: number;
  readonly line: number;
}

/** The first record that could not be read. */
export class RecordError {
  readonly message: string;
  /** Number of the record, the first is 1. */
  readonly record: number;
  /** Line on which the record starts, the first is 1. */
  readonly line: number;

  constructor(at: { record: number; line: number }, reason: string) {
    this.message = `Cannot read record ${at.record} on line ${at.line}: ${reason}`;
    this.record = at.record;
    this.line = at.line;
  }
}

/** What a text of records holds: the records before the first invalid one, and what is wrong. */
export interface ReadRecords {
  readonly records: WorkerRequest[];
  readonly error: RecordError | null;
}

/** One record with its terminator. */
export function writeRecord(record: WorkerRequest): string {
  return `${toJson(WorkerRequest, record)}\n${SEPARATOR}`;
}

/** Reads every record of a text. White space around records is accepted, a cut last record is not. */
export function readRecords(text: string): ReadRecords {
  const reader = new RecordReader(text);
  const records: WorkerRequest[] = [];
  for (let next = reader.next(); next !== null; next = reader.next()) {
    if (next instanceof RecordError) return { records, error: next };
    records.push(next.request);
  }
  return { records, error: null };
}

/** Reads a text record by record. */
export class RecordReader {
  readonly #text: string;
  #start = 0;
  #line = 1;
  #record = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next record, `null` after the last one, or why there can be no further one. */
  next(): SavedRecord | RecordError | null {
    const end = this.#text.indexOf(SEPARATOR, this.#start);
    const chunk = this.#text.slice(this.#start, end === -1 ? this.#text.length : end);
    const body = chunk.replace(LEADING_SPACE, "");
    if (end === -1 && body === "") return null;
    const at = {
      record: this.#record + 1,
      line: this.#line + countLines(chunk, chunk.length - body.length),
    };
    if (end === -1) return new RecordError(at, "it is cut short: no NUL ends it");
    const request = fromJson(WorkerRequest, chunk);
    if (request instanceof JsonError) return new RecordError(at, request.message);
    this.#record++;
    this.#line += countLines(chunk, chunk.length);
    this.#start = end + 1;
    return { request, ...at };
  }
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
