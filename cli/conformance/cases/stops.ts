import type { OutcomeCode } from '../../../lambda/contract/outcomes.ts';
import type { ConformanceCase, Judgement, Observation } from '../case.ts';
import type { TaskSetUp } from '../gateway/open-task.ts';
import {
  attemptsOf,
  awaitDelivery,
  deliveriesOf,
  describeCode,
  failed,
  openUntil,
  passed,
  quietUntil,
  refused,
} from '../judge.ts';
import { PLAIN } from './defaults.ts';
import { RULES } from './rules.ts';

/** Judges that no URL is used again after it was refused for good. */
const judgeStop =
  (code: OutcomeCode) =>
  (observation: Observation): Judgement => {
    const attempts = attemptsOf(observation);
    const [first] = attempts;
    if (first === undefined) return awaitDelivery(observation);
    const final = deliveriesOf(observation).filter(({ answer }) => answer.code === code);
    const [refusal] = final;
    if (refusal === undefined) return openUntil(quietUntil(observation), refused(attempts.at(-1) ?? first));
    // A report of the failure goes to another URL, and may be tried once.
    const again = deliveriesOf(observation).filter(({ at, capability }) =>
      final.some((earlier) => earlier.capability === capability && earlier.at < at),
    );
    if (again.length > 0) {
      return failed(
        `After ${describeCode(code)}, ${again.length === 1 ? 'another request' : `${again.length} other requests`} came to the same URL.`,
        'Stop after 401, 403, 409 and 410, unless the code is token_missing, proof_missing or proof_invalid. `code` says why, and `type` is a page that says what to do.',
      );
    }
    return openUntil(
      quietUntil(observation),
      passed(`After ${describeCode(code)}, the URL was not used again for ${observation.waits.quiet} s.`),
    );
  };

const stopCase = (
  id: ConformanceCase['id'],
  code: OutcomeCode,
  setUp: Partial<TaskSetUp>,
  texts: Pick<ConformanceCase, 'title' | 'why' | 'does'>,
): ConformanceCase => ({
  ...PLAIN,
  id,
  ...texts,
  rule: RULES.answers,
  setUp: { ...PLAIN.setUp, ...setUp },
  judge: judgeStop(code),
});

/** Cases in which the URL cannot be used any more. */
export const STOP_CASES = [
  stopCase(
    'stop-401',
    'token_revoked',
    { state: 'revoked' },
    {
      title: 'stops after 401',
      why: 'A token that was revoked stays so. Repeats look like an attack, and raise an alarm.',
      does: 'Has revoked the callbacks: answers 401 with token_revoked.',
    },
  ),
  stopCase(
    'stop-403',
    'source_refused',
    { processor: 'elsewhere' },
    {
      title: 'stops after 403',
      why: 'What is forbidden stays so, until people change it.',
      does: 'Accepts callbacks from other addresses only: answers 403 with source_refused.',
    },
  ),
  stopCase(
    'stop-409',
    'task_closed',
    { state: 'closed' },
    {
      title: 'stops after 409',
      why: 'The task is closed. Nothing more can be delivered, and nothing more is needed.',
      does: 'Has closed the task: answers 409 with task_closed.',
    },
  ),
  stopCase(
    'stop-410',
    'task_gone',
    { state: 'gone' },
    {
      title: 'stops after 410',
      why: 'The task is not kept any more. Nobody waits for the result.',
      does: 'Does not have the task any more: answers 410 with task_gone.',
    },
  ),
] as const satisfies readonly ConformanceCase[];
