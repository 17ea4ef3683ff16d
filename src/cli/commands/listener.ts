// `sozu listener`: the sockets on which traffic arrives.

import type { Command } from "commander";
import type { SocketAddress } from "../../../config/schema/messages.ts";
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
import { LISTENER_PROTOCOLS, type ListenerProtocol } from "../options/listener.ts";
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

  for (const protocol of Object.keys(LISTENER_PROTOCOLS) as ListenerProtocol[]) {
    const family = subcommand(listener, protocol, `Manage ${protocol.toUpperCase()} listeners`);
    ADD[protocol](family, host);
    UPDATE[protocol](family, host);
    registerSwitches(family, host, protocol);
  }
}

function registerSwitches(family: Command, host: CommandHost, protocol: ListenerProtocol): void {
  const proxy = LISTENER_PROTOCOLS[protocol];
  const address = () => addressOption("Address of the listener");

  subcommand(family, "activate", "Start accepting traffic")
    .addOption(address())
    .action((options: { address: SocketAddress }, command: Command) =>
      host.send(command, () => ({
        request_type: {
          kind: "activate_listener",
          value: { address: options.address, proxy, from_scm: false },
        },
      }))
    );

  subcommand(family, "deactivate", "Stop accepting traffic, keeping the listener")
    .addOption(address())
    .action((options: { address: SocketAddress }, command: Command) =>
      host.send(command, () => ({
        request_type: {
          kind: "deactivate_listener",
          value: { address: options.address, proxy, to_scm: false },
        },
      }))
    );

  subcommand(family, "remove", "Remove the listener")
    .addOption(address())
    .action((options: { address: SocketAddress }, command: Command) =>
      host.send(command, () => ({
        request_type: { kind: "remove_listener", value: { address: options.address, proxy } },
      }))
    );
}
