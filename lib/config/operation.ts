import type * as v from 'valibot';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { list, object, optional, within } from './containers.ts';
import { count, flag, type Kind, oneOf, text } from './kinds.ts';
import { Description } from './show.ts';

export const DEPLOYMENT_PACES = [
  'all-at-once',
  'canary-10-percent-5-minutes',
  'canary-10-percent-30-minutes',
  'linear-10-percent-every-minute',
] as const;
export type DeploymentPace = (typeof DEPLOYMENT_PACES)[number];

export const DEPLOYMENT_WAVES = [1, 2, 3] as const;

/** Neither reserved nor capped. */
export const UNRESERVED = 'unreserved';

type Executions = number | typeof UNRESERVED;

const executions = (min: number): Kind<Executions> =>
  unreservedOr(
    count({
      min,
      max: 1_000,
      unit: 'executions',
      remedy:
        'Give how many events the function may process at the same time; 0 would switch it off, and ' +
        `'${UNRESERVED}' neither reserves nor caps.`,
    }),
  );

const unreservedOr = (bounded: Kind<number>): Kind<Executions> => ({
  ...(bounded as unknown as Kind<Executions>),
  shown: `number | '${UNRESERVED}'`,
  '~run': (dataset, config) =>
    dataset.value === UNRESERVED ? { typed: true, value: UNRESERVED } : bounded['~run'](dataset, config),
});

/** Functions that processors and applications wait for. They must handle a burst. */
const awaited = executions(50);
const other = executions(1);

/** Names of functions before they were renamed. Environment files may still use them. */
export const FORMER_NAMES = {
  open: 'create-task',
  describe: 'metadata',
  arrive: 'complete-upload',
} as const satisfies Readonly<Record<string, FunctionName>>;

/** Executions of each function: a number, or `unreserved`, which neither reserves nor caps. */
export const reservedConcurrency = object('Write for instance { metadata: 40 }, or remove `reservedConcurrency`.', {
  /**
   * Executions of the function that receives callbacks.
   * @default unreserved
   */
  receive: optional(awaited),
  /**
   * Executions of the function that creates tasks.
   * @default unreserved
   */
  'create-task': optional(awaited),
  /**
   * Executions of the function that shows, lists and changes tasks.
   * @default unreserved
   */
  tasks: optional(awaited),
  /**
   * Executions of the function of public documents.
   * @default unreserved
   */
  metadata: optional(other),
  /**
   * Executions of the operators' console.
   * @default unreserved
   */
  console: optional(other),
  /**
   * Executions of the function that calls registered addresses. Everyone on the internet can ask it to.
   * @default 20
   */
  handshake: optional(other, 20),
  /**
   * Executions of the operator API.
   * @default unreserved
   */
  'operator-api': optional(other),
  /**
   * Executions of the function that shows payloads to operators.
   * @default unreserved
   */
  'reveal-payload': optional(other),
  /**
   * Executions of the function that publishes events.
   * @default unreserved
   */
  publish: optional(other),
  /**
   * Executions of the function that expires tasks.
   * @default unreserved
   */
  expire: optional(other),
  /**
   * Executions of the function that completes uploads.
   * @default unreserved
   */
  'complete-upload': optional(other),
  /**
   * Executions of the function that revokes callbacks in bulk.
   * @default unreserved
   */
  'revoke-callbacks': optional(other),
  /**
   * Executions of the function that processes dead letters again.
   * @default unreserved
   */
  redrive: optional(other),
  /**
   * Executions of the function that sends work to processors. Give at least the sum of their `concurrency`.
   * @default unreserved
   */
  dispatch: optional(other),
  /**
   * Executions of the function that rotates signing keys.
   * @default unreserved
   */
  'rotate-signing-key': optional(other),
  /**
   * Former name of `create-task`.
   * @deprecated
   * @default unreserved
   */
  open: optional(awaited),
  /**
   * Former name of `metadata`.
   * @deprecated
   * @default unreserved
   */
  describe: optional(other),
  /**
   * Former name of `complete-upload`.
   * @deprecated
   * @default unreserved
   */
  arrive: optional(other),
});

/** Request units that a table may use before its quota is raised, of each kind. */
const MAX_TABLE_UNITS = 40_000;

const units = (min: number, remedy: string) => count({ min, max: MAX_TABLE_UNITS, unit: 'request units', remedy });
const THROUGHPUT = 'Give both, or remove `tableThroughput`.';
const WARM = 'Give both, or remove `warmThroughput`. Ask AWS for a higher quota before you need more than 40,000.';

/** Most request units a second of each table, and of each of its indexes. */
export const tableThroughput = object(THROUGHPUT, {
  /** Most read request units a second. */
  readUnits: units(1, THROUGHPUT),
  /** Most write request units a second. */
  writeUnits: units(1, THROUGHPUT),
});
export type TableThroughput = v.InferOutput<typeof tableThroughput>;

/**
 * Request units a second that each table, and each of its indexes, handles at once. The minimum is what DynamoDB prepares for
 * a new table on demand: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
 */
export const warmThroughput = object(WARM, {
  /** Read request units a second. */
  readUnits: units(12_000, WARM),
  /** Write request units a second. */
  writeUnits: units(4_000, WARM),
});
export type WarmThroughput = v.InferOutput<typeof warmThroughput>;

/**
 * Longest list of data operators, in characters. A policy of a table or a bucket has at most 20 KB, and the bucket's
 * policy names them twice.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
 */
const MAX_DATA_OPERATORS_CHARS = 8_000;

/** A role, with its path. The name may end in `*`, because role names of IAM Identity Center end at random. */
const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+\*?$/;

const dataOperators = list(
  text(
    ROLE_ARN,
    'the ARN of one role, which may end in *',
    'Name a role whose holders may read tasks, as arn:aws:iam::123456789012:role/Support.',
  ),
  { of: 'ARNs of roles', remedy: 'Write the ARNs in brackets.' },
);

const ACCOUNTS = "Give ids of AWS accounts in brackets, as in ['123456789012'].";

/** Operation: the share of the account's capacity, access to the data, and deployments. */
export const operation = {
  /**
   * Reserved concurrency of functions: most events that each processes at the same time, and as many reserved for it. A cap
   * of `metadata` and `console` keeps a flood of reads from the capacity of callbacks. One of `receive` keeps callbacks from
   * the capacity of the rest of the account. Above it the load balancer answers 5xx, and background work waits. It is free,
   * but the account's pool in the Region becomes smaller by it. Without a cap, a flood of reads competes with callbacks, up
   * to the rate limit of each address.
   *
   * Lambda refuses to leave fewer than 100 in the pool, so the default needs an account with 120 concurrent executions. New
   * accounts may have 10, and the deployment fails there. Request more (Service Quotas, Lambda), or write
   * `{ handshake: 'unreserved' }`.
   * @default { handshake: 20 }
   */
  reservedConcurrency: optional(reservedConcurrency, {}),
  /**
   * Most request units a second that each table, and each of its indexes, may use. DynamoDB throttles requests above, and
   * the gateway answers them with 503. It limits the bill of a flood, and the gateway too: a use of a token writes two units
   * for each KiB of its whole task, and the index as well. It is free.
   * @default the account's quota
   */
  tableThroughput: optional(tableThroughput),
  /**
   * Request units a second that each table, and each of its indexes, handles at once, without growing first. Without this
   * setting a new table handles 12,000 reads and 4,000 writes, and later twice its highest load so far; DynamoDB throttles
   * more for up to half an hour, and the gateway answers with 503. It can be raised and never lowered, because DynamoDB keeps
   * what it has prepared. DynamoDB charges once for what it prepares above its own values; `postern env cost` does not count it.
   * Each of `indexShards` still handles 1,000 units a second at most.
   * @default DynamoDB's own values
   */
  warmThroughput: optional(warmThroughput),
  /**
   * Shards of each index of the tasks table. Each shard handles about 500 tasks a second that are created and closed; above,
   * creation is refused and callbacks get 503 (`docs/reference/capacity.md`). A page of a list, and each run of the expiry
   * function, queries every shard, for half a read unit each. Raise it in a separate deployment with `deploymentPace`
   * `all-at-once`, and never lower it. While code with different shard counts runs, tasks in shards that are not queried are
   * neither listed nor expired.
   * @default 16
   */
  indexShards: optional(
    count({
      ...INDEX_SHARDS,
      unit: 'shards',
      remedy: 'docs/reference/capacity.md has the number for your rate; never give fewer than before.',
    }),
    INDEX_SHARDS.default,
  ),
  /**
   * ARNs of IAM roles that may read and change tasks and payloads, back up, export and restore tables, and read the load
   * balancer's logs, if their own policies allow it. Each may end in a `*`; together they have at most 8,000 characters. All
   * other principals of the account are denied that, administrators too, except for the gateway's functions. The role of a
   * backup plan belongs here.
   * @default no role
   */
  dataOperators: optional(
    within(dataOperators, (arns) => {
      const { length } = arns.join('');
      if (length <= MAX_DATA_OPERATORS_CHARS) return [];
      return [
        {
          value: new Description(`has ${length} characters, all ARNs together`),
          expected: `at most ${MAX_DATA_OPERATORS_CHARS} characters`,
          remedy: 'Name fewer roles: let several people assume one, or end one ARN in *.',
        },
      ];
    }),
    [],
  ),
  /**
   * Ids of other AWS accounts that may create their rules on the event bus. A rule of such an account matches events of
   * Postern only, and only its account can change it. Applications in the environment's own account need nothing. The
   * setting is free; EventBridge charges for delivery to another account.
   * @default only the environment's own account creates rules
   */
  eventRuleAccounts: optional(
    list(text(/^\d{12}$/, 'an account id: 12 digits, in quotes', ACCOUNTS), {
      of: 'account ids',
      // A bus policy has at most 10 KB; a statement of ours has about 700 bytes.
      max: 10,
      unique: true,
      remedy: `${ACCOUNTS} Further accounts can get the events from a bus of their own that one of these forwards to.`,
    }),
    [],
  ),
  /**
   * Pace at which new code of the functions replaces the old. All but `all-at-once` watch alarms meanwhile and roll back if
   * one is raised; a deployment that changes code takes as long. To deploy while such an alarm is raised, use
   * `all-at-once`. It is free.
   * @default 'canary-10-percent-5-minutes'
   */
  deploymentPace: optional(
    oneOf(DEPLOYMENT_PACES, 'Choose how fast new code replaces the old.'),
    'canary-10-percent-5-minutes',
  ),
  /**
   * Wave in which the workflow deploys the environment. A wave begins when every environment of the earlier waves is deployed
   * and its smoke test has passed. A manual deployment ignores it.
   * @default wave 3 if `protected` is true, wave 1 if not
   */
  deploymentWave: optional(oneOf(DEPLOYMENT_WAVES, 'Choose the wave in which the workflow deploys it.')),
  /**
   * True if X-Ray traces requests through the functions: one a second and 5 % of the others by its default rule, about 5 USD
   * a million traces. A trace has times and outcomes, and nothing of the requests.
   * @default false
   */
  tracing: optional(flag('Write true if X-Ray traces requests, and false if not.'), false),
};
