import { readFile } from 'node:fs/promises';
import type { Carrier } from '../../lambda/contract/carriers.ts';
import type { ConformanceCaseId } from '../../lambda/contract/conformance.ts';
import { CommandError } from '../command-error.ts';
import type { Agreement, ConformanceCase, Failed, Passed } from './case.ts';
import { casesOf } from './cases.ts';
import type { Clock } from './clock.ts';
import { startKitGateway } from './gateway/kit-gateway.ts';
import { failed } from './judge.ts';
import type { KitProof } from './read-proof.ts';
import { type CaseResult, createReport, type Report, type Skipped } from './report.ts';
import { searchOutput } from './search-output.ts';
import { openSession, type Session } from './session.ts';
import type { Waits } from './waits.ts';

/** What `run` and `serve` need. */
export interface KitOptions {
  /** Port of the gateway that the kit plays. 0 picks a free one. */
  readonly port: number;
  readonly cases: readonly ConformanceCaseId[];
  readonly carrier: Carrier;
  readonly proof: KitProof;
  /** Content types that were agreed on. */
  readonly contentTypes: readonly string[];
  readonly upload: boolean;
  /** File with the output of the processor. */
  readonly logs?: string;
  readonly waits: Waits;
  readonly clock: Clock;
  /** Stops the kit. */
  readonly signal: AbortSignal;
}

export interface RunOptions extends KitOptions {
  /** URL that gives the processor its work: `POST {"callbacks"}`. */
  readonly start: URL;
  /** Cases at the same time. */
  readonly parallel: number;
  readonly fetch: typeof fetch;
  /** Called at each verdict. @default nothing */
  readonly onVerdict?: (result: CaseResult, done: number, total: number) => void;
}

/** Header of the start request, so that the log of the processor can name the case. */
const CASE_HEADER = 'Conformance-Case';

/**
 * Drives a processor through cases by its start URL, and judges each.
 * @throws {CommandError} `unavailable` if the start URL cannot be reached; `usage` for a port or file that cannot be used
 * @throws the reason of `signal`
 */
export const runConformance = async (options: RunOptions): Promise<Report> => {
  const { clock, signal } = options;
  signal.throwIfAborted();
  // A wrong path is found before the processor has worked, not after.
  if (options.logs !== undefined) await readOutput(options.logs);
  const agreement = agreementOf(options);
  const gateway = await startKitGateway(gatewayOptionsOf(options));
  const ending = new AbortController();
  const sessions: Session[] = [];
  try {
    const cases = casesOf(options.cases);
    let done = 0;
    const results = await concurrently(options.parallel, cases, async (conformanceCase): Promise<CaseResult> => {
      signal.throwIfAborted();
      const skipped = skippedResult(conformanceCase, agreement);
      const result = skipped ?? (await drive(conformanceCase));
      done += 1;
      const settled = { conformanceCase, result };
      if (!isJudgedByOutput(settled)) options.onVerdict?.(settled, done, cases.length);
      return settled;
    });
    const judged = await judgeOutput(results, sessions, options.logs);
    for (const each of judged.filter(isJudgedByOutput)) options.onVerdict?.(each, done, cases.length);
    return createReport(judged, {
      carrier: options.carrier,
      proof: options.proof.proof.kind,
    });
  } finally {
    for (const session of sessions) session.abandon();
    ending.abort();
    await gateway.stop();
  }

  async function drive(conformanceCase: ConformanceCase): Promise<Passed | Failed> {
    const session = await openSession({ gateway, agreement, waits: options.waits, clock }, conformanceCase);
    sessions.push(session);
    const started = startProcessor(options, session, AbortSignal.any([signal, ending.signal]));
    return Promise.race([session.verdict, started]);
  }
};

/**
 * Gives the processor its work.
 * @returns a promise that rejects if the processor cannot be reached, or the run is stopped; otherwise it stays pending
 */
const startProcessor = async (
  { fetch, start }: RunOptions,
  { callbacks, conformanceCase, end, hasExchanges }: Session,
  signal: AbortSignal,
): Promise<never> => {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // A run that has ended does not need it any more.
  stopped.catch(() => undefined);
  try {
    const response = await fetch(start, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', [CASE_HEADER]: conformanceCase.id },
      body: JSON.stringify({ callbacks }),
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    if (!response.ok && !hasExchanges()) {
      end(
        failed(
          `The start URL answered ${response.status}; expected 2xx.`,
          'Let the start URL accept {"callbacks"} as JSON, answer 2xx, and start the work.',
        ),
      );
    }
  } catch (error) {
    if (!signal.aborted && !hasExchanges()) throw unreachable(start, error);
  }
  return stopped;
};

const unreachable = ({ host }: URL, error: unknown): CommandError => {
  const { cause, message } = error as Error & { readonly cause?: { readonly code?: string } };
  return new CommandError(
    'unavailable',
    `The start URL at ${host} cannot be reached: ${cause?.code ?? message}.`,
    'Start the processor first, and give its start URL with --start.',
  );
};

export const agreementOf = ({ carrier, contentTypes, logs, proof, upload }: KitOptions): Agreement => ({
  carrier,
  contentTypes,
  upload,
  proof: proof.proof,
  logs: logs !== undefined,
});

export const gatewayOptionsOf = ({ carrier, clock, contentTypes, port, proof, waits }: KitOptions) => ({
  ...proof,
  port,
  carrier,
  contentTypes,
  clock,
  idleMilliseconds: waits.quiet * 1_000,
});

/** Returns the result of a case that does not apply. */
export const skippedResult = (conformanceCase: ConformanceCase, agreement: Agreement): Skipped | undefined => {
  const reason = conformanceCase.skipped(agreement);
  return reason === undefined ? undefined : { verdict: 'skipped', seen: reason };
};

/** True for the case whose verdict comes from the output of the processor, when all cases are over. */
export const isJudgedByOutput = ({ conformanceCase, result }: CaseResult): boolean =>
  conformanceCase.id === 'no-token-in-output' && result.verdict !== 'skipped';

/** Replaces the result of `no-token-in-output` by what the output says. */
export const judgeOutput = async (
  results: readonly CaseResult[],
  sessions: readonly Session[],
  logs: string | undefined,
): Promise<readonly CaseResult[]> => {
  if (logs === undefined || !results.some(isJudgedByOutput)) return results;
  const verdict = searchOutput(
    await readOutput(logs),
    sessions.map(({ conformanceCase, secrets }) => ({ id: conformanceCase.id, secrets: secrets() })),
  );
  return results.map((each) => (isJudgedByOutput(each) ? { ...each, result: verdict } : each));
};

/** @throws {CommandError} `usage` if the file cannot be read */
export const readOutput = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      'usage',
      `The output of the processor cannot be read: ${(error as NodeJS.ErrnoException).code}.`,
      'Give --logs the file into which the processor writes its output.',
    );
  }
};

/** Works on a list, several items at the same time. Keeps the order. The first error ends it. */
const concurrently = async <T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  const queue = [...items.entries()];
  const next = async (): Promise<void> => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const [index, item] = entry;
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: limit }, next));
  return results;
};
