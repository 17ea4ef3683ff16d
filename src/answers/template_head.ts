// Reads the status line and header lines of an answer template and refuses whatever would make the
// response malformed or its end ambiguous. The input has CRLF line ends already. Knows nothing of
// placeholders.

/** One header line as written, value without surrounding blanks. */
export interface TemplateField {
  readonly name: string;
  readonly value: string;
}

/** The parts of a template before placeholders are looked for. */
export interface TemplateHead {
  readonly reason: string;
  readonly fields: readonly TemplateField[];
  /** Everything after the empty line. */
  readonly body: string;
  readonly asksToClose: boolean;
  readonly hasHtmlType: boolean;
}

/** Most header lines in one template; the same order as what servers accept in a message. */
const MAX_FIELDS = 100;

/** Most characters of a refused line that are quoted back. */
const MAX_QUOTED = 80;

const STATUS_LINE = /^HTTP\/1\.[01] ([0-9]{3})(?: ([\t\x20-\x7e]*))?$/;
// RFC 9110 section 5.1: a field name is a token; section 5.5: a value has no control character.
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e]*)$/;

/** Splits `text`; a string is the reason why it is refused. */
export function readTemplateHead(status: number, text: string): TemplateHead | string {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) {
    return "the head has no end, a status line, header lines and an empty line are accepted";
  }
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const line = STATUS_LINE.exec(statusLine);
  if (line === null) {
    return `${quoted(statusLine)} is not a status line, "HTTP/1.1 ${status} Reason" is accepted`;
  }
  if (Number(line[1]) !== status) {
    return `the status line says "${line[1]}", "${status}" is accepted`;
  }
  if (lines.length > MAX_FIELDS) {
    return `it has ${lines.length} header lines, at most ${MAX_FIELDS} are accepted`;
  }
  const fields: TemplateField[] = [];
  for (const text of lines) {
    const field = readField(text);
    if (typeof field === "string") return field;
    fields.push(field);
  }
  return {
    reason: line[2] ?? "",
    fields,
    body: text.slice(end + 4),
    asksToClose: fields.some(saysClose),
    hasHtmlType: isHtml(fields, text.slice(end + 4)),
  };
}

function quoted(line: string): string {
  return line.length > MAX_QUOTED ? `"${line.slice(0, MAX_QUOTED)}..."` : `"${line}"`;
}

function readField(line: string): TemplateField | string {
  const match = FIELD_LINE.exec(line);
  if (match === null) {
    return `${quoted(line)} is not a header line, "Name: value" in printable ASCII is accepted`;
  }
  const field = { name: match[1] ?? "", value: (match[2] ?? "").trim() };
  if (field.name.toLowerCase() === "transfer-encoding") {
    return `${quoted(line)} is not accepted, the body of an answer is sent as it is`;
  }
  return field;
}

/** RFC 9110 section 7.6.1: Connection is a list of tokens. */
function saysClose(field: TemplateField): boolean {
  return field.name.toLowerCase() === "connection" &&
    field.value.split(",").some((token) => token.trim().toLowerCase() === "close");
}

/** A declared HTML type, or none declared and a body that a browser would take for HTML. */
function isHtml(fields: readonly TemplateField[], body: string): boolean {
  const type = fields.find((field) => field.name.toLowerCase() === "content-type");
  if (type === undefined) return /^\s*</.test(body);
  return /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(type.value);
}
