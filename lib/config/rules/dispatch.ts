import { Duration } from 'aws-cdk-lib';
import { DISPATCH_DELAYS, MAX_DISPATCHED_PROCESSORS } from '../../../lambda/contract/dispatch-limits.ts';
import { checkTemplate, type SettingsFault } from '../../../lambda/shared/dispatch/check-template.ts';
import { namedPlaceholders, type Template } from '../../../lambda/shared/dispatch/placeholders.ts';
import { secretNamesOf } from '../../../lambda/shared/dispatch/secrets.ts';
import { Description, NAMED_BY_PLACE } from '../show.ts';
import { forEachProcessor, type Rule, type ValidEntries, type ValidProcessor } from './rule.ts';

type ValidDispatch = ValidProcessor['dispatch'];

/** The parts that become a request, if the two that have no default are right. */
const templateOf = (dispatch: ValidDispatch): Template | undefined => {
  const { body, headers = {}, query = {}, url } = dispatch ?? {};
  return url === undefined || body === undefined ? undefined : ({ url, body, headers, query } as Template);
};

/** The request to a processor can be built, and goes to nobody else. */
export const dispatchIsRight = forEachProcessor(({ dispatch }, at, entries, errors) => {
  const template = templateOf(dispatch);
  if (template === undefined) return;
  const auth = dispatch?.auth;
  const faults = checkTemplate(
    {
      ...template,
      ...(auth?.tokenEndpoint !== undefined && {
        auth: auth as Required<typeof auth> & { kind: 'client_credentials' },
      }),
    },
    rulesOf(entries),
  );
  for (const fault of faults) {
    const { expected, path, remedy } = fault;
    errors.expect(false, [at, 'dispatch', ...path].join('.'), shownOf(fault, template), expected, remedy);
  }
});

const rulesOf = ({ domain, runsOn }: ValidEntries) => ({
  egress: runsOn === 'this-machine' ? ('loopback' as const) : ('public' as const),
  ...(domain !== undefined && { ownHost: domain }),
});

/**
 * Hides the whole value of a header and the format of a secret: a secret may have been written there by mistake. The name of a header
 * or parameter is in the place already.
 */
const shownOf = ({ path: [part, name = ''], value }: SettingsFault, { headers }: Template): unknown => {
  if ((part === 'headers' || part === 'query') && name !== '' && value === name) return NAMED_BY_PLACE;
  const header = part === 'headers' ? headers[name] : undefined;
  return header !== undefined && value === (typeof header === 'string' ? header : header.format)
    ? new Description('has another value (not shown, because a secret may be in it)')
    : value;
};

/** Callbacks have a token beside their URL if the carrier is `header`, and only then. */
export const dispatchCarriesTokens = forEachProcessor(({ carriers, dispatch }, at, _entries, errors) => {
  const { body, query } = dispatch ?? {};
  if (body === undefined || carriers === undefined) return;
  // Only `body` and `query` may name callbacks. Elsewhere they are a mistake of another rule.
  const names: readonly string[] = namedPlaceholders({ url: '', body, headers: {}, query: query ?? {} } as Template);
  const inUrl = carriers.find((carrier) => carrier !== 'header');
  for (const name of names) {
    const [, capability, part] = /^callbacks\.(\w+)\.(url|token)$/.exec(name) ?? [];
    if (part === 'url') {
      errors.expect(
        carriers[0] !== 'header' || names.includes(`callbacks.${capability}.token`),
        `${at}.dispatch.body`,
        `{{${name}}}`,
        `{{callbacks.${capability}.token}} beside it, because the first carrier is \`header\`: the URL does not have the token`,
        'Add the token to the body, or put `path` or `short` first in `carriers`.',
      );
    }
    if (part === 'token') {
      errors.expect(
        inUrl === undefined,
        `${at}.dispatch.body`,
        `{{${name}}}`,
        `no token, because \`carriers\` has \`${inUrl}\`: with this carrier, a callback has no token beside its URL`,
        "Remove it, or write carriers: ['header'].",
      );
    }
  }
});

/** The processor gets a callback that ends its task, and no upload where a schema checks results: a schema cannot check an upload. */
export const dispatchCanEnd = forEachProcessor(({ dispatch, schema }, at, _entries, errors) => {
  const { body, query } = dispatch ?? {};
  if (body === undefined) return;
  const names: readonly string[] = namedPlaceholders({ url: '', body, headers: {}, query: query ?? {} } as Template);
  errors.expect(
    names.includes('callbacks.result.url') || names.includes('callbacks.upload.url'),
    `${at}.dispatch.body`,
    new Description('names no callback for a result'),
    '{{callbacks.result.url}}, because otherwise no task of the processor can succeed',
    'Write it where the processor takes the URL that it calls with the result.',
  );
  const upload = names.find((name) => name.startsWith('callbacks.upload.'));
  errors.expect(
    schema === undefined || upload === undefined,
    `${at}.dispatch.body`,
    `{{${upload}}}`,
    'no upload, because the processor has a schema, which cannot check uploads',
    'Write {{callbacks.result.url}} instead, or remove `schema`.',
  );
});

/** A task that can live for its longest time must be able to be sent. */
export const dispatchHasTime = forEachProcessor(({ dispatch, maxExpiresIn }, at, _entries, errors) => {
  const { leastTime } = dispatch?.retry ?? {};
  const { timeout } = dispatch ?? {};
  if (!(leastTime instanceof Duration) || !(timeout instanceof Duration) || !(maxExpiresIn instanceof Duration)) return;
  const needed = leastTime.toSeconds() + timeout.toSeconds();
  errors.expect(
    needed <= maxExpiresIn.toSeconds(),
    `${at}.dispatch.retry.leastTime`,
    new Description(`needs ${needed} seconds together with \`timeout\``),
    `at most ${maxExpiresIn.toSeconds()} seconds, the longest \`expiresIn\` of the processor (\`maxExpiresIn\`)`,
    'Shorten `leastTime` or `timeout`, or raise `maxExpiresIn`: otherwise no task can be sent.',
  );
});

/** A wait after which even the longest task has too little time left is a mistake. The default waits are for any processor. */
export const dispatchRetriesCanHappen = forEachProcessor(({ dispatch, maxExpiresIn }, at, _entries, errors) => {
  const { delays, leastTime } = dispatch?.retry ?? {};
  const { timeout } = dispatch ?? {};
  if (!(leastTime instanceof Duration) || !(timeout instanceof Duration) || !(maxExpiresIn instanceof Duration)) return;
  const room = maxExpiresIn.toSeconds() - leastTime.toSeconds() - timeout.toSeconds();
  // Without room for the first attempt, another rule has the error.
  if (delays === undefined || room < 0 || `${delays}` === `${DISPATCH_DELAYS.default}`) return;
  let waited = 0;
  const index = delays.findIndex((delay) => {
    waited += delay;
    return waited > room;
  });
  errors.expect(
    index === -1,
    `${at}.dispatch.retry.delays.${index}`,
    new Description(`ends ${waited} seconds after the first attempt`),
    `at most ${room} seconds: \`maxExpiresIn\` without \`leastTime\` and \`timeout\`, because a later attempt never happens`,
    'Remove the waits from this one on, shorten them, or raise `maxExpiresIn`.',
  );
});

/** Characters for the ARNs of secrets in the policy of the dispatcher's role. */
const MAX_ARNS_CHARS = 4_000;

/** One policy of the dispatcher names all secrets. AWS would refuse a longer one during the deployment. */
export const dispatchFitsFunction: Rule = ({ account, processors = {}, region }, errors) => {
  const names = Object.values(processors).flatMap(({ dispatch } = {}) =>
    dispatch === undefined ? [] : secretNamesOf({ headers: {}, ...dispatch } as Parameters<typeof secretNamesOf>[0]),
  );
  const arns = [...new Set(names)].map((name) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`);
  const chars = JSON.stringify(arns).length;
  errors.expect(
    chars <= MAX_ARNS_CHARS,
    'processors',
    new Description(`names ${arns.length} secrets in \`dispatch\`, whose ARNs have ${chars} characters together`),
    `at most ${MAX_ARNS_CHARS} characters, because one policy names all of them`,
    'Shorten the names of the secrets, or move some processors to another environment.',
  );
};

/** Each processor that work is sent to has a queue, the policy of the queue, and a mapping. */
export const dispatchFitsStack: Rule = ({ processors = {} }, errors) => {
  const { length } = Object.values(processors).filter((processor) => processor?.dispatch !== undefined);
  errors.expect(
    length <= MAX_DISPATCHED_PROCESSORS,
    'processors',
    new Description(`has ${length} processors with \`dispatch\``),
    `at most ${MAX_DISPATCHED_PROCESSORS} of them, because each has a queue with two more resources in one stack`,
    'Move some of them to another environment, or let senders send the work of some themselves.',
  );
};

/**
 * A function with fewer executions than its queues ask for refuses messages, and SQS gives them up after several receives.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const dispatchFitsReservation: Rule = ({ processors = {}, reservedConcurrency }, errors) => {
  const reserved = reservedConcurrency?.dispatch;
  const concurrencies = Object.values(processors).flatMap((processor) => processor?.dispatch?.concurrency ?? []);
  const needed = concurrencies.reduce((sum, one) => sum + one, 0);
  errors.expect(
    typeof reserved !== 'number' || reserved >= needed,
    'reservedConcurrency.dispatch',
    reserved,
    `at least ${needed}, the sum of \`concurrency\` of all processors that work is sent to`,
    'Raise it, lower `concurrency` of a processor, or remove `reservedConcurrency.dispatch`.',
  );
};
