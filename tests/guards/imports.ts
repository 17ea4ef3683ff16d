// The imports of a source file: static, re-exports and dynamic ones with a constant specifier.

import { maskSource } from "./mask.ts";
import type { SourceFile } from "./tree.ts";

/** One import of a file. */
export interface FoundImport {
  /** As written: `./frame.ts`, `node:crypto`, `protobufjs`. */
  readonly specifier: string;
  /** For a file of the tree its path from the root, else null. */
  readonly path: string | null;
  /** Whether only types are imported: nothing is left of it when the program runs. */
  readonly typesOnly: boolean;
  readonly line: number;
}

const STATEMENT = /\b(?:import|export)\b([^;"'()=]*?)\bfrom\s*["']|\bimport\s*(?:\(\s*)?["']/g;

/** Every import of `file`, in order. */
export function findImports(file: SourceFile): FoundImport[] {
  const code = maskSource(file.text);
  return [...code.matchAll(STATEMENT)].map((match) => {
    const start = match.index + match[0].length;
    const quote = code[start - 1] as string;
    const specifier = file.text.slice(start, code.indexOf(quote, start));
    return {
      specifier,
      path: specifier.startsWith(".") ? resolve(file.path, specifier) : null,
      typesOnly: isTypesOnly(match[1] ?? ""),
      line: code.slice(0, start).split("\n").length,
    };
  });
}

function isTypesOnly(clause: string): boolean {
  if (/^\s*type\b/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(",").map((name) => name.trim());
  return names !== undefined && names.every((name) => name === "" || name.startsWith("type "));
}

function resolve(from: string, specifier: string): string {
  const url = new URL(specifier, `file:///${from}`);
  return url.pathname.slice(1);
}
