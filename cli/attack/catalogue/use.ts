import type { AttackGroup } from '../attack.ts';

/** Requests of the attack in parallel. */
const PARALLEL_REQUESTS = 20;

/** Attacks with genuine tokens. */
export const USE: AttackGroup = {
  title: 'Genuine tokens in the wrong place or at the wrong time',
  attacks: [
    {
      name: 'other-task',
      tries: 'uses a genuine token for another task',
      requirements: ['C5'],
      expected: ['token_path_mismatch'],
      needsOther: true,
      request: ({ honest, other, result }) => honest({ callback: other, token: result.token }),
    },
    {
      name: 'failure-token-for-result',
      tries: 'uses the token for failures to deliver a result',
      requirements: ['C3', 'C5', 'T8'],
      expected: ['token_audience_invalid'],
      request: ({ failure, honest }) => honest({ token: failure.token }),
    },
    {
      name: 'progress-token-for-result',
      tries: 'uses the token for progress, which works many times, to deliver a result',
      requirements: ['C3', 'C5', 'T8'],
      expected: ['token_audience_invalid'],
      request: ({ honest, progress }) => honest({ token: progress.token }),
    },
    {
      name: 'second-use',
      tries: 'finds a used URL in a log, and delivers another result',
      requirements: ['C6'],
      expected: ['token_replayed'],
      before: 'delivered',
      isReplay: true,
      request: ({ honest }) => honest({ payload: 2 }),
    },
    {
      name: 'second-use-in-parallel',
      tries: `delivers ${PARALLEL_REQUESTS} different results at the same moment: one may win`,
      requirements: ['C6'],
      expected: ['token_replayed'],
      parallel: PARALLEL_REQUESTS,
      isReplay: true,
      request: ({ honest }, index) => honest({ payload: index + 1 }),
    },
    {
      name: 'same-bytes-again',
      tries: 'repeats a delivery to a processor whose repeats are replays (mode "reject")',
      requirements: ['C6'],
      expected: ['token_replayed'],
      target: 'strict',
      before: 'delivered',
      isReplay: true,
      request: ({ honest }) => honest(),
    },
    {
      name: 'failure-after-result',
      tries: 'reports a failure after the result was delivered',
      requirements: ['C5'],
      expected: ['task_closed'],
      before: 'delivered',
      request: ({ failure, honest }) => honest({ callback: failure }),
    },
    {
      name: 'cancelled-task',
      tries: 'delivers to a task that its sender has cancelled',
      requirements: ['C6'],
      expected: ['token_revoked'],
      before: 'cancelled',
      request: ({ honest }) => honest(),
    },
    {
      name: 'token-of-earlier-issue',
      tries: 'uses a token after its sender has issued a new one',
      requirements: ['C6'],
      expected: ['token_revoked'],
      before: 'reissued',
      request: ({ honest }) => honest(),
    },
  ],
};
