// The other files a configuration names: certificates, keys, answer templates. Reading is injected;
// this file resolves names, bounds sizes and turns failures into values.

import { MAX_NAMED_FILE_CHARACTERS } from "../defaults.ts";
import { resolvePath } from "./path.ts";
import { type Place, type Problems, quote } from "./problem.ts";

/** Reads files named in a configuration; their paths are relative to the folder it lies in. */
export class FileSources {
  readonly #directory: string;
  readonly #readFile: (path: string) => string;
  readonly #problems: Problems;
  readonly #isStrict: boolean;

  /**
   * `readFile` gets absolute paths and throws when it cannot read. `isStrict` when the file is going to
   * be served; looking up one setting must not require that every key can be read.
   */
  constructor(
    directory: string,
    readFile: (path: string) => string,
    problems: Problems,
    isStrict: boolean,
  ) {
    this.#directory = directory;
    this.#readFile = readFile;
    this.#problems = problems;
    this.#isStrict = isStrict;
  }

  /** The text of a file that has to be there; undefined after an error was reported. */
  required(path: string | undefined, place: Place): string | undefined {
    return this.#read(path, place, (why) => this.#problems.error(place, why));
  }

  /** The absolute path of a file that is read later. */
  resolved(path: string): string {
    return resolvePath(this.#directory, path);
  }

  /** The text of a file that only serving needs; undefined after a problem was reported. */
  tolerated(path: string | undefined, place: Place): string | undefined {
    if (this.#isStrict) return this.required(path, place);
    return this.#read(
      path,
      place,
      (why) => this.#problems.warn(place, `${why}; the key is treated as absent`),
    );
  }

  #read(
    path: string | undefined,
    place: Place,
    report: (why: string) => void,
  ): string | undefined {
    if (path === undefined) return undefined;
    try {
      if (path === "") throw new Error("the path is empty");
      const text = this.#readFile(resolvePath(this.#directory, path));
      if (text.length <= MAX_NAMED_FILE_CHARACTERS) return text;
      throw new Error(`it is longer than ${MAX_NAMED_FILE_CHARACTERS} characters`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report(`File ${quote(path)} of '${place.key}' cannot be read: ${reason}`);
      return undefined;
    }
  }
}

/** Splits a PEM bundle behind each END CERTIFICATE marker; text behind the last one is dropped. */
export function splitCertificateChain(bundle: string): string[] {
  const marker = "-----END CERTIFICATE-----";
  return bundle.split(marker).slice(0, -1).map((part) => part.trimStart() + marker + "\n");
}

/** A certificate with its chain after it, as TCP listeners carry them in one text. */
export function withChain(certificate: string, chain: string | undefined): string {
  if (chain === undefined) return certificate;
  return certificate + (certificate.endsWith("\n") ? "" : "\n") + chain;
}
