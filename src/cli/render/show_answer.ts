// The terminal answer of a request on the terminal of the user: `Success: ...` and its content as
// text, or only the content as JSON. A refused request becomes a problem for the caller to report.

import {
  type Request,
  type Response,
  type ResponseContent,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import { changeText } from "./change_text.ts";
import type { CliEnvironment } from "../environment.ts";
import type { GlobalOptions } from "../options/global_options.ts";
import { contentJsonPretty } from "./json_output.ts";
import { printableLines } from "./printable.ts";
import { CommandProblem } from "../problem.ts";
import { renderContent } from "./answer.ts";
import type { TableView } from "./table.ts";

/** Where and how to show an answer. */
export interface AnswerDisplay {
  readonly environment: Pick<CliEnvironment, "stdout">;
  readonly options: Pick<GlobalOptions, "json">;
  readonly view: TableView;
}

/** Prints an OK answer, its content with `render`; returns the reason of a FAILURE. */
export function showAnswer(
  answer: Response,
  display: AnswerDisplay,
  render: (content: ResponseContent | undefined) => string = (content) =>
    renderContent(content, display.view),
): CommandProblem | null {
  if (answer.status === ResponseStatus.FAILURE) {
    return new CommandProblem(answer.message, "refused");
  }
  const { environment, options } = display;
  if (options.json) {
    environment.stdout(contentJsonPretty(answer.content) + "\n");
    return null;
  }
  const message = answer.message === "" ? "Success" : `Success: ${answer.message}`;
  environment.stdout(printableLines(message) + "\n" + render(answer.content));
  return null;
}

/** Prints the line about the change that `request` made. */
export function showChange(
  request: Request,
  answer: Response,
  display: AnswerDisplay,
): CommandProblem | null {
  const change = changeText(request.request_type);
  const message = change === null || answer.message === ""
    ? change ?? answer.message
    : `${change}. ${answer.message}`;
  return showAnswer(
    answer.status === ResponseStatus.FAILURE ? answer : { ...answer, message },
    display,
  );
}
