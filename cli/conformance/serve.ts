import type { ConformanceCaseId } from '../../lambda/contract/conformance.ts';
import type { Agreement, ConformanceCase, Observation } from './case.ts';
import { casesOf } from './cases.ts';
import type { FrontAnswer } from './gateway/front-answers.ts';
import { type KitGateway, startKitGateway } from './gateway/kit-gateway.ts';
import type { Callbacks } from './gateway/open-task.ts';
import { describeAnswer } from './judge.ts';
import { type CaseResult, createReport, type Report } from './report.ts';
import {
  agreementOf,
  gatewayOptionsOf,
  isJudgedByOutput,
  judgeOutput,
  type KitOptions,
  readOutput,
  skippedResult,
} from './run.ts';
import { openSession, type Session } from './session.ts';

/** A case that an engineer drives by hand. */
export interface ServedCase {
  readonly id: ConformanceCaseId;
  /** What the kit does. */
  readonly does: string;
  readonly callbacks: Callbacks;
}

export interface ServeOptions extends KitOptions {
  /** Called when the kit listens. */
  readonly onReady: (origin: string, cases: readonly ServedCase[]) => void;
  /** Called at each request of the processor. @default nothing */
  readonly onRequest?: (line: string) => void;
  /** Called at each verdict. @default nothing */
  readonly onVerdict?: (result: CaseResult, done: number, total: number) => void;
}

/**
 * Plays a gateway until every case has a verdict, or until `signal` is aborted. A case that nobody tried is skipped.
 *
 * `GET /cases` lists the cases with their callbacks, and `GET /cases/ID` has one. `POST /cases/ID` starts it again with other
 * callbacks: the last attempt counts. `GET /report` has the report so far.
 * @throws {CommandError} `usage` for a port or file that cannot be used
 */
export const serveConformance = async (options: ServeOptions): Promise<Report> => {
  const { clock, onReady, onRequest, onVerdict, signal } = options;
  if (options.logs !== undefined) await readOutput(options.logs);
  const agreement = agreementOf(options);
  const cases = casesOf(options.cases);
  const applicable = cases.filter((each) => skippedResult(each, agreement) === undefined);
  const sessions: Session[] = [];
  const results = new Map<ConformanceCaseId, CaseResult>();
  const { done, finish } = createFinish(signal);

  const sessionOptions = (gateway: KitGateway) => ({
    gateway,
    agreement,
    clock,
    // The engineer decides when the processor gets its work.
    waits: { ...options.waits, delivery: Number.POSITIVE_INFINITY },
    onExchange: (observation: Observation) => onRequest?.(describeLast(observation, sessions)),
  });

  const open = async (gateway: KitGateway, conformanceCase: ConformanceCase): Promise<Session> => {
    for (const earlier of sessions.filter((each) => each.conformanceCase === conformanceCase)) earlier.abandon();
    results.delete(conformanceCase.id);
    const session = await openSession(sessionOptions(gateway), conformanceCase);
    sessions.push(session);
    void session.verdict.then((result) => {
      const settled = { conformanceCase, result };
      results.set(conformanceCase.id, settled);
      if (!isJudgedByOutput(settled)) onVerdict?.(settled, results.size, applicable.length);
      if (results.size === applicable.length) finish();
    });
    return session;
  };

  const latestOf = ({ id }: ConformanceCase): Session | undefined =>
    sessions.findLast((session) => session.conformanceCase.id === id);

  const report = async (): Promise<Report> => {
    const all = cases.map((conformanceCase): CaseResult => {
      const settled = results.get(conformanceCase.id);
      return settled ?? { conformanceCase, result: unjudged(conformanceCase, agreement, latestOf(conformanceCase)) };
    });
    return createReport(await judgeOutput(all, sessions, options.logs), {
      carrier: options.carrier,
      proof: options.proof.proof.kind,
    });
  };

  const control = async (method: string, path: string): Promise<FrontAnswer | undefined> => {
    if (method === 'GET' && path === '/report') return json(200, await report());
    if (method === 'GET' && path === '/cases') return json(200, { cases: applicable.flatMap(served) });
    const conformanceCase = applicable.find(({ id }) => path === `/cases/${id}`);
    if (conformanceCase === undefined) return undefined;
    if (method === 'POST') await open(gateway, conformanceCase);
    return method === 'POST' || method === 'GET' ? json(200, served(conformanceCase)[0]) : undefined;
  };

  const served = (conformanceCase: ConformanceCase): readonly ServedCase[] => {
    const session = latestOf(conformanceCase);
    const { does, id } = conformanceCase;
    return session === undefined ? [] : [{ id, does, callbacks: session.callbacks }];
  };

  const gateway = await startKitGateway({ ...gatewayOptionsOf(options), control });
  try {
    for (const conformanceCase of applicable) await open(gateway, conformanceCase);
    onReady(gateway.origin, applicable.flatMap(served));
    if (applicable.length === 0) finish();
    await done;
    return await report();
  } finally {
    for (const session of sessions) session.abandon();
    await gateway.stop();
  }
};

/** Result of a case that the judge has not decided. */
const unjudged = (
  conformanceCase: ConformanceCase,
  agreement: Agreement,
  session: Session | undefined,
): CaseResult['result'] =>
  skippedResult(conformanceCase, agreement) ?? {
    verdict: 'skipped',
    seen: session?.hasExchanges() ? 'The kit was stopped before it had seen enough.' : 'The case was not tried.',
  };

/** One line about the last request of a case. */
const describeLast = ({ task }: Observation, sessions: readonly Session[]): string => {
  const session = sessions.find(({ callbacks }) => callbacks === task.callbacks);
  const last = task.exchanges.at(-1);
  if (last === undefined) return '';
  const kind = last.place === 'callback' ? last.capability : last.place;
  return `${session?.conformanceCase.id ?? ''}: ${last.method} ${kind}, ${last.body.length} bytes: ${describeAnswer(last)}`;
};

const json = (status: number, value: unknown): FrontAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  body: `${JSON.stringify(value)}\n`,
});

const createFinish = (signal: AbortSignal): { readonly done: Promise<void>; readonly finish: () => void } => {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return { done, finish };
};
