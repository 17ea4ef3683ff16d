// `sozu listener http|https|tcp|udp add`: a new listening socket, inactive until it is activated.
// Options that are not given have the defaults of the configuration file.

import type { Command } from "commander";
import {
  defaultHttpListener,
  defaultHttpsListener,
  defaultTcpListener,
  defaultUdpListener,
} from "../../../config/state/listener_defaults.ts";
import type { CommandSettings } from "../../../config/file/command_settings.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import type {
  ClientCertificateHeaders,
  HttpListenerConfig,
  SocketAddress,
  TlsVersion,
} from "../../../config/schema/messages.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { addListener, LISTENER_KINDS } from "../../../config/state/listener_kinds.ts";
import { answerMessageOf, type AnswerPaths } from "../options/answer_files.ts";
import { addressOption, repeatedOneOf, unsigned32 } from "../options/argument_parsers.ts";
import type { BuildInputs, Built, CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import {
  clientAuthOf,
  type ClientAuthOptions,
  declareClientAuthOptions,
  declareClientHeaderOption,
} from "../options/client_auth.ts";
import {
  declareIdentityOptions,
  identityOf,
  type IdentityPaths,
} from "../options/listener_identity.ts";
import {
  declareClearH2Options,
  declareObsTextOptions,
  fieldOption,
  forwardedHeadersOption,
  givenFields,
  listOption,
  publicAddressOption,
  timeoutOption,
  uploadOption,
} from "../options/listener.ts";
import { CommandProblem } from "../problem.ts";
import { LISTENER_TLS_VERSIONS } from "../options/tls_versions.ts";

interface AddOptions {
  readonly address: SocketAddress;
  readonly interface?: string;
  readonly public_address?: SocketAddress;
  readonly expect_proxy?: boolean;
}

interface AddHttpOptions extends AddOptions, AnswerPaths {
  readonly sticky_name?: string;
  readonly front_timeout?: number;
  readonly back_timeout?: number;
  readonly connect_timeout?: number;
  readonly request_timeout?: number;
  readonly allow_obs_text?: boolean;
  readonly upload_min_bytes?: number;
  readonly forwarded_headers?: number;
  readonly client_certificate_headers?: ClientCertificateHeaders;
}

interface AddClearHttpOptions extends AddHttpOptions {
  readonly h2c_prior_knowledge?: boolean;
}

interface AddHttpsOptions extends AddHttpOptions, ClientAuthOptions {
  readonly tls_versions?: TlsVersion[];
  readonly tls_cipher_list?: string[];
}

interface AddTcpOptions extends AddOptions, IdentityPaths {
  readonly sni_preread_timeout?: number;
  readonly sni_preread_max_bytes?: number;
}

interface AddUdpOptions extends AddOptions {
  readonly front_timeout?: number;
  readonly back_timeout?: number;
  readonly max_rx_datagram_size?: number;
  readonly max_flows?: number;
}

const DESCRIPTION = "Create a listener; activate it to accept traffic";

export function registerHttpAdd(family: Command, host: CommandHost): void {
  declareClearH2Options(declareHttpOptions(subcommand(family, "add", DESCRIPTION)))
    .action((options: AddClearHttpOptions, command: Command) =>
      host.send(command, (inputs) => {
        const chosen = httpChoices(options, inputs);
        if (chosen instanceof CommandProblem) return chosen;
        const value = {
          ...defaultHttpListener(options.address, inputs.config),
          ...chosen,
          ...givenFields(options, ["h2c_prior_knowledge"]),
        };
        return requestOf(addListener(LISTENER_KINDS.http, value));
      })
    );
}

export function registerHttpsAdd(family: Command, host: CommandHost): void {
  declareClientAuthOptions(declareHttpOptions(subcommand(family, "add", DESCRIPTION)))
    .addOption(
      fieldOption(
        "tls_versions",
        "<version>",
        "TLS version to accept: TLS_V12 or TLS_V13, both by default (repeatable)",
      ).argParser(repeatedOneOf(LISTENER_TLS_VERSIONS)),
    )
    .addOption(listOption("tls_cipher_list", "<suite>", "Cipher suite to accept"))
    .action((options: AddHttpsOptions, command: Command) =>
      host.send(command, (inputs) => {
        const chosen = httpChoices(options, inputs);
        if (chosen instanceof CommandProblem) return chosen;
        const client = clientAuthOf(options, inputs);
        if (client instanceof CommandProblem) return client;
        const value = {
          ...defaultHttpsListener(options.address, inputs.config),
          ...chosen,
          ...client.policy,
          ...client.others,
          ...presentFields({
            versions: options.tls_versions,
            cipher_list: options.tls_cipher_list,
          }),
        };
        return requestOf(addListener(LISTENER_KINDS.https, value));
      })
    );
}

export function registerTcpAdd(family: Command, host: CommandHost): void {
  const add = subcommand(family, "add", DESCRIPTION)
    .addOption(addressOption("Address to listen on"))
    .addOption(publicAddressOption())
    .addOption(expectProxyOption())
    .addOption(
      fieldOption(
        "sni_preread_timeout",
        "<seconds>",
        "For the first message of TLS clients, where server names choose the cluster",
      ).argParser(unsigned32),
    )
    .addOption(
      fieldOption("sni_preread_max_bytes", "<bytes>", "Largest such message")
        .argParser(unsigned32),
    )
    .addOption(interfaceOption());
  declareIdentityOptions(add)
    .action((options: AddTcpOptions, command: Command) =>
      host.send(command, (inputs) => tcpListener(options, inputs))
    );
}

export function registerUdpAdd(family: Command, host: CommandHost): void {
  subcommand(family, "add", DESCRIPTION)
    .addOption(addressOption("Address to listen on"))
    .addOption(publicAddressOption())
    .addOption(interfaceOption())
    .addOption(timeoutOption("front_timeout"))
    .addOption(timeoutOption("back_timeout"))
    .addOption(
      fieldOption("max_rx_datagram_size", "<bytes>", "Largest datagram read").argParser(unsigned32),
    )
    .addOption(
      fieldOption("max_flows", "<n>", "Flows at once; 0 = derived from the open file limit")
        .argParser(unsigned32),
    )
    .action((options: AddUdpOptions, command: Command) =>
      host.send(command, ({ config }) => udpListener(options, config))
    );
}

function declareHttpOptions(command: Command): Command {
  command
    .addOption(addressOption("Address to listen on"))
    .addOption(publicAddressOption())
    .addOption(expectProxyOption())
    .addOption(interfaceOption())
    .option("--answer-404 <file>", "Template of the answer when nothing matches a request")
    .option("--answer-503 <file>", "Template of the answer when no server is available")
    .addOption(fieldOption("sticky_name", "<name>", "Cookie of sticky sessions"));
  for (const field of ["front_timeout", "back_timeout", "connect_timeout", "request_timeout"]) {
    command.addOption(timeoutOption(field));
  }
  command.addOption(forwardedHeadersOption()).addOption(uploadOption());
  return declareClientHeaderOption(declareObsTextOptions(command));
}

function expectProxyOption() {
  return fieldOption("expect_proxy", "", "Expect a PROXY protocol header from clients");
}

function interfaceOption() {
  return fieldOption(
    "interface",
    "<device>",
    "Network device; refused, listen on an address of the device instead",
  );
}

/** What was chosen of an HTTP listener. */
function httpChoices(
  options: AddHttpOptions,
  inputs: BuildInputs,
): Partial<HttpListenerConfig> | CommandProblem {
  const conflict = publicAddressConflict(options);
  if (conflict !== null) return conflict;
  const httpAnswers = answerMessageOf(options, inputs);
  if (httpAnswers instanceof CommandProblem) return httpAnswers;
  const answers = new Map<string, string>();
  if (httpAnswers?.answer_404 !== undefined) answers.set("404", httpAnswers.answer_404);
  if (httpAnswers?.answer_503 !== undefined) answers.set("503", httpAnswers.answer_503);
  return presentFields({
    address: options.address,
    interface: options.interface,
    public_address: options.public_address,
    expect_proxy: options.expect_proxy,
    sticky_name: options.sticky_name,
    front_timeout: options.front_timeout,
    back_timeout: options.back_timeout,
    connect_timeout: options.connect_timeout,
    request_timeout: options.request_timeout,
    allow_obs_text: options.allow_obs_text,
    upload_min_bytes: options.upload_min_bytes,
    forwarded_headers: options.forwarded_headers,
    client_certificate_headers: options.client_certificate_headers,
    http_answers: httpAnswers,
    answers,
  });
}

function tcpListener(options: AddTcpOptions, { config, ...inputs }: BuildInputs): Built {
  const conflict = publicAddressConflict(options);
  if (conflict !== null) return conflict;
  const identity = identityOf(options, inputs);
  if (identity instanceof CommandProblem) return identity;
  const { address, public_address, expect_proxy } = options;
  const { sni_preread_timeout, sni_preread_max_bytes } = options;
  const value = {
    ...defaultTcpListener(address, config),
    ...presentFields({ public_address, expect_proxy, interface: options.interface }),
    ...presentFields({ sni_preread_timeout, sni_preread_max_bytes }),
    ...identity,
  };
  return requestOf(addListener(LISTENER_KINDS.tcp, value));
}

function udpListener(options: AddUdpOptions, config: CommandSettings): Built {
  const { address, public_address, front_timeout, back_timeout, max_flows, interface: device } =
    options;
  const standard = defaultUdpListener(address, config);
  const datagram = options.max_rx_datagram_size ?? standard.max_rx_datagram_size;
  const value = {
    ...standard,
    ...presentFields({ public_address, front_timeout, back_timeout, max_flows, interface: device }),
    max_rx_datagram_size: Math.min(datagram, config.buffer_size),
  };
  return requestOf(addListener(LISTENER_KINDS.udp, value));
}

/** The PROXY header already has the public address. */
function publicAddressConflict(options: AddOptions): CommandProblem | null {
  if (options.public_address === undefined || options.expect_proxy !== true) return null;
  return new CommandProblem("Use either --public-address or --expect-proxy, not both");
}
