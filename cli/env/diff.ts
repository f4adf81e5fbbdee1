import { spawnSync } from 'node:child_process';
import { bundleFunctions } from '../../lib/functions/bundles.ts';
import { INDEXES_CONTEXT } from '../../lib/state/task-indexes.ts';
import { changesOf, describeChanges } from '../../lib/update/changes.ts';
import { compareEnvironments } from '../../lib/update/compare.ts';
import { fetchDeployed, type RunAws, readDeployed } from '../../lib/update/deployed-templates.ts';
import { recordTemplates } from '../../lib/update/record.ts';
import { reportUpdate } from '../../lib/update/report.ts';
import { makeTemplates } from '../../lib/update/templates.ts';
import type { EnvAnswer, EnvRequest } from './protocol.ts';
import { loadEnvironment, readCdkContext } from './read-environment.ts';

const runAws: RunAws = (args, variables) => {
  const { error, status, stderr, stdout } = spawnSync('aws', args, {
    encoding: 'utf8',
    env: { ...process.env, ...variables, AWS_PAGER: '' },
    maxBuffer: 16 * 1024 * 1024,
  });
  return error === undefined
    ? { status, stdout, stderr }
    : { status: null, stdout: '', stderr: `${error.message}. Install the AWS CLI.` };
};

/** Compares the templates that an environment's file gives now with the deployed ones. */
export const answerDiff = async ({
  against,
  environment: name,
  indexes,
}: Extract<EnvRequest, { readonly action: 'diff' }>): Promise<EnvAnswer> => {
  const context = readCdkContext();
  const environment = await loadEnvironment(name, context);
  if (environment.name === 'local') {
    return { exit: 'usage', message: `"${name}" runs on one machine and is never deployed.` };
  }
  const deployed = against === undefined ? fetchDeployed(environment, runAws) : readDeployed(against);
  if (deployed === undefined) {
    return {
      exit: 'ok',
      data: { environment: name, isDeployed: false, changes: [], dangers: [] },
      text: reportUpdate(name, undefined, []),
    };
  }
  const templates = makeTemplates(environment, await bundleFunctions(), {
    ...context,
    ...(indexes !== undefined && { [INDEXES_CONTEXT]: indexes }),
  });
  const before = recordTemplates(deployed);
  const changes = changesOf(deployed, templates);
  const dangers = compareEnvironments(before, recordTemplates(templates));
  return {
    exit: dangers.length === 0 ? 'ok' : 'failed',
    data: { environment: name, isDeployed: true, changes, dangers },
    text: [...describeChanges(changes), reportUpdate(name, before, dangers)].join('\n'),
  };
};
