import { spawnSync } from 'node:child_process';
import { INDEXES_CONTEXT } from '../../lib/context-keys.ts';
import { changesOf, describeChanges, endsSending, removedApplications } from '../../lib/update/changes.ts';
import { compareEnvironments } from '../../lib/update/compare.ts';
import { fetchDeployed, NoDeployedTemplate, type RunAws, readDeployed } from '../../lib/update/deployed-templates.ts';
import { expectOwnStacks, OtherStack } from '../../lib/update/expect-own-stacks.ts';
import { originChanged } from '../../lib/update/origin-changed.ts';
import { type EnvironmentTemplates, recordTemplates } from '../../lib/update/record.ts';
import { reportUpdate } from '../../lib/update/report.ts';
import { UnknownResourceType } from '../../lib/update/resource-schemas.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import type { EnvAnswer } from './answer.ts';
import { readLookupRole, readTemplates } from './read-assembly.ts';
import { type SynthesizedEnvironment, withEnvironment } from './with-environment.ts';

interface DiffOptions {
  readonly name: string | undefined;
  /** Folder with the deployed templates. */
  readonly against: string | undefined;
  /** Names of indexes, separated by commas. */
  readonly indexes: string | undefined;
}

/** Compares the templates that the app makes now with the deployed ones. */
export const answerDiff = (context: Context, { against, indexes, name }: DiffOptions): Promise<EnvAnswer> =>
  withEnvironment(
    context,
    { name, context: indexes === undefined ? {} : { [INDEXES_CONTEXT]: indexes } },
    (environment) => {
      try {
        const deployed = against === undefined ? fetch(context, environment) : readDeployed(against);
        const templates = readTemplates(environment);
        const { name: found, stacks } = environment.description;
        if (deployed !== undefined) {
          expectOwnStacks(deployed, templates, { state: stacks.state.name, gateway: stacks.gateway.name });
        }
        return compare(found, deployed, templates);
      } catch (error) {
        if (error instanceof NoDeployedTemplate || error instanceof OtherStack)
          throw new CommandError('usage', error.message);
        if (error instanceof UnknownResourceType) throw new CommandError('failed', error.message);
        throw error;
      }
    },
  );

const compare = (
  environment: string,
  deployed: EnvironmentTemplates | undefined,
  templates: EnvironmentTemplates,
): EnvAnswer => {
  if (deployed === undefined) {
    return {
      exit: 'ok',
      data: { environment, isDeployed: false, changes: [], dangers: [] },
      text: reportUpdate(environment, undefined, [], 0),
    };
  }
  const before = recordTemplates(deployed);
  const changes = changesOf(deployed, templates);
  const dangers = [...originChanged(deployed, templates), ...compareEnvironments(before, recordTemplates(templates))];
  const replaced = changes.filter(({ kind }) => kind === 'replaced').length;
  return {
    exit: dangers.length === 0 ? 'ok' : 'failed',
    data: { environment, isDeployed: true, changes, dangers },
    text: [
      ...describeChanges(changes),
      ...removedApplications(deployed, templates).map(
        (id) =>
          `The application ${id} is removed: no application can see its tasks. Its tasks do not move to another id.`,
      ),
      ...(endsSending(deployed, templates) ? [ENDED_SENDING] : []),
      reportUpdate(environment, before, dangers, replaced),
    ].join('\n'),
  };
};

const ENDED_SENDING =
  'The last `dispatch` of a processor is removed: tasks that are still queued do not fail, they expire. ' +
  'Remove it in two deployments: docs/operate/dispatch.md has the steps.';

const fetch = ({ env }: Context, environment: SynthesizedEnvironment): EnvironmentTemplates | undefined => {
  const { account, name, region, stacks } = environment.description;
  const lookupRole = readLookupRole(environment);
  return fetchDeployed(
    {
      name,
      account,
      region,
      stackNames: { state: stacks.state.name, gateway: stacks.gateway.name },
      ...(lookupRole !== undefined && { lookupRole }),
    },
    runAws(env),
  );
};

const runAws =
  (env: Context['env']): RunAws =>
  (args, variables) => {
    const { error, status, stderr, stdout } = spawnSync('aws', args, {
      encoding: 'utf8',
      env: { ...env, ...variables, AWS_PAGER: '' },
      maxBuffer: 16 * 1024 * 1024,
    });
    return error === undefined
      ? { status, stdout, stderr }
      : { status: null, stdout: '', stderr: `${error.message}. Install the AWS CLI.` };
  };
