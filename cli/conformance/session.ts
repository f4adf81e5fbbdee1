import type { Agreement, ConformanceCase, Failed, Observation, Passed } from './case.ts';
import type { Clock } from './clock.ts';
import type { KitGateway } from './gateway/kit-gateway.ts';
import type { Callbacks } from './gateway/open-task.ts';
import type { Waits } from './waits.ts';

export interface SessionOptions {
  readonly gateway: KitGateway;
  readonly agreement: Agreement;
  readonly waits: Waits;
  readonly clock: Clock;
  /** Called after each request of the processor. @default nothing */
  readonly onExchange?: (observation: Observation) => void;
}

/** One case with its task, from its start to its verdict. */
export interface Session {
  readonly conformanceCase: ConformanceCase;
  readonly callbacks: Callbacks;
  /** Texts that let their bearer deliver. */
  readonly secrets: () => readonly string[];
  readonly hasExchanges: () => boolean;
  /** Resolves when the case is over. */
  readonly verdict: Promise<Passed | Failed>;
  /** Ends the case with a verdict that the judge did not give. */
  readonly end: (verdict: Passed | Failed) => void;
  /** Ends without a verdict: the promise stays pending, and no timer is left. */
  readonly abandon: () => void;
}

/** Opens the task of a case, and judges what comes until there is a verdict. */
export const openSession = async (options: SessionOptions, conformanceCase: ConformanceCase): Promise<Session> => {
  const { agreement, clock, gateway, onExchange, waits } = options;
  const { promise, resolve } = deferred<Passed | Failed>();
  let isOver = false;
  let cancelTimer: () => void = () => undefined;

  const abandon = (): void => {
    isOver = true;
    cancelTimer();
  };
  const end = (verdict: Passed | Failed): void => {
    if (isOver) return;
    abandon();
    resolve(verdict);
  };
  const judge = (): void => {
    if (isOver) return;
    cancelTimer();
    const judgement = conformanceCase.judge(observation);
    if (judgement.verdict !== 'open') {
      end(judgement);
      return;
    }
    const { otherwise, until } = judgement;
    if (until === Number.POSITIVE_INFINITY) return;
    // A timer may fire early, and a long one is cut into pieces: the judge looks again.
    cancelTimer = clock.after(until - clock.elapsed(), () => (clock.elapsed() < until ? judge() : end(otherwise)));
  };

  const startedAt = clock.elapsed();
  const task = await gateway.open(conformanceCase.setUp, conformanceCase.plan(waits), () => {
    onExchange?.(observation);
    judge();
  });
  const observation: Observation = { task, agreement, waits, startedAt };
  judge();
  return {
    conformanceCase,
    callbacks: task.callbacks,
    secrets: () => task.secrets,
    hasExchanges: () => task.exchanges.length > 0,
    verdict: promise,
    end,
    abandon,
  };
};

const deferred = <T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((give) => {
    resolve = give;
  });
  return { promise, resolve };
};
