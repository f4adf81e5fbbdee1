import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of the gateway with work. */
export interface Attempt {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes, which the signature is about. */
  readonly raw: string;
  readonly body: { readonly input: unknown; readonly webhook: string; readonly task: string };
}

/** The answer to an attempt; it may do other things before it answers, or never answer. */
export type AnswerAttempt = (attempt: Attempt, response: ServerResponse, number: number) => unknown;

/** A processor over HTTP whose answers a test says. */
export interface ProgrammedProcessor {
  readonly origin: string;
  /** Says the answers to the attempts of a task with this input. Without that, it accepts. `number` begins with 1. */
  program(input: string, answer: AnswerAttempt): void;
  /** The attempts of tasks with this input, in their order. */
  attempts(input: string): readonly Attempt[];
  /** All attempts, in their order. */
  all(): readonly Attempt[];
  close(): Promise<void>;
}

/** Answers with a status and JSON. */
export const answerJson = (
  response: ServerResponse,
  status: number,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

/** @param id of every job that it accepts without being told */
export const startProgrammedProcessor = async (id: string): Promise<ProgrammedProcessor> => {
  const programs = new Map<string, AnswerAttempt>();
  const all: Attempt[] = [];
  const inputOf = ({ body }: Attempt): string => JSON.stringify(body.input);
  const attempts = (input: string) => all.filter((attempt) => inputOf(attempt) === input);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString('utf8');
    const attempt = {
      path: request.url ?? '',
      headers: request.headers,
      raw,
      body: JSON.parse(raw) as Attempt['body'],
    };
    all.push(attempt);
    const input = inputOf(attempt);
    const answer = programs.get(input) ?? ((_: Attempt, one: ServerResponse) => answerJson(one, 202, { id }));
    await answer(attempt, response, attempts(input).length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    program: (input, answer) => void programs.set(input, answer),
    attempts,
    all: () => all,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
