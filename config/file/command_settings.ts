// What a command needs from the configuration file of the process it talks to: where the command socket is,
// how long to wait, and the defaults of what it may create. Each key is read on its own, and nothing else is
// looked at: a fault anywhere else in the file must not keep anybody from asking a running proxy how it is.

import * as defaults from "../defaults.ts";
import type { GlobalSettings } from "./config.ts";
import { directoriesOf } from "./global_settings.ts";
import { GLOBAL_KEYS } from "./keys/globals.ts";
import { namesAFile, resolvePath } from "./path.ts";
import { type ConfigProblem, Problems, quote } from "./problem.ts";
import type { KeyRule } from "./table.ts";
import { parseToml, type TomlError, type TomlTable } from "./toml.ts";

/** What is read. */
const KEYS = [
  "command_socket",
  "ctl_command_timeout",
  "max_command_buffer_size",
  "front_timeout",
  "back_timeout",
  "connect_timeout",
  "request_timeout",
  "buffer_size",
] as const;

/** Settings of the command line. Names are those of the file. */
export type CommandSettings = Pick<GlobalSettings, (typeof KEYS)[number]>;

/** The settings; or why the socket cannot be told, with the problem of the file. */
export type CommandSettingsResult =
  | { readonly ok: true; readonly settings: CommandSettings; readonly ignored: ConfigProblem[] }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** The settings where there is no file: `socket` is the absolute path of the command socket. */
export function commandSettings(socket: string): CommandSettings {
  return {
    command_socket: socket,
    ctl_command_timeout: defaults.DEFAULT_CTL_COMMAND_TIMEOUT_MS,
    max_command_buffer_size: defaults.DEFAULT_MAX_COMMAND_BUFFER_BYTES,
    front_timeout: defaults.DEFAULT_FRONT_TIMEOUT_SECONDS,
    back_timeout: defaults.DEFAULT_BACK_TIMEOUT_SECONDS,
    connect_timeout: defaults.DEFAULT_CONNECT_TIMEOUT_SECONDS,
    request_timeout: defaults.DEFAULT_REQUEST_TIMEOUT_SECONDS,
    buffer_size: defaults.DEFAULT_BUFFER_BYTES,
  };
}

/**
 * Reads the settings out of the text of a file at `path`, seen from the absolute directory `cwd`. A key with
 * a wrong value has its default and is among `ignored`; only a socket that cannot be told is a failure.
 * Never throws.
 */
export function readCommandSettings(
  text: string,
  { path, cwd }: { readonly path: string; readonly cwd: string },
): CommandSettingsResult {
  const { table, error } = topLevel(text);
  const problems = new Problems(path);
  const read = <T>(key: string, rule: KeyRule<T>): T | undefined => {
    const entry = table.entries.get(key);
    return entry && rule.reader.read(entry.value, { key, line: entry.line }, problems);
  };
  const socket = read("command_socket", GLOBAL_KEYS.command_socket);
  const entry = table.entries.get("command_socket");
  if (socket !== undefined && entry !== undefined && !namesAFile(socket)) {
    problems.error(
      { key: "command_socket", line: entry.line },
      `Wrong value ${quote(socket)}, accepted: the path of a file`,
    );
  }
  const [wrongSocket] = problems.errors();
  if (wrongSocket !== undefined) return { ok: false, problem: wrongSocket };
  if (socket === undefined && error !== null) {
    const { place, message } = error;
    return { ok: false, problem: { file: path, line: place.line, key: place.key, message } };
  }
  const settings: Record<string, unknown> = commandSettings(
    socket === undefined
      ? resolvePath(cwd, defaults.DEFAULT_COMMAND_SOCKET_NAME)
      : resolvePath(directoriesOf(path, cwd).config, socket),
  );
  for (const key of KEYS) {
    if (key !== "command_socket") settings[key] = read(key, GLOBAL_KEYS[key]) ?? settings[key];
  }
  return { ok: true, settings: settings as unknown as CommandSettings, ignored: problems.errors() };
}

/**
 * The keys before the first table header. A file that cannot be parsed still has lines that can: each line
 * with one of the keys is read alone, and `error` says what is wrong with the whole.
 */
function topLevel(text: string): { table: TomlTable; error: TomlError | null } {
  const header = /^[ \t]*\[/m.exec(text)?.index;
  // A header inside a string or an array leaves the part before it unfinished: then the whole is parsed.
  const part = header === undefined ? null : parseToml(text.slice(0, header));
  if (part?.kind === "table") return { table: part, error: null };
  const whole = parseToml(text);
  if (whole.kind === "table") return { table: whole, error: null };
  return { table: linesOf(text.slice(0, header)), error: whole };
}

function linesOf(text: string): TomlTable {
  const table: TomlTable = { kind: "table", line: 1, entries: new Map() };
  const wanted: ReadonlySet<string> = new Set(KEYS);
  text.split("\n").forEach((line, index) => {
    const name = /^[ \t]*["']?([a-z_]+)["']?[ \t]*=/.exec(line)?.[1];
    if (name === undefined || !wanted.has(name) || table.entries.has(name)) return;
    const parsed = parseToml(line);
    const entry = parsed.kind === "table" ? parsed.entries.get(name) : undefined;
    if (entry !== undefined) table.entries.set(name, { line: index + 1, value: entry.value });
  });
  return table;
}
