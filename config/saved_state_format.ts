// The saved-state format: records of one WorkerRequest as JSON, each followed by a line feed and a
// NUL. No header, no version. Reading stops at the first invalid record and says where it is.

import { fromJson, JsonError, toJson } from "./json.ts";
import { WorkerRequest } from "./messages.ts";

const SEPARATOR = "\0";
/** White space of JSON. */
const LEADING_SPACE = /^[ \t\r\n]+/;

/** The first record that could not be read. */
export interface RecordError {
  readonly message: string;
  /** Number of the record, the first is 1. */
  readonly record: number;
  /** Line on which the record starts, the first is 1. */
  readonly line: number;
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
  const records: WorkerRequest[] = [];
  let start = 0;
  let line = 1;
  for (;;) {
    const end = text.indexOf(SEPARATOR, start);
    const chunk = text.slice(start, end === -1 ? text.length : end);
    const body = chunk.replace(LEADING_SPACE, "");
    if (end === -1 && body === "") return { records, error: null };
    const at = {
      record: records.length + 1,
      line: line + countLines(chunk, chunk.length - body.length),
    };
    if (end === -1) return { records, error: problem(at, "it is cut short: no NUL ends it") };
    const record = fromJson(WorkerRequest, chunk);
    if (record instanceof JsonError) return { records, error: problem(at, record.message) };
    records.push(record);
    line += countLines(chunk, chunk.length);
    start = end + 1;
  }
}

function problem(at: { record: number; line: number }, reason: string): RecordError {
  const message = `Cannot read record ${at.record} on line ${at.line}: ${reason}`;
  return { ...at, message };
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
