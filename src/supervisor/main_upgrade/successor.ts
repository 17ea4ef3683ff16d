// The successor of a main process, as the old one sees it: started from the program that is on disk now,
// given the snapshot, and ended when it misses a deadline or refuses.

import type { AggregatedMetrics, ListenerOrders } from "../../../config/schema/messages.ts";
import { type LooseProcess, spawnLoose } from "../../io/process/child.ts";
import { BindError, bindUnixSocket, type UnixListener } from "../../io/net/unix_socket.ts";
import { type MainSnapshot, writeSnapshot } from "./snapshot.ts";
import { currentImage, installedImage, selfCommand } from "../self_command.ts";
import { UpgradeChannel, type UpgradeStep } from "./channel.ts";

/**
 * Deadline of each step of the successor, in times of `worker_timeout`: in it a process starts, and then
 * its workers take in the whole state.
 */
const DEADLINE_FACTOR = 3;

/** The successor. */
export class MainSuccessor {
  readonly pid: number;
  readonly #process: LooseProcess;
  readonly #channel: UpgradeChannel;
  readonly #deadlineMs: number;

  private constructor(process: LooseProcess, channel: UpgradeChannel, deadlineMs: number) {
    this.pid = process.pid;
    this.#process = process;
    this.#channel = channel;
    this.#deadlineMs = deadlineMs;
  }

  /** Starts the program on disk and sends it the snapshot; the reason when it does not come up. */
  static async start(snapshot: MainSnapshot): Promise<MainSuccessor | string> {
    const path = `${snapshot.config.command_socket}.next`;
    const listener = await bindUnixSocket(path);
    if (listener instanceof BindError) return listener.message;
    const deadlineMs = snapshot.config.worker_timeout * 1000 * DEADLINE_FACTOR;
    let process: LooseProcess | null = null;
    try {
      const { command, args } = selfCommand(installedImage(currentImage()), [
        "start",
        "--inherit",
        path,
      ]);
      process = spawnLoose(command, args);
      const connection = await accept(listener, process, deadlineMs);
      if (typeof connection === "string") {
        process.kill();
        await process.ended;
        return connection;
      }
      const successor = new MainSuccessor(
        process,
        new UpgradeChannel(connection),
        deadlineMs,
      );
      await successor.#channel.sendSnapshot(writeSnapshot(snapshot));
      return successor;
    } catch (error) {
      process?.kill();
      return `the new program cannot be run: ${error instanceof Error ? error.message : error}`;
    } finally {
      listener.close();
    }
  }

  /** Resolves when all of its workers have proven themselves, with the reason when one has not. */
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
   * Sends the counts up to now and lets the successor take the command socket; the reason when it does not
   * answer there.
   */
  async takeOver(counted: AggregatedMetrics): Promise<string | null> {
    await this.#channel.send({ kind: "counted", value: counted });
    await this.#channel.send({ kind: "take_over", value: {} });
    const step = await this.#receive();
    if (typeof step === "string") return step;
    return step.kind === "serving" ? null : `the new main process answers ${step.kind}`;
  }

  /** Acknowledges the hand-over: this main process has closed its listeners. Sends the counts up to now. */
  async acknowledge(orders: ListenerOrders, counted: AggregatedMetrics): Promise<void> {
    await this.#channel.send({ kind: "settled", value: orders }).catch(() => {});
    await this.#channel.send({ kind: "counted", value: counted }).catch(() => {});
  }

  /** Sends the final counts and closes the channel. */
  async finish(counted: AggregatedMetrics): Promise<void> {
    await this.#channel.send({ kind: "counted", value: counted }).catch(() => {});
    this.#channel.close();
  }

  /** Ends the successor. Its workers, if there are any, hand over to this main process by themselves. */
  async dismiss(): Promise<void> {
    // It drains its workers when the connection closes, if it still can.
    this.#channel.close();
    const timer = setTimeout(() => this.#process.kill(), DISMISS_MS);
    await this.#process.ended;
    clearTimeout(timer);
  }

  async #receive(): Promise<UpgradeStep | string> {
    const step = await withinDeadline(
      this.#channel.receive(),
      this.#deadlineMs,
      "the new main process says nothing",
    );
    return step ??
      await withinDeadline(endOf(this.#process), DISMISS_MS, "the new main process has gone");
  }
}

/** How long a dismissed successor may take to end before it is killed, in milliseconds. */
const DISMISS_MS = 5_000;

/** The connection of the successor, or why it does not come. */
function accept(
  listener: UnixListener,
  process: LooseProcess,
  deadlineMs: number,
): Promise<Deno.UnixConn | string> {
  const connection = Promise.race([listener.accept(), endOf(process)]);
  return withinDeadline(connection, deadlineMs, "the new program does not come up");
}

/** The value of `work`, or `problem` with the deadline when that passes first. */
async function withinDeadline<T>(
  work: Promise<T>,
  ms: number,
  problem: string,
): Promise<T | string> {
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
