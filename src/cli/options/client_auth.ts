// The options of HTTPS listeners about certificates of clients. Whether authorities and revocation lists can be used is
// decided by the main process and the workers.

import { type Command, InvalidArgumentError, Option } from "commander";
import {
  ClientAuthMode,
  type ClientAuthPolicy,
  type ClientCertificateHeaders,
} from "../../../config/schema/messages.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import type { BuildInputs } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";
import { oneOf, repeated, StoredAs } from "./argument_parsers.ts";
import { declarePair } from "./listener.ts";

/** Parsed options. */
export interface ClientAuthOptions {
  readonly clientAuth?: ClientAuthMode;
  readonly clientCa?: readonly string[];
  readonly clientCrl?: readonly string[];
  readonly log_client_certificate?: boolean;
}

/** The fields that the options fill; absent where nothing was given. */
export interface ClientAuthFields {
  readonly policy?: ClientAuthPolicy;
  readonly others: { readonly log_client_certificate?: boolean };
}

const MODES = {
  none: ClientAuthMode.CLIENT_AUTH_NONE,
  optional: ClientAuthMode.CLIENT_AUTH_OPTIONAL,
  required: ClientAuthMode.CLIENT_AUTH_REQUIRED,
};

const FACTS = ["subject", "names", "fingerprint", "verified"] as const;

/** Declares `--client-header`, which plain listeners have as well: no client may set the headers there either. */
export function declareClientHeaderOption(command: Command): Command {
  return command.addOption(
    new StoredAs(
      "client_certificate_headers",
      "--client-header <fact=name>",
      `Header that tells backends the ${FACTS.join(", ")} of a certificate (repeatable)`,
    ).argParser(clientHeader),
  );
}

/** Declares the options of HTTPS listeners. */
export function declareClientAuthOptions(command: Command): Command {
  command
    .addOption(
      new Option("--client-auth <mode>", "Certificates of clients: none, optional or required")
        .argParser(oneOf(MODES)),
    )
    .addOption(
      new Option("--client-ca <file>", "Authority that may issue them, PEM (repeatable)")
        .argParser(repeated),
    )
    .addOption(
      new Option("--client-crl <file>", "What authorities have revoked, PEM (repeatable)")
        .argParser(repeated),
    );
  return declarePair(
    command,
    "log_client_certificate",
    { flag: "--log-client-certificate", description: "Name the client in the access log" },
    { flag: "--no-log-client-certificate", description: "Leave it out of the access log" },
  );
}

/** Reads what was given. A policy is replaced as a whole, so the files go with the mode. */
export function clientAuthOf(
  options: ClientAuthOptions,
  inputs: Pick<BuildInputs, "readFile">,
): ClientAuthFields | CommandProblem {
  const { clientAuth, clientCa = [], clientCrl = [] } = options;
  const others = presentFields({ log_client_certificate: options.log_client_certificate });
  if (clientAuth === undefined) {
    return clientCa.length + clientCrl.length === 0
      ? { others }
      : new CommandProblem("Give --client-auth with --client-ca and --client-crl");
  }
  const authorities = readAll(clientCa, inputs);
  if (authorities instanceof CommandProblem) return authorities;
  const lists = readAll(clientCrl, inputs);
  if (lists instanceof CommandProblem) return lists;
  const policy = {
    client_auth: clientAuth,
    client_ca_certificates: authorities,
    client_ca_crls: lists,
  };
  return { policy, others };
}

function readAll(
  paths: readonly string[],
  { readFile }: Pick<BuildInputs, "readFile">,
): string[] | CommandProblem {
  const texts: string[] = [];
  for (const path of paths) {
    const text = readFile(path);
    if (text instanceof CommandProblem) return text;
    texts.push(text);
  }
  return texts;
}

function clientHeader(
  text: string,
  previous: ClientCertificateHeaders | undefined,
): ClientCertificateHeaders {
  const equals = text.indexOf("=");
  const fact = FACTS.find((each) => each === text.slice(0, equals));
  if (fact === undefined) {
    throw new InvalidArgumentError(`Expected FACT=NAME with one of ${FACTS.join(", ")}.`);
  }
  return { ...previous, [fact]: text.slice(equals + 1) };
}
