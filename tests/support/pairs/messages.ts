// Requests and responses as tests of every pair of HTTP versions see them: without what only one version has.

/** A field; its name in lower case. */
export type Field = readonly [name: string, value: string];

/** A request that a client is to send. */
export interface Asked {
  /** GET unless told. */
  readonly method?: string;
  /** `/` unless told. */
  readonly path?: string;
  /** `app.test` unless told. */
  readonly host?: string;
  readonly fields?: readonly Field[];
  /** No content unless told. */
  readonly body?: string | Uint8Array | null;
  /** The length of the body is announced; yes unless told, or trailers follow. */
  readonly sized?: boolean;
  readonly trailers?: readonly Field[];
}

/** Status and fields of a response. */
export interface Head {
  readonly status: number;
  readonly fields: readonly Field[];
}

/** A response that has come, or what has come of it. */
export interface Reply extends Head {
  readonly interims: readonly Head[];
  readonly body: Uint8Array;
  readonly trailers: readonly Field[];
  /** It has come to its end. */
  readonly whole: boolean;
}

/** A request that is under way. */
export interface ClientExchange {
  /** Sends part of the body. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** Ends the body. */
  end(trailers?: readonly Field[]): Promise<void>;
  /** The next head, interim or final. */
  head(): Promise<Head>;
  /** Part of the body, or what is said in a tunnel; empty at its end. */
  some(): Promise<Uint8Array>;
  /** The whole response. */
  reply(): Promise<Reply>;
  /** Gives the exchange up. */
  cancel(): Promise<void>;
}

/** A client of one version. */
export interface PairClient {
  /** Sends the head of a request whose body follows. */
  begin(asked: Asked): Promise<ClientExchange>;
  /** Sends the head of a WebSocket's request. */
  upgrade(path: string): Promise<ClientExchange>;
  /** Sends a request and takes its response. */
  ask(asked?: Asked): Promise<Reply>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A request as a backend got it. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** All others, in order. */
  readonly fields: readonly Field[];
  /** Number of the connection it came on. */
  readonly connection: number;
  /** Filled once the body has been read. */
  readonly trailers: readonly Field[];
  /** It asks for a WebSocket. */
  readonly tunnels: boolean;
  /** Part of the body; `null` at its end. */
  next(): Promise<Uint8Array | null>;
  body(): Promise<Uint8Array>;
}

/** How a backend answers one request. */
export interface Answering {
  interim(status: number, fields?: readonly Field[]): Promise<void>;
  /** The head of the response; its body follows unless it `ends`. */
  head(status: number, fields?: readonly Field[], ends?: boolean): Promise<void>;
  write(bytes: string | Uint8Array): Promise<void>;
  end(trailers?: readonly Field[]): Promise<void>;
  /** A response in one piece, with its length. */
  whole(status: number, body?: string | Uint8Array, fields?: readonly Field[]): Promise<void>;
  /** Agrees to a tunnel. */
  agree(): Promise<void>;
  /** Ends the connection at once, in the middle of whatever. */
  die(): void;
}

/** What a backend does with a request. */
export type Serve = (question: Question, answer: Answering) => Promise<void> | void;

/** A backend of one version. */
export interface PairBackend {
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  /** Every request, in order. */
  readonly questions: readonly Question[];
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Ends every connection that is open. */
  dropConnections(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** First value of a field. */
export function valueOf(
  { fields }: { readonly fields: readonly Field[] },
  name: string,
): string | undefined {
  return fields.find(([each]) => each === name)?.[1];
}

/** All values of a field. */
export function valuesOf(
  { fields }: { readonly fields: readonly Field[] },
  name: string,
): string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value);
}

/** Bytes of a text whose characters are bytes, or bytes. */
export function bytesOf(content: string | Uint8Array): Uint8Array {
  if (typeof content !== "string") return content;
  return Uint8Array.from(content, (letter) => letter.charCodeAt(0));
}
