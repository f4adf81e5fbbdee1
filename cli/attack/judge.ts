import { isOutcomeCode, statusOf } from '../../lambda/contract/outcomes.ts';
import type { Attack, AttackCode } from './attack.ts';
import type { RawAnswer } from './exchange.ts';

/** `refused`: as expected. `accepted`: something got through. `unexpected`: refused in another way, or not answered. */
export type Verdict = 'refused' | 'accepted' | 'unexpected';

export interface Judgement {
  /** Status of the answer that decided. 0 without an answer. */
  readonly status: number;
  /** `null` if the answer was not a refusal. */
  readonly code: string | null;
  readonly verdict: Verdict;
  /** A finding that status and code do not show. */
  readonly remark?: string;
}

/** The state of a task that matters: the status, and the digest of its result. */
export interface TaskState {
  readonly status: string;
  readonly sha256?: string | undefined;
}

export interface Observation {
  readonly answers: readonly RawAnswer[];
  /** The task as its sender sees it after the attack. */
  readonly after: TaskState;
  /** The state that is right. Without a digest, any result is right. */
  readonly wanted: TaskState;
  /** The secret that no answer may repeat. */
  readonly token: string;
  /** True if the load balancer checks tokens before the functions do: it answers 401 without a code. */
  readonly isCheckedInFront: boolean;
}

/** Judges one attack by its answers, and by what has become of the task. */
export const judge = (
  { expected, parallel = 0 }: Pick<Attack, 'expected' | 'parallel'>,
  observation: Observation,
): Judgement => {
  const { after, answers, isCheckedInFront, token, wanted } = observation;
  const rightAnswers = isCheckedInFront ? [...expected, 'http_401'] : expected;
  const judged = answers.map((answer) => ({ status: answer.status, code: codeOf(answer), answer }));
  const isRight = ({ code, status }: (typeof judged)[number]): boolean =>
    code !== null && rightAnswers.includes(code as AttackCode) && fits(code, status);
  const accepted = judged.filter(({ status }) => status >= 200 && status < 300);
  const refused = judged.filter(({ status }) => status < 200 || status >= 300);
  const decisive = refused.find((one) => !isRight(one)) ?? refused[0] ?? accepted[0];
  const shown = { status: decisive?.status ?? 0, code: decisive?.code ?? null };
  const allowed = parallel > 0 ? 1 : 0;

  if (accepted.length > allowed) {
    const { status = 200 } = accepted[0] ?? {};
    return {
      status,
      code: null,
      verdict: 'accepted',
      ...(parallel > 0 && { remark: `${accepted.length} of ${parallel} were accepted` }),
    };
  }
  if (accepted.length < allowed) return { ...shown, verdict: 'unexpected', remark: 'not one was accepted' };
  if (after.status !== wanted.status || (wanted.sha256 !== undefined && after.sha256 !== wanted.sha256)) {
    const remark = `the task is ${describe(after, wanted)}; expected ${describe(wanted)}`;
    return { ...shown, verdict: 'accepted', remark };
  }
  if (answers.some(({ text }) => text.includes(token))) {
    return { ...shown, verdict: 'unexpected', remark: 'the answer repeats the token' };
  }
  return { ...shown, verdict: refused.every(isRight) ? 'refused' : 'unexpected' };
};

/** The digest is shown only where it matters. */
const describe = ({ sha256 = '', status }: TaskState, wanted: TaskState = { status, sha256 }): string =>
  wanted.sha256 ? `${status} with the result ${sha256.slice(0, 12)}…` : status;

/** Codes of the load balancer's own answers, whose bodies have no code, and of answers to HEAD. */
const CODES_OF_STATUS: Readonly<Record<number, AttackCode>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
};

/** The code of an answer; `null` for an answer that refuses nothing. */
const codeOf = ({ status, text }: RawAnswer): string | null => {
  if (status === 0) return text === '' ? 'connection_closed' : 'no_answer';
  if (status < 400) return null;
  return codeInBody(text) ?? CODES_OF_STATUS[status] ?? `http_${status}`;
};

const codeInBody = (text: string): string | undefined => {
  try {
    const { code } = JSON.parse(text) as { readonly code?: unknown };
    return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
};

/** True if an answer has the status that belongs to its code. */
const fits = (code: string, status: number): boolean =>
  !isOutcomeCode(code) || status === statusOf(code) || status === statusOf(code, true);
