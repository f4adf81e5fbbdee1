import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import type { FunctionName } from '../../lambda/contract/variables.ts';
import { Finding, type Problems } from './errors.ts';
import type { OperationInput, TableThroughput } from './operation.ts';
import { DEPLOYMENT_PACES, DEPLOYMENT_WAVES, UNRESERVED } from './operation.ts';

/** What a table may use before its quota is raised, in request units of each kind. */
const MAX_TABLE_UNITS = 40_000;

/**
 * What DynamoDB prepares for a new table on demand by itself; less cannot be asked for.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
 */
const LEAST_WARM_UNITS = { readUnits: 12_000, writeUnits: 4_000 } as const;

const checkWarmThroughput = (problems: Problems, warm: unknown, most: TableThroughput | undefined): void => {
  const remedy =
    'Give both, or take `warmThroughput` out. Ask AWS for a higher quota before you need more than 40,000.';
  if (!problems.object('warmThroughput', warm, 'an object with readUnits and writeUnits', remedy)) return;
  problems.properties('warmThroughput', warm as object, Object.keys(LEAST_WARM_UNITS));
  for (const [name, min] of Object.entries(LEAST_WARM_UNITS)) {
    const value = (warm as Readonly<Record<string, unknown>>)[name];
    problems.integer(`warmThroughput.${name}`, value, { min, max: MAX_TABLE_UNITS }, 'request units', remedy);
    const allowed = most?.[name as keyof TableThroughput] ?? MAX_TABLE_UNITS;
    problems.expect(
      !(Number(value) > allowed),
      `warmThroughput.${name}`,
      value,
      `at most ${allowed}, which \`tableThroughput\` allows`,
      'Raise `tableThroughput`: what is prepared above it is paid for and never used.',
    );
  }
};

/**
 * Longest list of data operators, in characters. A policy of a table or a bucket has at most 20 KB, and the bucket's
 * names them twice.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
 */
const MAX_DATA_OPERATORS_CHARS = 8_000;

/** A role, with its path. The name may have a `*`, because names of roles of an identity centre end at random. */
const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+\*?$/;

/** Fewest executions that a function gets. Those that processors and applications wait for must take a burst. */
const LEAST_CONCURRENCY: Readonly<Record<FunctionName, number>> = {
  receive: 50,
  'create-task': 50,
  tasks: 50,
  metadata: 1,
  console: 1,
  handshake: 1,
  publish: 1,
  expire: 1,
  'complete-upload': 1,
};

/** The policy of a bus has at most 10 KB; a statement of ours has about 700 bytes. */
const MAX_RULE_ACCOUNTS = 10;

const checkRuleAccounts = (problems: Problems, accounts: unknown): void => {
  const remedy = "Give ids of AWS accounts in brackets, as in ['123456789012'].";
  if (!Array.isArray(accounts)) {
    problems.expect(false, 'eventRuleAccounts', accounts, 'a list of account ids', remedy);
    return;
  }
  const isShort = accounts.length <= MAX_RULE_ACCOUNTS;
  const tooMany = 'Let the others get the events from a bus of their own that one of these accounts forwards to.';
  const found = new Finding(`has ${accounts.length} accounts`);
  problems.expect(isShort, 'eventRuleAccounts', found, `at most ${MAX_RULE_ACCOUNTS} accounts`, tooMany);
  for (const [index, account] of accounts.entries()) {
    problems.text(`eventRuleAccounts.${index}`, account, /^\d{12}$/, 'an account id: 12 digits, in quotes', remedy);
    const isFirst = accounts.indexOf(account) === index;
    problems.expect(isFirst, `eventRuleAccounts.${index}`, account, 'each account once', 'Take one of the two out.');
  }
};

/** Checks how an environment is operated. */
export const checkOperation = (problems: Problems, input: OperationInput): void => {
  checkRuleAccounts(problems, input.eventRuleAccounts ?? []);
  const {
    dataOperators,
    deploymentPace = 'all-at-once',
    deploymentWave = 1,
    reservedConcurrency = {},
    indexShards = INDEX_SHARDS.default,
    tableThroughput,
    warmThroughput,
    tracing = false,
  } = input;
  problems.oneOf('deploymentPace', deploymentPace, DEPLOYMENT_PACES, 'Choose how fast new code replaces the old.');
  problems.oneOf(
    'deploymentWave',
    deploymentWave,
    DEPLOYMENT_WAVES,
    'Choose the wave in which the workflow deploys it.',
  );
  problems.oneOf('tracing', tracing, [true, false], 'Write true where X-Ray traces requests, and false where not.');
  const isReserved = problems.object(
    'reservedConcurrency',
    reservedConcurrency,
    'an object with a number by the name of each function',
    'Write for instance { metadata: 40 }, or take `reservedConcurrency` out.',
  );
  if (isReserved) problems.properties('reservedConcurrency', reservedConcurrency, Object.keys(LEAST_CONCURRENCY));
  for (const [name, most] of Object.entries(isReserved ? reservedConcurrency : {})) {
    if (most === UNRESERVED) continue;
    const bounds = { min: LEAST_CONCURRENCY[name as FunctionName] ?? 1, max: 1_000 };
    const remedy =
      'Give how many events the function may work on at the same time; 0 would switch it off, and ' +
      `'${UNRESERVED}' neither reserves nor caps.`;
    problems.integer(`reservedConcurrency.${name}`, most, bounds, 'executions', remedy);
  }
  const both = 'Give both, or take `tableThroughput` out.';
  if (
    tableThroughput !== undefined &&
    problems.object('tableThroughput', tableThroughput, 'an object with readUnits and writeUnits', both)
  ) {
    const units = { readUnits: tableThroughput.readUnits, writeUnits: tableThroughput.writeUnits };
    problems.properties('tableThroughput', tableThroughput, Object.keys(units));
    const bounds = { min: 1, max: MAX_TABLE_UNITS };
    for (const [name, value] of Object.entries(units)) {
      problems.integer(`tableThroughput.${name}`, value, bounds, 'request units', both);
    }
  }
  if (warmThroughput !== undefined) checkWarmThroughput(problems, warmThroughput, tableThroughput);
  problems.integer(
    'indexShards',
    indexShards,
    INDEX_SHARDS,
    'partitions of each index',
    'docs/reference/capacity.md has the number for your rate; never give fewer than before.',
  );
  if (dataOperators === undefined) return;
  const isList = Array.isArray(dataOperators);
  problems.expect(isList, 'dataOperators', dataOperators, 'a list of ARNs of roles', 'Write the ARNs in brackets.');
  for (const [index, arn] of (isList ? dataOperators : []).entries()) {
    const expected = 'the ARN of one role, which may end in *';
    const remedy = 'Name a role whose holders may read tasks, as arn:aws:iam::123456789012:role/Support.';
    problems.text(`dataOperators.${index}`, arn, ROLE_ARN, expected, remedy);
  }
  const length = isList ? dataOperators.join('').length : 0;
  problems.expect(
    length <= MAX_DATA_OPERATORS_CHARS,
    'dataOperators',
    new Finding(`has ${length} characters, all ARNs together`),
    `at most ${MAX_DATA_OPERATORS_CHARS} characters`,
    'Name fewer roles: let several people assume one, or end one ARN in *.',
  );
};
