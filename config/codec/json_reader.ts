// A strict JSON reader (RFC 8259) for records that come from files: integers keep their text, so that
// 64-bit values survive; duplicate keys, lone surrogates and deep nesting are refused. It knows no
// schema.

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A parsed JSON value; objects are maps, numbers keep their text. */
export type JsonValue =
  | null
  | boolean
  | string
  | JsonNumber
  | JsonValue[]
  | Map<string, JsonValue>;

/** Why a text is not the wanted JSON, and where. */
export class JsonError {
  readonly message: string;
  /** Position in the text, in UTF-16 units; the start of the text when the shape is wrong. */
  readonly position: number;
  constructor(message: string, position: number) {
    this.message = message;
    this.position = position;
  }
}

/** Deepest nesting that is read. */
export const JSON_DEPTH_LIMIT = 100;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Reads one JSON value that fills `text`, white space aside. Never throws. */
export function readJson(text: string): JsonValue | JsonError {
  const reader = new JsonReader(text);
  const value = reader.readValue(0);
  if (value === undefined) return reader.problem ?? new JsonError("Cannot read JSON", 0);
  return reader.expectEnd() ?? value;
}

/** The state of one reading. Its methods answer `undefined` once `problem` is set. */
class JsonReader {
  readonly #text: string;
  /** A number at the place where its search begins. */
  readonly #number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  #position = 0;
  problem: JsonError | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(depth: number): JsonValue | undefined {
    if (depth > JSON_DEPTH_LIMIT) return this.#fail("nesting is too deep");
    this.#skipSpace();
    const first = this.#text[this.#position];
    switch (first) {
      case "{":
        return this.#readObject(depth);
      case "[":
        return this.#readArray(depth);
      case '"':
        return this.#readString();
      case "t":
        return this.#readWord("true", true);
      case "f":
        return this.#readWord("false", false);
      case "n":
        return this.#readWord("null", null);
      default:
        return this.#readNumber();
    }
  }

  expectEnd(): JsonError | null {
    this.#skipSpace();
    if (this.#position < this.#text.length) this.#fail("something follows the value");
    return this.problem;
  }

  #readObject(depth: number): Map<string, JsonValue> | undefined {
    const object = new Map<string, JsonValue>();
    this.#position += 1;
    this.#skipSpace();
    if (this.#take("}")) return object;
    do {
      this.#skipSpace();
      const key = this.#text[this.#position] === '"'
        ? this.#readString()
        : this.#fail("a key is missing");
      if (key === undefined) return undefined;
      if (object.has(key)) return this.#fail(`the key "${key}" occurs twice`);
      this.#skipSpace();
      if (!this.#take(":")) return this.#fail('":" is missing');
      const value = this.readValue(depth + 1);
      if (value === undefined) return undefined;
      object.set(key, value);
      this.#skipSpace();
    } while (this.#take(","));
    return this.#take("}") ? object : this.#fail('"," or "}" is missing');
  }

  #readArray(depth: number): JsonValue[] | undefined {
    const array: JsonValue[] = [];
    this.#position += 1;
    this.#skipSpace();
    if (this.#take("]")) return array;
    do {
      const value = this.readValue(depth + 1);
      if (value === undefined) return undefined;
      array.push(value);
      this.#skipSpace();
    } while (this.#take(","));
    return this.#take("]") ? array : this.#fail('"," or "]" is missing');
  }

  #readString(): string | undefined {
    const start = this.#position;
    this.#position += 1;
    let text = this.#readPlainText();
    while (this.#take("\\")) {
      const character = this.#readEscape();
      if (character === undefined) return undefined;
      text += character + this.#readPlainText();
    }
    if (!this.#take('"')) {
      return this.#fail("a text is not closed, or holds a control character");
    }
    if (text.isWellFormed()) return text;
    this.#position = start;
    return this.#fail("a text holds half of a surrogate pair");
  }

  #readEscape(): string | undefined {
    const letter = this.#text[this.#position] ?? "";
    const plain = ESCAPES[letter];
    if (plain !== undefined) {
      this.#position += 1;
      return plain;
    }
    const digits = this.#text.slice(this.#position + 1, this.#position + 5);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      return this.#fail("an escape is unknown");
    }
    this.#position += 5;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #readNumber(): JsonNumber | undefined {
    this.#number.lastIndex = this.#position;
    const text = this.#number.exec(this.#text)?.[0] ?? "";
    this.#position += text.length;
    return text === "" ? this.#fail("a value is missing") : new JsonNumber(text);
  }

  #readWord<T extends boolean | null>(word: string, value: T): T | undefined {
    if (!this.#text.startsWith(word, this.#position)) return this.#fail("a value is missing");
    this.#position += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position += 1;
    }
  }

  /** Consumes text up to a quote, a backslash, a control character or the end. */
  #readPlainText(): string {
    const start = this.#position;
    let position = start;
    for (; position < this.#text.length; position++) {
      const code = this.#text.charCodeAt(position);
      if (code === QUOTE || code === BACKSLASH || code < SPACE) break;
    }
    this.#position = position;
    return this.#text.slice(start, position);
  }

  #fail(reason: string): undefined {
    this.problem ??= new JsonError(
      `Cannot read JSON at position ${this.#position}: ${reason}`,
      this.#position,
    );
    return undefined;
  }
}
