// A copy of the program in which the functions of walks tell that they are called. Main and its workers
// write to one file, and each line goes to its end, so that the file has the order of the calls.

import { findFunctions } from "../../guards/functions.ts";
import { copyProgram } from "../process/program_copy.ts";
import { type Step, stepName } from "./walk.ts";

/** The file of the record, as the processes of the copy are told. */
const RECORD = "SOZU_WALK_RECORD";

/** A copy of the program in a folder of its own, which goes with it. */
export class RecordedProgram {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A copy in which `steps` are recorded. Throws when a step is not exactly one function of its file. */
  static async create(steps: readonly Step[]): Promise<RecordedProgram> {
    const program = new RecordedProgram(await Deno.makeTempDir({ prefix: "sozu-walk-" }));
    try {
      await copyProgram(program.#folder);
      for (const step of steps) program.#instrument(step);
      program.clear();
      return program;
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The program, as a URL. */
  get mainModule(): string {
    return new URL(`file://${this.#folder}/main.ts`).href;
  }

  /** What its processes need to know. */
  get env(): Record<string, string> {
    return { [RECORD]: this.#record };
  }

  /** Forgets what was recorded. */
  clear(): void {
    Deno.writeTextFileSync(this.#record, "");
  }

  /** The names of the steps that were called, by their first call. */
  called(): string[] {
    const lines = Deno.readTextFileSync(this.#record).split("\n");
    return [...new Set(lines.filter((line) => line !== ""))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #record(): string {
    return `${this.#folder}/record`;
  }

  #instrument(step: Step): void {
    const path = `${this.#folder}/${step.path}`;
    Deno.writeTextFileSync(path, withRecord(Deno.readTextFileSync(path), step));
  }
}

/** `source` whose function `step` begins with a line for the record. */
export function withRecord(source: string, step: Step): string {
  const found = findFunctions(source).filter(({ name }) => name === step.name);
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw new Error(`${stepName(step)} is the name of ${found.length} functions`);
  }
  const at = only.open + 1;
  const line = JSON.stringify(`${stepName(step)}\n`);
  const call =
    `Deno.writeTextFileSync(Deno.env.get("${RECORD}") ?? "", ${line}, { append: true });`;
  return `${source.slice(0, at)} ${call}${source.slice(at)}`;
}
