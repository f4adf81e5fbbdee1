import type * as v from 'valibot';
import { APPLICATION_ID_PATTERN } from '../../lambda/contract/applications.ts';
import {
  MAX_APPLICATION_CLIENTS,
  MAX_APPLICATIONS,
  MAX_INVOKERS,
  PENDING_LIMIT,
} from '../../lambda/contract/limits.ts';
import { PROCESSOR_ID_PATTERN } from '../../lambda/contract/registry.ts';
import { workflowOf } from '../../lambda/contract/resume.ts';
import { MAX_RESUMES } from '../../lambda/contract/workflow-limits.ts';
import { COGNITO_CLIENT } from './cognito.ts';
import { list, object, optional, record, textOr, within, wordOr } from './containers.ts';
import { count, expecting, text } from './kinds.ts';

/**
 * Stands for a list in `invokers` or `resumes`: the app's code names the roles and workflows, by `grantOpen` and `allowResume` of the
 * class `Postern`. The app's code may add to a list that has entries too.
 */
export const GRANTED = 'granted';

/** Entries that the file itself names. */
export const listed = <T>(entries: typeof GRANTED | readonly T[] = []): readonly T[] =>
  entries === GRANTED ? [] : entries;

/** True if there are entries, or if the app's code may add some. An empty list is closed. */
export const isOpen = (entries: typeof GRANTED | readonly unknown[] = []): boolean =>
  entries === GRANTED || entries.length > 0;

const ADD = "Write for instance applications: { invoices: { clients: ['invoices-backend'] } }.";

const WORKFLOW =
  'the ARN of a state machine, or of a function as arn:aws:lambda:REGION:ACCOUNT:function:NAME:* for all of its versions';

const workflowArn = expecting<string>(
  'string',
  (value) => typeof value === 'string' && workflowOf(value) !== undefined,
  WORKFLOW,
  'Copy the ARN from the stack of the workflow. A durable function needs `:*` at its end.',
);

/** A workflow of another account, and the role there that may send to it. */
export const workflowElsewhere = object('Write for instance { arn, roleArn, externalId }.', {
  /** ARN of the workflow. */
  arn: workflowArn,
  /** Role in the account of the workflow. It trusts the role of the function `resume`, with the external id. */
  roleArn: text(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
    'the ARN of an IAM role',
    'Copy the ARN of the role that may resume the workflow.',
  ),
  /** External id in the trust policy of the role. */
  externalId: text(
    /^[\w+=,.@:/-]{2,1224}$/,
    'an external id of 2 to 1,224 characters of letters, digits and +=,.@:/_-',
    'Choose a random text, and write it into the trust policy of the role too.',
  ),
});

/** A role, with its path. No pattern: each principal of a policy is one role. */
const invoker = text(
  /^arn:aws[a-z-]*:iam::\d{12}:role\/(?:[\w+=,.@/-]{0,510}\/)?[\w+=,.@-]{1,64}$/,
  'the ARN of one IAM role, as arn:aws:iam::123456789012:role/InvoicesWorkflow',
  'Copy the ARN of the role that the workflow or function of the application runs with, not the ARN of a session of it.',
);

/** An application creates tasks in at least one way. An empty list says that it creates none. */
const hasSenders = ({ clients, invokers }: { readonly clients?: unknown; readonly invokers?: unknown }) =>
  clients === undefined && invokers === undefined
    ? [
        {
          path: ['clients'],
          value: undefined,
          expected: 'the client ids of its access tokens, the roles in `invokers`, or both',
          remedy: `${ADD} Write an empty list for an application that creates no tasks.`,
        },
      ]
    : [];

/** An application: one sending system, which owns its tasks. */
export const application = within(
  object(ADD, {
    /**
     * Client ids of its access tokens, at most 100. A client belongs to one application. An application without clients and
     * `invokers` keeps its tasks: operators see them, senders do not. `'cognito'` makes one client in the user pool of `cognito`, for
     * at most 15 applications; the stack has its id as the output `SenderClient…`. It costs 6 USD a month, and 0.00225 USD for each
     * access token.
     * @default none, if the application has `invokers`
     */
    clients: optional(
      wordOr(
        COGNITO_CLIENT,
        list(
          text(
            /^\S{1,255}$/,
            'the id of a client: 1 to 255 characters without blanks',
            'Copy the client id that the identity provider writes into access tokens.',
          ),
          {
            of: 'client ids',
            max: MAX_APPLICATION_CLIENTS,
            unique: true,
            remedy: 'List the clients of the application.',
          },
        ),
      ),
    ),
    /**
     * ARNs of IAM roles that may create tasks of the application by invoking its invocation target, at most 15. The stack has the
     * ARN of the target as the output `InvocationTarget…`. The policy of the target denies it to every other ARN, also to
     * administrators. Roles of other accounts need a policy of their account too. A role must exist before the deployment. If a
     * role was deleted and created again, the policy of the target no longer allows it: remove it, deploy, and add it. In the
     * account of the environment, a new role with a listed ARN can still invoke the target by a policy of its own. So remove roles
     * that no longer exist. `'granted'`: the roles are those that the app's code names with `grantOpen`, which also adds to a list.
     * At most 40 applications have invokers. An alarm and its two metrics cost up to 0.80 USD a month.
     * @default none: the application has no invocation target
     */
    invokers: optional(
      wordOr(
        GRANTED,
        list(invoker, {
          of: 'ARNs of roles',
          max: MAX_INVOKERS,
          unique: true,
          remedy: 'List the roles of the application, or let several of its parts use one role.',
        }),
      ),
    ),
    /**
     * Processors for which it may create tasks, by their ids in `processors`.
     * @default every processor of the environment
     */
    processors: optional(
      list(
        text(
          PROCESSOR_ID_PATTERN,
          'the id of a processor',
          'Correct the id; `processors` has the ids of the environment.',
        ),
        {
          of: 'ids of processors',
          unique: true,
          remedy: 'List the ids, or remove `processors`: then all are allowed.',
        },
      ),
    ),
    /**
     * Most pending tasks. At this number, a request to create a task gets 429 `too_many_pending` with `Retry-After`. The count
     * is approximate: requests at the same time may exceed the limit. A count costs a query of each index shard. If the limit is
     * at most 100, each created task is counted; above, one count serves for five seconds.
     * @default no limit
     */
    pendingLimit: optional(
      count({
        ...PENDING_LIMIT,
        unit: 'pending tasks',
        remedy: 'Write the largest number of pending tasks that the application needs, or remove `pendingLimit`.',
      }),
    ),
    /**
     * Workflows that its tasks may resume, at most 20: ARNs of state machines, or of durable functions as `…:function:NAME:*`. One of
     * another account is `{ arn, roleArn, externalId }`. `'granted'`: the workflows are those that the app's code names with
     * `allowResume`, which also adds to a list that is not empty. With one or with `'granted'` in any application, the environment has
     * a key, two functions, three queues and six alarms more, for about 2.40 USD a month.
     * @default none: a request with `resume` gets 403 `resume_not_allowed`
     */
    resumes: optional(
      wordOr(
        GRANTED,
        list(textOr(workflowArn, workflowElsewhere), {
          of: 'workflows',
          max: MAX_RESUMES,
          remedy: 'List the workflows that the application waits in.',
        }),
      ),
    ),
  }),
  hasSenders,
);
export type ApplicationInput = v.InferInput<typeof application>;

export const applications = record(
  {
    of: 'applications',
    id: APPLICATION_ID_PATTERN,
    expected: 'an id of 2 to 32 characters of [a-z0-9-]',
    remedy: "Write applications: { NAME: { clients: ['CLIENT_ID'] } }.",
    max: MAX_APPLICATIONS,
  },
  application,
);
