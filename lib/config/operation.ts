import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';

/** How an environment is operated: what it may use of its account, who may look into it, how new code is let in. */
export interface OperationInput {
  /**
   * Reserved concurrency of functions: most events that each works on at the same time, and as many are always there
   * for it. At least 50 of `receive`, `create-task` and `tasks`, 1 of the others, 1,000 at most. A cap of `metadata` and
   * `console` keeps a flood of reads from what callbacks need; one of `receive` keeps what callbacks need from the rest
   * of the account. Above it the load balancer answers 5xx, and what nobody waits for waits. No charge, but as many are
   * taken out of the account's pool of the region, for this function alone. Without a cap, a flood of reads competes
   * with callbacks for the pool, up to the rate limit of each address.
   *
   * `handshake` alone is capped unless the environment says otherwise, at 20: everybody may ask it to call a registered
   * address. Lambda refuses to leave fewer than 100 in the pool, so that an account needs 120 concurrent executions for
   * it. New accounts may have 10: there the deployment fails. Ask for more (Service Quotas, Lambda), or write
   * `{ handshake: 'unreserved' }`, which neither reserves nor caps.
   * @default { handshake: 20 }
   */
  readonly reservedConcurrency?: ReservedConcurrency;
  /**
   * Most request units a second that each table, and each of its indexes, may use by itself, 1 to 40,000 each way; what
   * is above is throttled and answered with 503. It caps the bill of a flood, and the gateway with it: a use
   * of a token writes two units for each KiB of its whole task, and the index as well. No charge.
   * @default none: what the account's quota allows
   */
  readonly tableThroughput?: TableThroughput;
  /**
   * Request units a second that each table, and each of its indexes, takes at once, without growing first: 12,000 to 40,000
   * to read, 4,000 to 40,000 to write. Without it, a new table takes 12,000 and 4,000, and later twice its highest load so
   * far; more is throttled for up to half an hour and answered with 503. It can be raised and never lowered: DynamoDB keeps
   * what it has prepared. DynamoDB charges once for what is prepared above its own values; `npm run cost` does not count it.
   * Whatever it says, each of `indexShards` takes 1,000 units a second.
   * @default what DynamoDB gives by itself
   */
  readonly warmThroughput?: WarmThroughput;
  /**
   * Partitions that each index of the tasks is spread over, 16 to 256. Each takes about 500 tasks a second that are opened
   * and closed; more of them are refused, and their callbacks answered with 503 (`docs/reference/capacity.md`). A page of a list and each
   * run of the expirer ask every one, half a read unit each. Only ever raise it, in a deployment of its own with
   * `deploymentPace` `all-at-once`: tasks that lie in a partition which is not asked, because fewer are asked than before or
   * than others write to, are neither listed nor expired until it is.
   * @default 16
   */
  readonly indexShards?: number;
  /**
   * ARNs of IAM roles whose holders may read and change tasks and payloads, back up, export and restore tables, and read
   * the load balancer's logs, if their own policies allow it. Each may end in a `*`; together they have at most 8,000
   * characters. Everybody else in the account is kept from all that, administrators too, but for the gateway's functions.
   * The role of a backup plan belongs here.
   * @default nobody
   */
  readonly dataOperators?: readonly string[];
  /**
   * Ids of other AWS accounts that may create rules of their own on the event bus, at most 10. A rule of such an account
   * can only match events of Postern, and only its account can change it. Applications in the environment's own account
   * need nothing. No charge for the setting; EventBridge's page of prices says what delivery to another account costs.
   * @default none: rules of the environment's own account alone
   */
  readonly eventRuleAccounts?: readonly string[];
  /**
   * How new code of the functions is let in. All but `all-at-once` watch alarms meanwhile and go back when one is
   * raised; a deployment that changes code takes that long. One that has to go in while such an alarm is raised, to end
   * it, goes `all-at-once`. No charge.
   * @default 'canary-10-percent-5-minutes'
   */
  readonly deploymentPace?: DeploymentPace;
  /**
   * When the workflow deploys the environment: 1, 2 or 3. A wave begins when every environment of the earlier waves is
   * deployed and its smoke test has passed. A deployment by hand does not look at it.
   * @default wave 3 where `protected` is true, wave 1 where it is not
   */
  readonly deploymentWave?: DeploymentWave;
  /**
   * Whether X-Ray traces requests through the functions: one a second and 5 % of the others by its default rule, about
   * 5 USD a million traces. A trace has times and outcomes, nothing of requests.
   * @default false
   */
  readonly tracing?: boolean;
}

export const DEPLOYMENT_PACES = [
  'all-at-once',
  'canary-10-percent-5-minutes',
  'canary-10-percent-30-minutes',
  'linear-10-percent-every-minute',
] as const;
export type DeploymentPace = (typeof DEPLOYMENT_PACES)[number];

export const DEPLOYMENT_WAVES = [1, 2, 3] as const;
export type DeploymentWave = (typeof DEPLOYMENT_WAVES)[number];

/** Neither reserved nor capped. */
export const UNRESERVED = 'unreserved';

/** Executions, by function. */
export type ReservedConcurrency = Readonly<Partial<Record<FunctionName, number | 'unreserved'>>>;

/**
 * What is reserved unless an environment says otherwise. A handshake takes three seconds at most, and a few hundred
 * milliseconds where the other side answers: 20 at a time are some 50 a second.
 */
const DEFAULT_CONCURRENCY = { handshake: 20 } as const satisfies ReservedConcurrency;

export interface TableThroughput {
  /** Most read request units a second. */
  readonly readUnits: number;
  /** Most write request units a second. */
  readonly writeUnits: number;
}

export interface WarmThroughput {
  /** Read request units a second. */
  readonly readUnits: number;
  /** Write request units a second. */
  readonly writeUnits: number;
}

/** How an environment is operated, complete. */
export interface Operation {
  readonly reservedConcurrency: Readonly<Partial<Record<FunctionName, number>>>;
  readonly tableThroughput?: TableThroughput;
  readonly warmThroughput?: WarmThroughput;
  readonly indexShards: number;
  readonly dataOperators: readonly string[];
  readonly eventRuleAccounts: readonly string[];
  readonly deploymentPace: DeploymentPace;
  readonly deploymentWave: DeploymentWave;
  readonly tracing: boolean;
}

/** Names of what an environment file may say about it. */
export const OPERATION_PROPERTIES = [
  'reservedConcurrency',
  'tableThroughput',
  'warmThroughput',
  'indexShards',
  'dataOperators',
  'eventRuleAccounts',
  'deploymentPace',
  'deploymentWave',
  'tracing',
] as const satisfies readonly (keyof OperationInput)[];

/** Fills in the defaults. */
export const completeOperation = (input: OperationInput & { readonly protected: boolean }): Operation => ({
  reservedConcurrency: completeConcurrency(input.reservedConcurrency ?? {}),
  indexShards: input.indexShards ?? INDEX_SHARDS.default,
  dataOperators: input.dataOperators ?? [],
  eventRuleAccounts: input.eventRuleAccounts ?? [],
  deploymentPace: input.deploymentPace ?? 'canary-10-percent-5-minutes',
  deploymentWave: input.deploymentWave ?? (input.protected ? 3 : 1),
  tracing: input.tracing ?? false,
  ...(input.tableThroughput !== undefined && { tableThroughput: input.tableThroughput }),
  ...(input.warmThroughput !== undefined && { warmThroughput: input.warmThroughput }),
});

const completeConcurrency = (input: ReservedConcurrency): Operation['reservedConcurrency'] =>
  Object.fromEntries(Object.entries({ ...DEFAULT_CONCURRENCY, ...input }).filter(([, most]) => most !== UNRESERVED));
