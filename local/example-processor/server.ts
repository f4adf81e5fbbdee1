import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ProcessorSecrets, refusalOf, signatureRefusalOf } from './check-request.ts';
import { Jobs, type JobsOptions } from './jobs.ts';
import { findJob, readJob } from './read-job.ts';

const HOST = '127.0.0.1';

/** Path at which it takes jobs. */
const JOBS_PATH = '/jobs';

const METHODS = ['POST', 'PUT', 'PATCH'];

/** Largest body of a request that it reads. */
const MAX_BODY_BYTES = 1_048_576;

/** What the processor and Postern agreed on. */
export interface Agreement extends ProcessorSecrets {
  /**
   * Origin of a gateway with another environment than `local`. Its processors get jobs in forms of their own: at any path, with
   * any headers, and with the callback URL anywhere. Of these requests only the signature is checked, if there is one.
   */
  readonly gateway?: string;
}

/** A processor to which Postern sends work. */
export interface ExampleProcessor {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Takes jobs from now on; until then every request gets 503. */
  serve(agreement: Agreement): void;
  /** Ends the work on all jobs. */
  stop(): Promise<void>;
}

export interface ExampleProcessorOptions extends Partial<JobsOptions> {
  /** 0 picks a free one. */
  readonly port: number;
  /** Milliseconds since 1970. @default the clock of the machine */
  readonly now?: () => number;
}

/**
 * Starts a processor that accepts jobs at `/jobs`, works for a moment, and posts the result to the callback URL of the job.
 * It takes jobs only with the API key and the signature that were agreed on.
 * @throws {NodeJS.ErrnoException} `EADDRINUSE` if the port is taken
 */
export const bindExampleProcessor = async (options: ExampleProcessorOptions): Promise<ExampleProcessor> => {
  const { now = Date.now, port, say = console.error, workMs = 300 } = options;
  const jobs = new Jobs({ workMs, say });
  let agreement: Agreement | undefined;
  const server = createServer((request, response) => {
    const answering =
      agreement === undefined
        ? refuse(request, response, 503, 'The processor is starting.', { 'retry-after': '1' })
        : answer(request, response, { agreement, jobs, now });
    // The caller has gone away.
    answering.catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The example processor has no port.');
  return {
    origin: `http://${HOST}:${address.port}`,
    serve: (agreed) => {
      agreement = agreed;
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await jobs.stop();
      await closed;
    },
  };
};

interface Parts {
  readonly agreement: Agreement;
  readonly jobs: Jobs;
  readonly now: () => number;
}

const answer = async (request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> => {
  const { agreement, jobs, now } = parts;
  const { headers, method, url = '/' } = request;
  const { gateway } = agreement;
  if (gateway === undefined && url.split('?', 1)[0] !== JOBS_PATH) {
    return refuse(request, response, 404, `Only ${JOBS_PATH} is here.`);
  }
  if (method === undefined || !METHODS.includes(method)) {
    return refuse(request, response, 405, `Send jobs by ${METHODS.join(', ')}.`, { allow: METHODS.join(', ') });
  }
  const body = await readBody(request);
  if (body === undefined) return send(response, 413, { error: `A job has at most ${MAX_BODY_BYTES} bytes.` });
  const refusal =
    gateway === undefined
      ? refusalOf(headers, body, agreement, now() / 1_000)
      : headers['webhook-signature'] && signatureRefusalOf(headers, body, agreement.secret, now() / 1_000);
  if (refusal) return send(response, 401, { error: refusal });
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return send(response, 400, { error: 'Send an Idempotency-Key.' });
  const job = gateway === undefined ? readJob(body) : findJob(body, url, gateway, key);
  if (job !== undefined) return send(response, 202, { id: jobs.take(key, job) });
  const expected =
    gateway === undefined ? 'JSON with the texts webhook, a URL, and task, and with input' : 'JSON with a callback URL';
  send(response, 400, { error: `A job is ${expected}.` });
};

const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
};

/** Reads the request to its end first, so that its sender can read the answer. */
const refuse = async (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  await readBody(request);
  send(response, status, { error }, headers);
};

const send = (
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
