import { ANSWER_UNKNOWN, DISPATCH_FAILURES, DISPATCH_STATES, DISPATCH_STOPS } from '../../../contract/dispatch.ts';
import { MAX_REMOTE_ID_CHARS } from '../../../contract/dispatch-limits.ts';
import type { JsonSchema } from './model.ts';
import { anEnum, anObject, TIME } from './schema-parts.ts';

/** The way of the work to the processor, in views of a task. */
export const DISPATCH: JsonSchema = anObject(
  {
    state: {
      ...anEnum(DISPATCH_STATES),
      description:
        '`queued`: an attempt will be made. `accepted`: the processor has the work. `failed` and `stopped`: no attempt follows, see `reason`.',
    },
    attempts: { type: 'integer', minimum: 0, description: 'Attempts that were made.' },
    lastAttemptAt: TIME,
    lastStatus: { type: 'integer', description: 'Status of the last answer. Absent if the last attempt had none.' },
    acceptedAt: TIME,
    remoteId: { type: 'string', maxLength: MAX_REMOTE_ID_CHARS, description: 'Id of the job at the processor.' },
    reason: {
      ...anEnum([...DISPATCH_FAILURES, ...DISPATCH_STOPS, ANSWER_UNKNOWN]),
      description:
        'Why no attempt follows. `AnswerUnknown`: the processor may have the work by an attempt without answer.',
    },
  },
  ['lastAttemptAt', 'lastStatus', 'acceptedAt', 'remoteId', 'reason'],
);
