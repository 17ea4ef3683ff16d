// A real main process for tests: started with a configuration text in a folder of its own, driven
// through its command socket, and gone with everything it left behind when the test ends.

import assert from "node:assert/strict";
import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import {
  Request,
  Response,
  ResponseStatus,
  RunState,
  type WorkerInfo,
} from "../../../config/schema/messages.ts";
import { encodeFrame, FrameError, FrameReader } from "../../../src/protocol/control/frame.ts";
import { processesWithEnvironment, readStat } from "./proc.ts";
import { waitFor as wait } from "../wait.ts";

type RequestType = NonNullable<Request["request_type"]>;

/** Longest wait for anything a healthy process does on a loaded machine, in milliseconds. */
const PATIENCE_MS = 60_000;
const MAX_FRAME = 64 * 1024 * 1024;
/** Environment variable that marks main and every worker of it, which may outlive it. */
const MARK = "SOZU_TEST_PROCESS";
const MAIN_MODULE = new URL("../../../main.ts", import.meta.url).href;

/** Waits until `condition` holds, as long as a healthy process may take for it. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  await wait(what, condition, { deadlineMs: PATIENCE_MS });
}

/** Stops a process in the middle of whatever it does; resolves when it does nothing any more. */
export async function freeze(pid: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  // A signal takes effect when the process next leaves the kernel.
  const stat = `/proc/${pid}/stat`;
  await waitFor("it to stop", () => Deno.readTextFileSync(stat).includes(") T "));
}

/** Whether a process exists (a zombie does not count). */
export function isAlive(pid: number): boolean {
  return readStat(pid)?.zombie === false;
}

/** One connection to a command socket. */
export class TestClient {
  readonly #connection: Deno.UnixConn;
  readonly #reader = new FrameReader(MAX_FRAME);
  readonly #buffer = new Uint8Array(64 * 1024);

  private constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  static async connect(path: string): Promise<TestClient> {
    return new TestClient(await Deno.connect({ transport: "unix", path }));
  }

  /** Writes bytes as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#connection.write(bytes.subarray(at));
    }
  }

  /** Sends requests in one write. */
  async send(...requests: RequestType[]): Promise<void> {
    const frames = requests.map((request_type) => encodeFrame(encode(Request, { request_type })));
    const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    await this.write(bytes);
  }

  /** The next answer; `null` when the connection was closed. */
  async receive(): Promise<Response | null> {
    while (true) {
      const frame = this.#reader.next();
      if (frame instanceof FrameError) throw new Error(frame.message);
      if (frame !== null) {
        const response = decode(Response, frame);
        if (response instanceof DecodeError) throw new Error(response.message);
        return response;
      }
      const length = await this.#read();
      if (length === null) return null;
      this.#reader.receive(this.#buffer.subarray(0, length));
    }
  }

  /** The next OK or FAILURE; fails when the connection is closed first. */
  async terminal(): Promise<Response> {
    while (true) {
      const response = await this.receive();
      assert.ok(response !== null, "the connection was closed before an answer");
      if (response.status !== ResponseStatus.PROCESSING) return response;
    }
  }

  /** Sends one request and returns its last answer. */
  async request(request: RequestType): Promise<Response> {
    await this.send(request);
    return await this.terminal();
  }

  /** Tells the other side that nothing more will be sent. */
  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #read(): Promise<number | null> {
    const timer = setTimeout(() => this.#connection.close(), PATIENCE_MS);
    try {
      return await this.#connection.read(this.#buffer);
    } catch (error) {
      // A peer that closed with unread bytes of ours resets the connection.
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** How a process is started. */
export interface SozuOptions {
  /** Environment variables of main and its workers. */
  readonly env?: Record<string, string>;
  /** Files written into the folder before the start, by name. */
  readonly files?: Record<string, string>;
  /** Longest wait until main answers, in milliseconds; what is usual unless told. */
  readonly patienceMs?: number;
  /** Whether to return before main answers, as for one that is expected to refuse to start. */
  readonly detached?: boolean;
  /** The program, as a URL; the one under test unless told. */
  readonly mainModule?: string;
  /** The runtime; the one of the test unless told. */
  readonly runtime?: string;
  /** What a shell does before it becomes main, such as setting limits. */
  readonly shell?: string;
}

/** A running main process. */
export class SozuProcess {
  /** The folder of this process, removed at the end; its working directory. */
  readonly folder: string;
  readonly socketPath: string;
  readonly configPath: string;
  readonly pid: number;
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #ownsFolder: boolean;
  readonly #mark: string;
  #stderr = "";
  #stdout = "";
  #output: Promise<void>;

  private constructor(
    folder: string,
    child: Deno.ChildProcess,
    mark: string,
    ownsFolder: boolean,
  ) {
    this.#mark = mark;
    this.folder = folder;
    this.socketPath = `${folder}/sozu.sock`;
    this.configPath = `${folder}/sozu.toml`;
    this.pid = child.pid;
    this.status = child.status;
    this.#child = child;
    this.#ownsFolder = ownsFolder;
    this.#output = Promise.all([
      collect(child.stderr, (text) => this.#stderr += text),
      collect(child.stdout, (text) => this.#stdout += text),
    ]).then(() => {});
  }

  /**
   * Starts a main process whose command socket is in its own folder; `config` is the rest of its
   * configuration, and may use the folder.
   */
  static async start(
    config: string | ((folder: string) => string),
    options: SozuOptions = {},
  ): Promise<SozuProcess> {
    const folder = await Deno.makeTempDir({ prefix: "sozu-test-" });
    const text = typeof config === "string" ? config : config(folder);
    for (const [name, content] of Object.entries(options.files ?? {})) {
      await Deno.writeTextFile(`${folder}/${name}`, content);
    }
    await SozuProcess.writeConfig(folder, text);
    return await SozuProcess.#launch(folder, options, true);
  }

  /** Starts one more main process in the folder of this one, with the same configuration. */
  startAgain(options: SozuOptions = {}): Promise<SozuProcess> {
    return SozuProcess.#launch(this.folder, options, false);
  }

  /** Replaces the configuration file; the command socket stays what it is. */
  static async writeConfig(folder: string, text: string): Promise<void> {
    await Deno.writeTextFile(
      `${folder}/sozu.toml`,
      `command_socket = "${folder}/sozu.sock"\n${text}`,
    );
  }

  static async #launch(
    folder: string,
    options: SozuOptions,
    ownsFolder: boolean,
  ): Promise<SozuProcess> {
    const mark = crypto.randomUUID();
    const before = options.shell === undefined ? "" : `${options.shell}; `;
    const child = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        `${before}exec "$@"`,
        "sh",
        options.runtime ?? Deno.execPath(),
        "run",
        "--quiet",
        "--allow-all",
        "--unstable-net",
        options.mainModule ?? MAIN_MODULE,
        "start",
        "--config",
        `${folder}/sozu.toml`,
      ],
      cwd: folder,
      env: { ...options.env, [MARK]: mark },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const process = new SozuProcess(folder, child, mark, ownsFolder);
    if (options.detached !== true) {
      try {
        await process.#ready(options.patienceMs ?? PATIENCE_MS);
      } catch (error) {
        await process.stop();
        throw error;
      }
    }
    return process;
  }

  /** What main and its workers printed so far. */
  get stderr(): string {
    return this.#stderr;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** A new connection to the command socket. */
  connect(): Promise<TestClient> {
    return TestClient.connect(this.socketPath);
  }

  /** Sends one request on a connection of its own; returns the last answer. */
  async request(request: RequestType): Promise<Response> {
    using client = await this.connect();
    return await client.request(request);
  }

  /** Like `request`, and fails with the answer's text unless it is OK. */
  async expectOk(request: RequestType): Promise<Response> {
    const response = await this.request(request);
    assert.equal(response.status, ResponseStatus.OK, response.message);
    return response;
  }

  /** The workers main knows, dead ones included. */
  async workers(): Promise<WorkerInfo[]> {
    const { content } = await this.request({ kind: "list_workers", value: {} });
    const type = content?.content_type;
    assert.equal(type?.kind, "workers");
    return type.value.vec;
  }

  /** The workers that are running. */
  async runningWorkers(): Promise<WorkerInfo[]> {
    return (await this.workers()).filter(({ run_state }) => run_state === RunState.RUNNING);
  }

  /** Pids of this main process, of every one that took over from it, and of all their workers. */
  processes(): number[] {
    return processesWithEnvironment(MARK, this.#mark).map(({ pid }) => pid);
  }

  /** Sends a signal to main. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  /** Waits until main has ended by itself; returns its exit code. */
  async exitCode(patienceMs: number = PATIENCE_MS): Promise<number> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`main did not exit\n${this.#stderr}`)),
        patienceMs,
      );
    });
    try {
      return (await Promise.race([this.status, late])).code;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends main and its workers whatever state they are in, and removes what they left. */
  async stop(): Promise<void> {
    this.kill("SIGKILL");
    await this.status;
    // Workers outlive a main process that is killed, and hold its stderr open.
    for (const { pid } of processesWithEnvironment(MARK, this.#mark)) killQuietly(pid);
    await this.#output;
    if (this.#ownsFolder) await Deno.remove(this.folder, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Waits until main and every worker answer. */
  async #ready(patienceMs: number): Promise<void> {
    let ended = false;
    void this.status.then(() => ended = true);
    await wait("the main process to answer", async () => {
      if (ended) return true;
      await this.request({ kind: "status", value: {} });
      return true;
    }, { deadlineMs: patienceMs });
    if (ended) throw new Error(`main ended before it answered\n${this.#stderr}`);
    await this.workers();
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  take: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
