// How the loader's tests call it: a file system made of a record, and short names for what tests
// look at. Used by tests only.

import {
  type Config,
  type ConfigProblem,
  loadConfig,
  type LoadResult,
} from "../../../config/file/load.ts";
import type { Request } from "../../../config/schema/messages.ts";
import { ConfigState } from "../../../config/state/state.ts";

/** An answer template that compiles, and the same as it is written in a TOML string. */
export function template(status: number): { readonly text: string; readonly toml: string } {
  const head = `HTTP/1.1 ${status} Answer`;
  return { text: `${head}\n\nbody`, toml: `${head}\\n\\nbody` };
}

type RequestType = NonNullable<Request["request_type"]>;

/** Loads a text as `/etc/sozu/sozu.toml` by a process in `/run/work`. */
export function load(text: string, files: Readonly<Record<string, string>> = {}): LoadResult {
  return loadConfig(text, {
    path: "/etc/sozu/sozu.toml",
    cwd: "/run/work",
    // Any text is a certificate here; whether it is one has tests of its own.
    trial: new ConfigState((pem) => ({ fingerprint: pem, names: [] })),
    readFile(path) {
      const content = files[path];
      if (content === undefined) throw new Error(`No such file '${path}'`);
      return content;
    },
  });
}

/** The configuration of a text that must load. */
export function loaded(text: string, files: Readonly<Record<string, string>> = {}): Config {
  const result = load(text, files);
  if (result.ok) return result.config;
  throw new Error(`Refused: ${JSON.stringify(result.errors, null, 2)}`);
}

/** The errors of a text that must not load. */
export function refused(
  text: string,
  files: Readonly<Record<string, string>> = {},
): ConfigProblem[] {
  const result = load(text, files);
  if (result.ok) throw new Error("Accepted, though it should be refused");
  return result.errors;
}

/** The only error of a text. */
export function refusedOnce(
  text: string,
  files: Readonly<Record<string, string>> = {},
): ConfigProblem {
  const [error, ...more] = refused(text, files);
  if (error === undefined || more.length > 0) {
    throw new Error(`Expected one error, found ${JSON.stringify([error, ...more], null, 2)}`);
  }
  return error;
}

type ValueOf<K extends RequestType["kind"]> = Extract<RequestType, { kind: K }>["value"];

/** The values of the requests of one kind, in order. */
export function requestsOf<K extends RequestType["kind"]>(config: Config, kind: K): ValueOf<K>[] {
  return config.requests.flatMap(({ request_type }) =>
    request_type?.kind === kind ? [request_type.value as ValueOf<K>] : []
  );
}

/** The only value of a list. */
export function only<T>(values: readonly T[]): T {
  const [value, ...more] = values;
  if (value === undefined || more.length > 0) {
    throw new Error(`Expected one value, found ${values.length}`);
  }
  return value;
}

/** The kinds of a configuration's requests, in order. */
export function kindsOf(config: Config): string[] {
  return config.requests.map((request) => request.request_type?.kind ?? "none");
}

/** A listener block, keys as TOML text. */
export function listener(protocol: string, port: number, keys = ""): string {
  return `[[listeners]]\nprotocol = "${protocol}"\naddress = "127.0.0.1:${port}"\n${keys}\n`;
}

/** A cluster block with its frontends and backends as TOML text. */
export function cluster(id: string, protocol: string, frontends = "", keys = ""): string {
  return `[clusters.${id}]\nprotocol = "${protocol}"\nfrontends = [${frontends}]\n` +
    `backends = []\n${keys}\n`;
}
