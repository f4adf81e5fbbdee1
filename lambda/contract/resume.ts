/**
 * Workflows that wait for a task. A task with `resume` tells its outcome to the workflow that opened it.
 *
 * - `stepFunctions`: a Task state of Step Functions with `waitForTaskToken`
 * - `durableFunction`: a callback of a Lambda durable function
 */
export const RESUME_KINDS = ['stepFunctions', 'durableFunction'] as const;
export type ResumeKind = (typeof RESUME_KINDS)[number];

/**
 * - `pending`: the workflow does not have the outcome yet
 * - `delivered`: the workflow has the outcome
 * - `refused`: the workflow will not get the outcome, see `reason`
 */
export const RESUME_STATES = ['pending', 'delivered', 'refused'] as const;
export type ResumeState = (typeof RESUME_STATES)[number];

/** The resumption of a workflow, as views and events show it. */
export interface ResumeView {
  readonly kind: ResumeKind;
  readonly state: ResumeState;
  /** RFC 3339: when the workflow got the outcome, or refused it for good. */
  readonly at?: string;
  /** Name of the error for which the workflow does not get the outcome, or one of `RESUME_REASONS`. Only of state `refused`. */
  readonly reason?: string;
}

/** The resumption of a workflow, as the task stores it. The encrypted token is a separate attribute, `resumeToken`. */
export interface StoredResume extends ResumeView {
  /** ARN of the state machine or function, if the sender named it. */
  readonly arn?: string;
  /**
   * True from just before a call to the workflow's service until its outcome is known. After a crash or a timeout it stays true:
   * the workflow may have the outcome.
   */
  readonly isUncertain?: boolean;
}

/** Reasons for which a workflow does not get an outcome that are not errors of the workflow's service. */
export const RESUME_REASONS = {
  /** Every attempt of 24 hours failed. */
  gaveUp: 'GaveUp',
  /** The application may not resume this workflow any more. */
  notAllowed: 'NotAllowed',
  /** KMS refused to decrypt the token for this task, for good. */
  unreadable: 'TokenUnreadable',
} as const;

/** Errors of a workflow's service that mean that the wait is over: it has timed out, was retried, or was answered before. */
export const WAIT_IS_OVER = ['TaskTimedOut', 'CallbackTimeoutException'] as const;

/** A state machine, or every version of a function, that an application may resume. */
export interface ResumeTarget {
  /** `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME` or `arn:aws:lambda:REGION:ACCOUNT:function:NAME:*`. */
  readonly arn: string;
  /** Role of another account that may send to this workflow, with the external id that its trust policy asks for. */
  readonly roleArn?: string;
  readonly externalId?: string;
}

/** The workflows that each application may resume, by the application's id. */
export type ResumeTargets = Readonly<Record<string, readonly ResumeTarget[]>>;

/** File in the bundle of the function `resume` with `ResumeTargets`. */
export const RESUME_TARGETS_FILE = 'resume-targets.json';

/** Id of a durable function's callback. */
export const CALLBACK_ID_PATTERN = /^[A-Za-z0-9+/]+={0,2}$/;

const STATE_MACHINE = /^arn:aws[a-z-]*:states:([a-z0-9-]+):(\d{12}):stateMachine:[A-Za-z0-9_-]{1,80}$/;
const FUNCTION = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:[A-Za-z0-9_-]{1,64}:\*$/;

/** The workflow that an ARN names. */
export interface Workflow {
  readonly kind: ResumeKind;
  readonly region: string;
  readonly account: string;
}

/** Returns the workflow of an ARN, or undefined for another form of ARN. */
export const workflowOf = (arn: string): Workflow | undefined => {
  const machine = STATE_MACHINE.exec(arn);
  const [, region, account] = machine ?? FUNCTION.exec(arn) ?? [];
  if (region === undefined || account === undefined) return undefined;
  return { kind: machine ? 'stepFunctions' : 'durableFunction', region, account };
};

/** Encryption context of a workflow's token. KMS decrypts it only for the same task of the same environment. */
export const resumeTokenContext = (environment: string, taskId: string): Readonly<Record<string, string>> => ({
  environment,
  taskId,
});

/** Error of a workflow whose task did not succeed. A processor cannot make one that begins with `Postern.` or `States.`. */
export const WORKFLOW_ERRORS = {
  failed: 'Processor.Failed',
  expired: 'Postern.TaskExpired',
  cancelled: 'Postern.TaskCancelled',
  dispatchFailed: 'Postern.DispatchFailed',
} as const;

/** The error of a failure that has a code is this prefix and the code. */
export const PROCESSOR_ERROR_PREFIX = 'Processor.';

/** The code of a failure: its own top-level member `code`. */
export const PROCESSOR_ERROR_CODE = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * Message from the function `queue-outcomes` to the function `resume`: a change of a task that its workflow is to hear of. It has
 * no other data of the task.
 */
export interface OutcomeMessage {
  readonly taskId: string;
  readonly sequence: number;
}
