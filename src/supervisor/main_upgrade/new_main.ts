// A main process that takes the place of another one: it is given everything the old one has, starts its
// own workers beside the old ones, and takes over only when they have proven themselves. Until then it
// leaves nothing behind when it goes.

import manifest from "../../../deno.json" with { type: "json" };
import { buildId } from "../../io/process/build_id.ts";
import { BindError, WaitingListener } from "../../io/net/unix_socket.ts";
import type { Arrival } from "./arrival.ts";
import { type Estate, readInheritance } from "./inherited_state.ts";
import { PidFile } from "../pid_file.ts";
import { ProcessLog } from "../process_log.ts";
import { currentImage } from "../self_command.ts";
import { ServiceManager } from "../service_manager.ts";
import { fileSource, supervise } from "../start.ts";
import { SuccessionChannel } from "./channel.ts";
import { Supervisor } from "../supervisor.ts";

const EXIT_OK = 0;
const EXIT_FAILURE = 1;

/** Takes over from the main process that waits at `path`; resolves with the exit code. */
export async function inherit(path: string): Promise<number> {
  let channel: SuccessionChannel;
  try {
    channel = await SuccessionChannel.connect(path);
  } catch (error) {
    console.error(`Cannot reach the old main process: ${error}`);
    return EXIT_FAILURE;
  }
  const refuse = async (reason: string) => {
    console.error(reason);
    await channel.send({ kind: "refused", value: reason }).catch(() => {});
    return EXIT_FAILURE;
  };
  const message = await channel.receiveInheritance();
  if (typeof message === "string") return await refuse(message);
  const estate = readInheritance(message);
  if (typeof estate === "string") return await refuse(estate);
  const waiting = WaitingListener.bind(estate.config.command_socket);
  if (waiting instanceof BindError) return await refuse(waiting.message);
  return await succeed(estate, waiting, channel, refuse);
}

/** Takes what the old main process tells of what it has counted, until it has gone. */
async function takeCounts(channel: SuccessionChannel, arrival: Arrival): Promise<void> {
  for (;;) {
    const step = await channel.receive();
    if (step === null) break;
    if (step.kind === "counted") arrival.inheritCounts(step.value);
  }
  channel.close();
}

async function succeed(
  estate: Estate,
  waiting: WaitingListener,
  channel: SuccessionChannel,
  refuse: (reason: string) => Promise<number>,
): Promise<number> {
  const { config, logFilter } = estate;
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
    files: fileSource(config.config_path),
    log,
    listener,
    service,
    build: await buildId({ version: manifest.version, ...currentImage() }),
    estate,
  });
  const { pid_file_path } = config;
  const arrival = supervisor.arrival;
  try {
    return await supervise(supervisor, config, async () => {
      const problem = await arrival.prepare((value) =>
        void channel.send({ kind: "progress", value }).catch(() => {})
      );
      if (problem !== null) {
        await arrival.withdraw();
        return await refuse(problem);
      }
      await channel.send({ kind: "healthy", value: {} });
      let step = await channel.receive();
      if (step?.kind === "counted") {
        arrival.inheritCounts(step.value);
        step = await channel.receive();
      }
      if (step?.kind !== "take_over") {
        await arrival.withdraw();
        return EXIT_FAILURE;
      }
      waiting.takePlace();
      if (pid_file_path !== undefined) PidFile.takeOver(pid_file_path);
      supervisor.serve();
      await channel.send({ kind: "serving", value: Deno.pid }).catch(() => {});
      const settled = await channel.receive();
      await arrival.settle(settled?.kind === "settled" ? settled.value.orders : []);
      void takeCounts(channel, arrival);
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
