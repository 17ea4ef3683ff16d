// The command line inside a test: arguments in, and out come the request they stand for, or what
// was printed. Nothing is connected or sent.

import type { Command } from "commander";
import {
  type CommandSettings,
  readCommandSettings,
} from "../../../config/file/command_settings.ts";
import type { Request } from "../../../config/schema/messages.ts";
import type { BuildInputs, Built, CommandHost } from "../../../src/cli/command_host.ts";
import { type CliEnvironment } from "../../../src/cli/environment.ts";
import { type GlobalOptions, globalOptionsOf } from "../../../src/cli/options/global_options.ts";
import { CommandProblem } from "../../../src/cli/problem.ts";
import { buildProgram } from "../../../src/cli/program.ts";

/** What a command line came to. */
export interface ParsedLine {
  readonly request: Request["request_type"];
  /** Message of a problem found after parsing (exit code 1). */
  readonly problem: string | null;
  readonly warnings: readonly string[];
  readonly options: GlobalOptions | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Commander's code of a syntax error, help or version; null when parsing went through. */
  readonly parserCode: string | null;
  readonly parserExit: number | null;
}

/** Surroundings of a command line. */
export interface LineSurroundings {
  /** Files the command line may read, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Configuration text. */
  readonly config?: string;
  /** A client of the command socket. */
  readonly connect?: BuildInputs["connect"];
}

/** Parses a command line and builds its request. */
export async function parseLine(
  args: readonly string[],
  surroundings: LineSurroundings = {},
): Promise<ParsedLine> {
  const host = new CapturingHost(surroundings);
  const terminal = new CapturedTerminal();
  let parserCode: string | null = null;
  let parserExit: number | null = null;
  try {
    await buildProgram(host, terminal).parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || !("exitCode" in error)) throw error;
    parserCode = String(error.code);
    parserExit = Number(error.exitCode);
  }
  return {
    request: host.request?.request_type ?? null,
    problem: host.problem,
    warnings: host.warnings,
    options: host.options,
    stdout: terminal.out + host.printed,
    stderr: terminal.err,
    parserCode,
    parserExit,
  };
}

/** Collects what would be printed. */
export class CapturedTerminal {
  out = "";
  err = "";

  stdout(text: string): void {
    this.out += text;
  }

  stderr(text: string): void {
    this.err += text;
  }
}

/** An environment made of a terminal, variables and real files. */
export function environmentFor(
  terminal: CapturedTerminal,
  overrides: Partial<CliEnvironment> = {},
): CliEnvironment {
  return {
    cwd: Deno.cwd(),
    stdoutIsTerminal: false,
    columns: null,
    variable: () => undefined,
    readTextFile: (path) => Deno.readTextFileSync(path),
    readBytes: (path) => Deno.readFileSync(path),
    stdout: (text) => terminal.stdout(text),
    stderr: (text) => terminal.stderr(text),
    interrupted: new AbortController().signal,
    sleep: () => Promise.resolve(),
    ...overrides,
  };
}

class CapturingHost implements CommandHost {
  readonly #surroundings: LineSurroundings;
  request: Request | null = null;
  problem: string | null = null;
  warnings: string[] = [];
  options: GlobalOptions | null = null;
  printed = "";

  constructor(surroundings: LineSurroundings) {
    this.#surroundings = surroundings;
  }

  async send(
    command: Command,
    build: (inputs: BuildInputs) => Built | Promise<Built>,
  ): Promise<void> {
    this.options = globalOptionsOf(command);
    const built = await build(this.#inputs());
    if (built instanceof CommandProblem) this.problem = built.message;
    else this.request = built;
  }

  perform(command: Command): Promise<void> {
    this.options = globalOptionsOf(command);
    return Promise.resolve();
  }

  // deno-lint-ignore require-await
  async checkConfig(command: Command): Promise<void> {
    this.options = globalOptionsOf(command);
  }

  start(command: Command): Promise<void> {
    return this.perform(command);
  }

  connector(command: Command): Promise<void> {
    return this.perform(command);
  }

  print(text: string): void {
    this.printed += text;
  }

  #inputs(): BuildInputs {
    const files = this.#surroundings.files ?? {};
    return {
      config: configFrom(this.#surroundings.config ?? ""),
      cwd: "/home/me",
      readFile: (path) => files[path] ?? new CommandProblem(`Cannot read "${path}": not there`),
      readBytes: (path) => {
        const text = files[path];
        return text === undefined
          ? new CommandProblem(`Cannot read "${path}": not there`)
          : new TextEncoder().encode(text);
      },
      warn: (message) => void this.warnings.push(message),
      connect: this.#surroundings.connect ??
        (() => Promise.reject(new Error("A captured command line connects to nothing"))),
    };
  }
}

function configFrom(text: string): CommandSettings {
  const result = readCommandSettings(text, { path: "/etc/sozu.toml", cwd: "/" });
  if (!result.ok) throw new Error(result.problem.message);
  return result.settings;
}
