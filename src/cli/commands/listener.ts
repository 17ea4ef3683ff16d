// `sozu listener`: the sockets on which traffic arrives.

import type { Command } from "commander";
import type { SocketAddress } from "../../../config/schema/messages.ts";
import {
  ALL_LISTENER_KINDS,
  type ListenerKind,
  type ListenerProtocol,
} from "../../../config/state/listener_kinds.ts";
import {
  activateListener,
  deactivateListener,
  removeListener,
} from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { addressOption } from "../options/argument_parsers.ts";
import type { CommandHost } from "../command_host.ts";
import { listCommand, subcommand } from "../options/subcommand.ts";
import {
  registerHttpAdd,
  registerHttpsAdd,
  registerTcpAdd,
  registerUdpAdd,
} from "./listener_add.ts";
import { listListeners } from "./listener_list.ts";
import {
  registerHttpsUpdate,
  registerHttpUpdate,
  registerTcpUpdate,
  registerUdpUpdate,
} from "./listener_update.ts";

type Registration = (family: Command, host: CommandHost) => void;

const ADD: Readonly<Record<ListenerProtocol, Registration>> = {
  http: registerHttpAdd,
  https: registerHttpsAdd,
  tcp: registerTcpAdd,
  udp: registerUdpAdd,
};

const UPDATE: Readonly<Record<ListenerProtocol, Registration>> = {
  http: registerHttpUpdate,
  https: registerHttpsUpdate,
  tcp: registerTcpUpdate,
  udp: registerUdpUpdate,
};

/** Adds the family to the tree. */
export function registerListener(program: Command, host: CommandHost): void {
  const listener = subcommand(program, "listener", "Manage the sockets on which traffic arrives");

  listCommand(listener, "Show every listener", "Show every setting of each")
    .action((_options: unknown, command: Command) => host.perform(command, listListeners));

  for (const kind of ALL_LISTENER_KINDS) {
    const { protocol, label } = kind;
    const family = subcommand(listener, protocol, `Manage ${label} listeners`);
    ADD[protocol](family, host);
    UPDATE[protocol](family, host);
    registerSwitches(family, host, kind);
  }
}

function registerSwitches(family: Command, host: CommandHost, { proxy }: ListenerKind): void {
  const address = () => addressOption("Address of the listener");

  subcommand(family, "activate", "Start accepting traffic")
    .addOption(address())
    .action((options: { address: SocketAddress }, command: Command) =>
      host.send(command, () => requestOf(activateListener(proxy, options.address)))
    );

  subcommand(family, "deactivate", "Stop accepting traffic, keeping the listener")
    .addOption(address())
    .action((options: { address: SocketAddress }, command: Command) =>
      host.send(command, () => requestOf(deactivateListener(proxy, options.address)))
    );

  subcommand(family, "remove", "Remove the listener")
    .addOption(address())
    .action((options: { address: SocketAddress }, command: Command) =>
      host.send(command, () => requestOf(removeListener(proxy, options.address)))
    );
}
