import { ANSWER_UNKNOWN, DISPATCH_FAILURES, DISPATCH_STATES, DISPATCH_STOPS } from '../../../contract/dispatch.ts';
import { MAX_INPUT_BYTES, MAX_REMOTE_ID_CHARS } from '../../../contract/dispatch-limits.ts';
import type { JsonSchema } from './model.ts';
import { anEnum, anObject, TIME } from './schema-parts.ts';

const STATE: JsonSchema = {
  ...anEnum(DISPATCH_STATES),
  description:
    '`queued`: an attempt will be made. `accepted`: the processor has the work. `failed` and `stopped`: no attempt follows, see `reason`.',
};

/** Any JSON value, so it has no type. */
export const INPUT: JsonSchema = {
  description: `The work, for a processor that Postern sends work to. Only the processor gets it. At most ${MAX_INPUT_BYTES} bytes of JSON.`,
};

export const INPUT_AGAIN: JsonSchema = {
  description: `The work again, for a processor that Postern sends work to. It is required if the task succeeded, because the input was deleted then. At most ${MAX_INPUT_BYTES} bytes of JSON.`,
};

export const DISPATCH_WANTED: JsonSchema = {
  type: 'boolean',
  description:
    'False: you send the work yourself, and get the callbacks. The default is true for a processor that Postern sends work to; for others it must not be true.',
};

/** The dispatch in the answer to a request that queues work. */
export const QUEUED: JsonSchema = {
  ...anObject({ state: STATE }),
  description: 'Only if Postern sends the work: then `callbacks` is empty.',
};

/** The way of the work to the processor, in views of a task. */
export const DISPATCH: JsonSchema = anObject(
  {
    state: STATE,
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
