// A new main process as the old one sees it: started from what is on disk now, given the estate, and
// listened to. Ends it when it does not do what it should in time.

import type { AggregatedMetrics, ListenerOrders } from "../../../config/schema/messages.ts";
import { type LooseProcess, spawnLoose } from "../../io/process/child.ts";
import { BindError, bindUnixSocket, type UnixListener } from "../../io/net/unix_socket.ts";
import { type Estate, writeInheritance } from "./inherited_state.ts";
import { currentImage, installedImage, selfCommand } from "../self_command.ts";
import { SuccessionChannel, type SuccessionStep } from "./channel.ts";

/**
 * How long the new program may take for its next step, in times of `worker_timeout`: a whole process
 * starts in it, and then workers that take in a whole state.
 */
const PATIENCE = 3;

/** A new main process. */
export class MainSuccessor {
  readonly pid: number;
  readonly #process: LooseProcess;
  readonly #channel: SuccessionChannel;
  readonly #patienceMs: number;

  private constructor(process: LooseProcess, channel: SuccessionChannel, patienceMs: number) {
    this.pid = process.pid;
    this.#process = process;
    this.#channel = channel;
    this.#patienceMs = patienceMs;
  }

  /** Starts the program on disk and gives it the estate; the reason when it does not come. */
  static async start(estate: Estate): Promise<MainSuccessor | string> {
    const path = `${estate.config.command_socket}.next`;
    const listener = await bindUnixSocket(path);
    if (listener instanceof BindError) return listener.message;
    const patienceMs = estate.config.worker_timeout * 1000 * PATIENCE;
    let process: LooseProcess | null = null;
    try {
      const { command, args } = selfCommand(installedImage(currentImage()), [
        "start",
        "--inherit",
        path,
      ]);
      process = spawnLoose(command, args);
      const connection = await accept(listener, process, patienceMs);
      if (typeof connection === "string") {
        process.kill();
        await process.ended;
        return connection;
      }
      const successor = new MainSuccessor(
        process,
        new SuccessionChannel(connection),
        patienceMs,
      );
      await successor.#channel.sendInheritance(writeInheritance(estate));
      return successor;
    } catch (error) {
      process?.kill();
      return `the new program cannot be run: ${error instanceof Error ? error.message : error}`;
    } finally {
      listener.close();
    }
  }

  /** Resolves when all of its workers have proven themselves, with the reason when they have not. */
  async healthy(say: (text: string) => void): Promise<string | null> {
    for (;;) {
      const step = await this.#receive();
      if (typeof step === "string") return step;
      if (step.kind === "healthy") return null;
      if (step.kind === "refused") return `the new main process refuses: ${step.value}`;
      if (step.kind === "progress") say(step.value);
    }
  }

  /**
   * Tells it what has been counted so far and lets it take the command socket; the reason when it does not
   * answer there.
   */
  async takeOver(counted: AggregatedMetrics): Promise<string | null> {
    await this.#channel.send({ kind: "counted", value: counted });
    await this.#channel.send({ kind: "take_over", value: {} });
    const step = await this.#receive();
    if (typeof step === "string") return step;
    return step.kind === "serving" ? null : `the new main process answers ${step.kind}`;
  }

  /** Tells it that everything is its own now, and what has been counted so far. */
  async settle(orders: ListenerOrders, counted: AggregatedMetrics): Promise<void> {
    await this.#channel.send({ kind: "settled", value: orders }).catch(() => {});
    await this.#channel.send({ kind: "counted", value: counted }).catch(() => {});
  }

  /** Tells it what has been counted in all: nothing comes after that. */
  async conclude(counted: AggregatedMetrics): Promise<void> {
    await this.#channel.send({ kind: "counted", value: counted }).catch(() => {});
    this.#channel.close();
  }

  /** Ends it. Its workers, if it has any, hand over to this main process by themselves. */
  async dismiss(): Promise<void> {
    // It ends its workers in peace when the connection closes, if it still can.
    this.#channel.close();
    const timer = setTimeout(() => this.#process.kill(), DISMISS_MS);
    await this.#process.ended;
    clearTimeout(timer);
  }

  async #receive(): Promise<SuccessionStep | string> {
    const step = await inTime(
      this.#channel.receive(),
      this.#patienceMs,
      "the new main process says nothing",
    );
    return step ?? await inTime(endOf(this.#process), DISMISS_MS, "the new main process has gone");
  }
}

/** How long a new main process that is not wanted any more may take to leave, in milliseconds. */
const DISMISS_MS = 5_000;

/** The connection of the new process, or why it does not come. */
function accept(
  listener: UnixListener,
  process: LooseProcess,
  patienceMs: number,
): Promise<Deno.UnixConn | string> {
  const connection = Promise.race([listener.accept(), endOf(process)]);
  return inTime(connection, patienceMs, "the new program does not come up");
}

/** What `work` gives, or `problem` and the time it was given when that is over. */
async function inTime<T>(work: Promise<T>, ms: number, problem: string): Promise<T | string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`${problem} within ${ms / 1000} s`), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function endOf(process: LooseProcess): Promise<string> {
  const { code, signal } = await process.ended;
  return signal === null
    ? `the new program ends at once with code ${code}`
    : `the new program was killed by ${signal}`;
}
