import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DETAIL_TYPES } from '../../../lambda/contract/events.ts';
import {
  DISPATCHING_FUNCTIONS,
  ENVIRONMENT_VARIABLES,
  RESUMING_FUNCTIONS,
} from '../../../lambda/contract/variables.ts';
import type { SavedQuery } from '../../../lib/monitoring/saved-queries.ts';
import { SAVED_QUERIES } from '../../../lib/monitoring/saved-queries.ts';
import { FUNCTION_IDS } from '../../../lib/names.ts';
import { aDispatchingEnvironment } from '../../support/dispatching-environment.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { BOTH_DOORS } from '../../support/network-door.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

const resumes = ['arn:aws:states:eu-west-1:123456789012:stateMachine:invoices'];
const { gateway } = synthesize(
  aDispatchingEnvironment({ ...BOTH_DOORS, applications: { invoices: { clients: ['invoices-backend'], resumes } } }),
);
const saved = Object.values(resourcesOf(gateway, 'AWS::Logs::QueryDefinition')).map(({ Properties }) => Properties);
const queries = Object.entries(SAVED_QUERIES as Record<string, SavedQuery>);

describe('saved queries', () => {
  it('are exactly the queries that the runbook names', () => {
    const runbook = readFileSync(new URL('../../../docs/operate/runbook.md', import.meta.url), 'utf8');
    const named = [...runbook.matchAll(/saved\s+query\s+`(\w+)`/gi)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(Object.keys(SAVED_QUERIES).sort());
    expect(saved.map(({ Name }) => Name).sort()).toEqual(queries.map(([name]) => `postern/test/${name}`).sort());
  });

  it.each(queries)('%s searches the logs of its functions, with one command per line', (name, { lines, logs }) => {
    const { LogGroupNames, QueryString } = saved.find(({ Name }) => Name === `postern/test/${name}`) ?? {};
    expect(QueryString).toBe(lines.join('\n| '));
    expect(lines.every((line) => /^(filter|fields|stats|sort) /.test(line))).toBe(true);
    const groups = (LogGroupNames as { readonly Ref: string }[]).map(({ Ref }) => Ref);
    if (logs === 'webAcl' || logs === 'door') {
      expect(groups).toEqual([expect.stringMatching(logs === 'door' ? /^DoorServiceLog/ : /^WebAclLog/)]);
      return;
    }
    expect(groups).toEqual(
      logs.map((each) =>
        expect.stringMatching(
          new RegExp(`^(Front|Background|BackgroundResumption|BackgroundDispatching)${FUNCTION_IDS[each]}Log`, 'i'),
        ),
      ),
    );
  });

  it('Crashes searches the log of every function of the gateway', () => {
    expect([...SAVED_QUERIES.Crashes.logs].sort()).toEqual(
      Object.keys(ENVIRONMENT_VARIABLES)
        .filter((name) => name !== 'rotate-signing-key')
        .sort(),
    );
  });

  it('search no log that the environment does not have', () => {
    const { gateway: other } = synthesize(anAwsEnvironment());
    const queriesOf = Object.values(resourcesOf(other, 'AWS::Logs::QueryDefinition')).map(
      ({ Properties }) => Properties,
    );
    const missing = Object.keys(SAVED_QUERIES).filter(
      (name) => !queriesOf.some(({ Name }) => Name === `postern/test/${name}`),
    );
    expect(missing).toEqual(['ResumeRefusals', 'ResumeAttempts', 'Dispatches', 'DoorRefusals', 'DoorUnavailable']);
    const crashes = queriesOf.find(({ Name }) => Name === 'postern/test/Crashes');
    const optional = new Set([...RESUMING_FUNCTIONS, ...DISPATCHING_FUNCTIONS]);
    expect(crashes?.LogGroupNames).toHaveLength(SAVED_QUERIES.Crashes.logs.length - optional.size);
  });

  it('TasksByState sums the publisher’s counts by event name', () => {
    const asked = [...SAVED_QUERIES.TasksByState.lines.join(' ').matchAll(/sum\(`([^`]+)`\)/g)].map(([, name]) => name);
    const { cancelled, expired, failed, opened, reopened, succeeded } = DETAIL_TYPES;
    expect(asked.sort()).toEqual([cancelled, expired, failed, opened, reopened, succeeded].sort());
  });
});
