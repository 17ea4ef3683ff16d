// Notifies the service manager (sd_notify(3)): ready, reloading, stopping, another main process, and the watchdog
// where it is configured. Without a service manager nothing is sent.

import { changesState, rowOf, type VerbKind } from "../../config/state/verbs.ts";
import { monotonicMicros, NotifySocket } from "../io/process/notify_socket.ts";
import { loggerOf } from "../observe/log/log.ts";

/** Whether the service manager sees a reload while the request is executed. */
export function isReload(kind: VerbKind): boolean {
  return rowOf(kind).reloads === true || changesState(kind);
}

/** The receiver of messages. */
export interface NotifyTarget {
  send(message: string): Promise<string | null>;
}

/** The environment variables a service manager sets. */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/** The service manager of this process. */
export class ServiceManager {
  readonly #target: NotifyTarget | null;
  readonly #log = loggerOf("supervisor::service");
  #reloads = 0;
  #state: "starting" | "ready" | "stopping" = "starting";
  #failed = false;
  #watchdog: ReturnType<typeof setInterval> | undefined;

  /** `target`: `null` when there is no service manager. */
  constructor(target: NotifyTarget | null) {
    this.#target = target;
  }

  /** Opens the socket that the environment names. */
  static open(environment: ServiceEnvironment): ServiceManager {
    const name = environment.NOTIFY_SOCKET ?? "";
    const target = name === "" ? null : NotifySocket.open(name);
    const manager = new ServiceManager(target instanceof NotifySocket ? target : null);
    if (typeof target === "string") manager.#complain(target);
    manager.watch(environment);
    return manager;
  }

  /** Sends the watchdog message at half of the interval that is configured. */
  watch({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment): void {
    const micros = Number(WATCHDOG_USEC ?? 0);
    const isMeant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === Deno.pid;
    if (this.#target === null || !isMeant || !(micros > 0)) return;
    this.#watchdog = setInterval(() => this.#send("WATCHDOG=1"), micros / 2_000);
  }

  /** The service is ready. */
  ready(): void {
    if (this.#state === "starting") this.#state = "ready";
    this.#send("READY=1");
  }

  /** A reload begins; call {@link endReload} at its end. */
  beginReload(): void {
    if (this.#reloads++ > 0 || this.#state !== "ready") return;
    const now = monotonicMicros();
    this.#send(now === null ? "RELOADING=1" : `RELOADING=1\nMONOTONIC_USEC=${now}`);
  }

  endReload(): void {
    if (--this.#reloads > 0 || this.#state !== "ready") return;
    this.#send("READY=1");
  }

  /** This process is about to end, and the service with it. */
  stopping(): void {
    if (this.#state === "stopping") return;
    this.#state = "stopping";
    this.#send("STOPPING=1");
  }

  /** The successor is the main process from now on; it sends READY itself. */
  mainPid(pid: number): void {
    this.#send(`MAINPID=${pid}`);
  }

  /** Nothing is sent any more. */
  close(): void {
    clearInterval(this.#watchdog);
  }

  #send(message: string): void {
    void this.#target?.send(`${message}\n`).then((problem) => {
      if (problem !== null) this.#complain(problem);
    });
  }

  /** Logged once: a socket that is missing now will be missing next time. */
  #complain(problem: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#log.warn("Cannot notify the service manager: {problem}", { problem });
  }
}
