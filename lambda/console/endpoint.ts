import { ROUTES } from '../contract/routes.ts';
import { pageHeaders } from '../http/html.ts';
import type { Answer, Request } from '../http/message.ts';
import { answerHeaders } from '../http/message.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import type { Match } from '../http/router.ts';
import type { Reply } from '../http/serve.ts';
import { ASSERTION_HEADER, type Operator, type OperatorVerifier } from './operator-assertion.ts';
import { renderConsole } from './page.ts';
import { CONSOLE_STYLE } from './style.ts';

export interface ConsoleEndpointOptions {
  readonly origin: string;
  readonly environment: string;
  readonly verifier: OperatorVerifier;
}

/** The operator's console: nothing of it, not even its style, is for anyone whom the load balancer does not vouch for. */
export const createConsoleEndpoint =
  (options: ConsoleEndpointOptions) =>
  async (request: Request, match: Match): Promise<Reply | Refusal> => {
    const operator = await options.verifier.verify(request.header(ASSERTION_HEADER));
    if (isRefusal(operator)) return operator;
    const answer = answerRoute(options, match, operator, request.requestId);
    return isRefusal(answer) ? answer : { answer, fields: { operator: operator.subject } };
  };

const answerRoute = (
  { environment, origin }: ConsoleEndpointOptions,
  match: Match,
  operator: Operator,
  requestId: string,
): Answer | Refusal => {
  switch (match.name) {
    case 'console':
      return {
        status: 200,
        headers: { ...answerHeaders(requestId), ...pageHeaders("'self'") },
        body: renderConsole({ operator, environment, origin, stylePath: ROUTES.consoleStyle.path }),
      };
    case 'consoleStyle':
      return {
        status: 200,
        headers: { ...answerHeaders(requestId), 'Content-Type': 'text/css; charset=utf-8' },
        body: CONSOLE_STYLE,
      };
    default:
      return refuse('not_found', `route ${match.name} is not one of this function`);
  }
};
