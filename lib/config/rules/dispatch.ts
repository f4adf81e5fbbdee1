import { Duration } from 'aws-cdk-lib';
import { checkTemplate, type SettingsFault } from '../../../lambda/shared/dispatch/check-template.ts';
import { namedPlaceholders, type Template } from '../../../lambda/shared/dispatch/placeholders.ts';
import { Description } from '../show.ts';
import { forEachProcessor, type ValidEntries } from './rule.ts';

/** The request to a processor can be built, and goes to nobody else. */
export const dispatchIsRight = forEachProcessor(({ dispatch }, at, entries, errors) => {
  const { body, headers, query, url } = dispatch ?? {};
  if (dispatch === undefined || url === undefined || body === undefined) return;
  const template = { url, body, headers: headers ?? {}, query: query ?? {} } as Template;
  const { auth } = dispatch;
  const faults: readonly SettingsFault[] = checkTemplate(
    {
      ...template,
      ...(auth?.tokenEndpoint !== undefined && {
        auth: auth as Required<typeof auth> & { kind: 'client_credentials' },
      }),
    },
    rulesOf(entries),
  );
  for (const { expected, path, remedy, value } of faults) {
    errors.expect(false, [at, 'dispatch', ...path].join('.'), value, expected, remedy);
  }
});

const rulesOf = ({ domain, runsOn }: ValidEntries) => ({
  egress: runsOn === 'this-machine' ? ('loopback' as const) : ('public' as const),
  ...(domain !== undefined && { ownHost: domain }),
});

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
