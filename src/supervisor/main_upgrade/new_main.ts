// The entry of a successor: a main process that takes over from another one. It receives the snapshot of
// the old one, starts its own workers beside the old ones, and takes over only when they have proven
// themselves. Until then it leaves nothing behind when it ends.

import manifest from "../../../deno.json" with { type: "json" };
import { buildId } from "../../io/process/build_id.ts";
import { forbidCoreDumps } from "../../io/process/core_dumps.ts";
import { BindError, WaitingListener } from "../../io/net/unix_socket.ts";
import type { TakeOver } from "./take_over.ts";
import { type MainSnapshot, readSnapshot } from "./snapshot.ts";
import { PidFile } from "../pid_file.ts";
import { ProcessLog } from "../process_log.ts";
import { currentImage } from "../self_command.ts";
import { ServiceManager } from "../service_manager.ts";
import { supervise } from "../start.ts";
import { UpgradeChannel } from "./channel.ts";
import { Supervisor } from "../supervisor.ts";

const EXIT_OK = 0;
const EXIT_FAILURE = 1;

/** Takes over from the main process that waits at `path`; resolves with the exit code. */
export async function runSuccessor(path: string): Promise<number> {
  const exposed = forbidCoreDumps();
  if (exposed !== null) console.error(exposed);
  let channel: UpgradeChannel;
  try {
    channel = await UpgradeChannel.connect(path);
  } catch (error) {
    console.error(`Cannot reach the old main process: ${error}`);
    return EXIT_FAILURE;
  }
  const refuse = async (reason: string) => {
    console.error(reason);
    await channel.send({ kind: "refused", value: reason }).catch(() => {});
    return EXIT_FAILURE;
  };
  const message = await channel.receiveSnapshot();
  if (typeof message === "string") return await refuse(message);
  const snapshot = readSnapshot(message);
  if (typeof snapshot === "string") return await refuse(snapshot);
  const { command_socket, command_socket_mode } = snapshot.config;
  const waiting = WaitingListener.bind(command_socket, command_socket_mode);
  if (waiting instanceof BindError) return await refuse(waiting.message);
  return await takeOver(snapshot, waiting, channel, refuse);
}

/** Takes the counts the old main process sends until it ends. */
async function takeCounts(channel: UpgradeChannel, takingOver: TakeOver): Promise<void> {
  for (;;) {
    const step = await channel.receive();
    if (step === null) break;
    if (step.kind === "counted") takingOver.restoreCounts(step.value);
  }
  channel.close();
}

async function takeOver(
  snapshot: MainSnapshot,
  waiting: WaitingListener,
  channel: UpgradeChannel,
  refuse: (reason: string) => Promise<number>,
): Promise<number> {
  const { config, logFilter } = snapshot;
  const log = new ProcessLog({
    target: config.log_target,
    filter: logFilter,
    colored: config.log_colored,
    json: config.log_format === "json",
  });
  const service = ServiceManager.open(Deno.env.toObject());
  const listener = waiting.listener();
  const supervisor = new Supervisor({
    config,
    configPath: config.config_path,
    log,
    listener,
    service,
    build: await buildId({ version: manifest.version, ...currentImage() }),
    snapshot,
  });
  const { pid_file_path } = config;
  const takingOver = supervisor.takeOver;
  try {
    return await supervise(supervisor, config, async () => {
      const problem = await takingOver.prepare((value) =>
        void channel.send({ kind: "progress", value }).catch(() => {})
      );
      if (problem !== null) {
        await takingOver.withdraw();
        return await refuse(problem);
      }
      await channel.send({ kind: "healthy", value: {} });
      let step = await channel.receive();
      if (step?.kind === "counted") {
        takingOver.restoreCounts(step.value);
        step = await channel.receive();
      }
      if (step?.kind !== "take_over") {
        await takingOver.withdraw();
        return EXIT_FAILURE;
      }
      waiting.takePlace();
      if (pid_file_path !== undefined) PidFile.takeOver(pid_file_path);
      supervisor.serve();
      await channel.send({ kind: "serving", value: Deno.pid }).catch(() => {});
      const acknowledged = await channel.receive();
      await takingOver.complete(acknowledged?.kind === "settled" ? acknowledged.value.orders : []);
      void takeCounts(channel, takingOver);
      await supervisor.finished;
      channel.close();
      return EXIT_OK;
    });
  } finally {
    await log.flushed();
    service.close();
    listener.close();
    if (pid_file_path !== undefined) PidFile.removeOwn(pid_file_path);
  }
}
