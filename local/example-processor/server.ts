import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ProcessorSecrets, refusalOf } from './check-request.ts';
import { type Job, Jobs, type JobsOptions } from './jobs.ts';

const HOST = '127.0.0.1';

/** Path at which it takes jobs. */
const JOBS_PATH = '/jobs';

/** Largest body of a request that it reads. */
const MAX_BODY_BYTES = 1_048_576;

/** A processor to which Postern sends work, for the environment `local`. */
export interface ExampleProcessor {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Takes jobs from now on; until then every request gets 503. */
  serve(secrets: ProcessorSecrets): void;
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
 * Its place is this machine: it takes jobs only with the API key and the signature that were agreed on.
 * @throws {NodeJS.ErrnoException} `EADDRINUSE` if the port is taken
 */
export const bindExampleProcessor = async (options: ExampleProcessorOptions): Promise<ExampleProcessor> => {
  const { now = Date.now, port, say = console.error, workMs = 300 } = options;
  const jobs = new Jobs({ workMs, say });
  let secrets: ProcessorSecrets | undefined;
  const server = createServer((request, response) => {
    const answering =
      secrets === undefined
        ? refuse(request, response, 503, 'The processor is starting.', { 'retry-after': '1' })
        : answer(request, response, { jobs, now, secrets });
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
      secrets = agreed;
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
  readonly jobs: Jobs;
  readonly now: () => number;
  readonly secrets: ProcessorSecrets;
}

const answer = async (request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> => {
  const { jobs, now, secrets } = parts;
  if (request.url?.split('?', 1)[0] !== JOBS_PATH) return refuse(request, response, 404, `Only ${JOBS_PATH} is here.`);
  if (request.method !== 'POST') {
    return refuse(request, response, 405, `Send jobs to ${JOBS_PATH} by POST.`, { allow: 'POST' });
  }
  const body = await readBody(request);
  if (body === undefined) return send(response, 413, { error: `A job has at most ${MAX_BODY_BYTES} bytes.` });
  const refusal = refusalOf(request.headers, body, secrets, now() / 1_000);
  if (refusal !== undefined) return send(response, 401, { error: refusal });
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return send(response, 400, { error: 'Send an Idempotency-Key.' });
  const job = readJob(body);
  if (job === undefined) {
    return send(response, 400, { error: 'A job is JSON with the texts webhook, a URL, and task, and with input.' });
  }
  send(response, 202, { id: jobs.take(key, job) });
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

const readJob = (body: Buffer): Job | undefined => {
  try {
    const { input, task, webhook } = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
    const isComplete = typeof task === 'string' && typeof webhook === 'string' && /^https?:/.test(webhook);
    return isComplete && URL.canParse(webhook) ? { input, task, webhook } : undefined;
  } catch {
    return undefined;
  }
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
