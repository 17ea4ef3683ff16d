// Header edits as an operator configures them: an empty value removes every field of that name, any
// other value is appended as one more field. Compiled once per route; a request only compares names
// and copies bytes. Fields that frame a message cannot be edited: that would be request smuggling.

import { asciiBytes, asciiText, equalsIgnoreCase } from "../../bytes/ascii.ts";
import { belongsToConnection, isAuthority, isFieldName, isFieldValue } from "./field_syntax.ts";
import { HeaderKind, headerKind } from "./header_kind.ts";
import { Field, FieldFlag, type MessageHead } from "./message_head.ts";

/** One edit; an empty value deletes. */
export interface HeaderEdit {
  readonly name: string;
  readonly value: string;
}

/** The edits of one direction of one route. */
export interface HeaderEdits {
  /** Lower-case names whose fields are removed, the proxy's own additions included. */
  readonly deletes: readonly Uint8Array[];
  /** Bits `1 << kind` of the deleted names that have a kind. */
  readonly deletedKinds: number;
  /** Appended lines, each ending in CRLF. */
  readonly lines: Uint8Array;
  /** Replaces the Host of a request, so that there is never a second one. */
  readonly host: Uint8Array | null;
}

/** Compiles edits; a string tells why they are refused, `null` means there are none. */
export function compileHeaderEdits(edits: readonly HeaderEdit[]): HeaderEdits | string | null {
  if (edits.length === 0) return null;
  const deletes: Uint8Array[] = [];
  let deletedKinds = 0;
  let lines = "";
  let host: Uint8Array | null = null;
  for (const { name, value } of edits) {
    if (!isFieldName(name)) {
      return `Invalid header name "${printable(name)}": a token is accepted`;
    }
    if (!isFieldValue(value)) {
      return `Invalid value of header "${name}": visible ASCII, spaces and tabs are accepted`;
    }
    const lower = asciiBytes(name.toLowerCase());
    const kind = headerKind(lower, 0, lower.length);
    if (belongsToConnection(name)) {
      return `Cannot edit header "${name}": it belongs to the connection`;
    }
    if (kind === HeaderKind.HOST) {
      if (value === "") return `Cannot delete header "Host": every request needs one`;
      if (!isAuthority(value)) {
        return `Invalid value of header "Host": a host, and a port behind ":", are accepted`;
      }
      host = asciiBytes(value);
    } else if (value === "") {
      deletes.push(lower);
      if (kind !== HeaderKind.OTHER) deletedKinds |= 1 << kind;
    } else {
      lines += `${name}: ${value}\r\n`;
    }
  }
  return { deletes, deletedKinds, lines: asciiBytes(lines), host };
}

/** Marks the fields of `head` that the edits delete. */
export function deleteFields(head: MessageHead, edits: HeaderEdits): void {
  if (edits.deletes.length === 0) return;
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    const end = head.at(i, Field.NAME_END);
    for (const name of edits.deletes) {
      if (equalsIgnoreCase(head.bytes, start, end, name)) head.flag(i, FieldFlag.DROP);
    }
  }
}

/** True when the edits delete the header called `lower`, which the proxy would add itself. */
export function deletesName(edits: HeaderEdits, lower: Uint8Array): boolean {
  return edits.deletes.some((name) => equalsIgnoreCase(lower, 0, lower.length, name));
}

/** The lines of `lines`, each ending in CRLF, whose headers the edits do not delete. */
export function keptLines(edits: HeaderEdits, lines: Uint8Array): Uint8Array {
  if (edits.deletes.length === 0 || lines.length === 0) return lines;
  const kept = asciiText(lines, 0, lines.length).split("\r\n").filter((line) =>
    line !== "" && !deletesName(edits, asciiBytes(line.slice(0, line.indexOf(":")).toLowerCase()))
  );
  return asciiBytes(kept.map((line) => `${line}\r\n`).join(""));
}

/** The headers of an answer of our own after the edits. */
export function editAnswerHeaders(
  headers: readonly HeaderEdit[],
  edits: HeaderEdits,
): readonly HeaderEdit[] {
  const deleted = new Set(edits.deletes.map((name) => new TextDecoder().decode(name)));
  const kept = headers.filter(({ name }) => !deleted.has(name.toLowerCase()));
  const lines = new TextDecoder().decode(edits.lines).split("\r\n").filter((line) => line !== "");
  const added = lines.map((line) => {
    const colon = line.indexOf(": ");
    return { name: line.slice(0, colon), value: line.slice(colon + 2) };
  });
  return [...kept, ...added];
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
