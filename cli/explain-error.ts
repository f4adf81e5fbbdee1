import { AppError } from '../cdk-app/app-error.ts';
import type { Problem, ProblemError } from '../lambda/contract/problem.ts';
import { CommandError } from './command-error.ts';
import { EXIT_CODES, type Exit } from './exit-codes.ts';
import { oneLine } from './io.ts';
import { redact } from './redact.ts';

/** What a person reads about an error, and the exit code. */
export interface Explained {
  readonly exit: Exit;
  readonly lines: readonly string[];
}

/** The members of the errors of both SDKs that matter here. */
interface GatewayError extends Error {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly problem?: Partial<Problem>;
}

/** Turns any error into text for a person. Callback URLs and tokens are masked. */
export const explainError = (error: unknown): Explained => {
  if (error instanceof CommandError || error instanceof AppError) {
    // Their texts may have several lines: one for each mistake, or the lines of another program.
    return { exit: error.exit, lines: lines(...error.message.split('\n'), error.remedy) };
  }
  if (isAbort(error)) return { exit: 'interrupted', lines: ['Interrupted.'] };
  if (isGatewayError(error)) return explainGatewayError(error);
  return {
    exit: isAboutAnArgument(error) ? 'usage' : 'failed',
    lines: lines(error instanceof Error ? error.message : String(error)),
  };
};

const explainGatewayError = (error: GatewayError): Explained => {
  const { code, problem, requestId } = error;
  const exit = exitOf(error);
  const page = problem?.type ?? '';
  return {
    exit,
    lines: lines(
      `${code}: ${problem?.title ?? error.message}`,
      problem?.detail,
      ...errorsOf(problem?.errors),
      ...(page.startsWith('http') ? [`See ${page}`] : []),
      ...(requestId === undefined ? [] : [`Request ${requestId}`]),
      ...(exit === 'signIn' ? [EXIT_CODES.signIn.meaning] : []),
    ),
  };
};

const exitOf = ({ code, name, status }: GatewayError): Exit => {
  if (code === 'network_error' || status === 408 || status === 429 || (status !== undefined && status >= 500)) {
    return 'unavailable';
  }
  // No request was made: the task has no callback for this command.
  if (code === 'capability_missing') return 'usage';
  // A callback that is refused with 401 or 404 has a wrong URL; nobody can sign in for it.
  if (name === 'CallbackError') return 'refused';
  if (status === 404) return 'notFound';
  if (code.startsWith('access_token_') && code !== 'access_token_insufficient') return 'signIn';
  return 'refused';
};

/** The beginning of what the gateway says about an input that a task needs. */
const MISSING = /^is (missing|required)\b/;

/** `errors` of a problem names each mistake of the request. */
const errorsOf = (errors: readonly ProblemError[] = []): readonly string[] =>
  errors.map((error) => {
    if ('accepted' in error) return `${error.message} Accepted: ${error.accepted.join(', ')}.`;
    const [place] = ['pointer', 'parameter', 'header'].flatMap((key) =>
      key in error ? [error[key as keyof typeof error]] : [],
    );
    const hint = place === '/input' && MISSING.test(error.detail) ? '. Name its file: --input @FILE.' : '';
    return place ? `${place}: ${error.detail}${hint}` : error.detail;
  });

const lines = (...texts: readonly (string | undefined)[]): readonly string[] =>
  texts.filter((text): text is string => text !== undefined && text !== '').map((text) => oneLine(redact(text)));

/** Both packages refuse a wrong argument by a `TypeError` with whole sentences, before any request. Those of V8 have no full stop. */
const isAboutAnArgument = (error: unknown): boolean => error instanceof TypeError && error.message.endsWith('.');

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

const isGatewayError = (error: unknown): error is GatewayError =>
  error instanceof Error &&
  (error.name === 'PosternError' || error.name === 'CallbackError') &&
  typeof (error as Partial<GatewayError>).code === 'string';
