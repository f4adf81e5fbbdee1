import { CALLBACK_ID_PATTERN, RESUME_KINDS, RESUME_STATES } from '../../../contract/resume.ts';
import {
  MAX_CALLBACK_ID_CHARS,
  MAX_SUPERSEDES_CHARS,
  MAX_TASK_TOKEN_CHARS,
} from '../../../contract/workflow-limits.ts';
import type { JsonSchema } from './model.ts';
import { aConst, anEnum, anObject, aRequest, TIME } from './schema-parts.ts';

/** What became of the workflow that waits for a task, in views and events. */
export const RESUME: JsonSchema = anObject(
  {
    kind: anEnum(RESUME_KINDS),
    state: {
      ...anEnum(RESUME_STATES),
      description: '`pending`: the workflow was not told yet. `refused`: it will not be told.',
    },
    at: TIME,
    reason: { type: 'string', description: 'Name of the error. Only of state `refused`.' },
  },
  ['at', 'reason'],
);

const WORKFLOW_ARN: JsonSchema = {
  type: 'string',
  description: 'One of the ARNs that the application may resume. Required if they are in several accounts or Regions.',
};

/** The workflow that waits for a task, in the request that creates the task. */
export const RESUME_REQUEST: JsonSchema = {
  description: 'The workflow that waits for the task. It is told the outcome. No view, event or log has its token.',
  oneOf: [
    aRequest(
      {
        kind: aConst('stepFunctions'),
        taskToken: { type: 'string', minLength: 1, maxLength: MAX_TASK_TOKEN_CHARS },
        arn: WORKFLOW_ARN,
      },
      ['arn'],
    ),
    aRequest(
      {
        kind: aConst('durableFunction'),
        callbackId: {
          type: 'string',
          minLength: 1,
          maxLength: MAX_CALLBACK_ID_CHARS,
          pattern: CALLBACK_ID_PATTERN.source,
        },
        arn: WORKFLOW_ARN,
      },
      ['arn'],
    ),
  ],
};

export const SUPERSEDES: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_SUPERSEDES_CHARS,
  description: 'Cancels the pending task of the application that was created with the same value. No view shows it.',
};
