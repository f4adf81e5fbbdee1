import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InvalidContext, InvalidEnvironment, UnknownEnvironment } from '../lib/config/errors.ts';
import { ENVIRONMENTS, loadEnvironments } from '../lib/config/load.ts';
import { bundleFunctions } from '../lib/functions/bundles.ts';
import { INDEXES_CONTEXT } from '../lib/state/task-indexes.ts';
import { compareEnvironments } from '../lib/update/compare.ts';
import { fetchDeployed, NoDeployedTemplate, type RunAws, readDeployed } from '../lib/update/deployed-templates.ts';
import { reportUpdate } from '../lib/update/report.ts';
import { UnknownResourceType } from '../lib/update/resource-schemas.ts';
import { recordEnvironment } from '../lib/update/templates.ts';

const USAGE = 'npm run check-update -- ENVIRONMENT [--indexes NAMES] [--against FOLDER]';

const HELP = `${USAGE}

Checks before a deployment of this environment that it can succeed without losing data. Compares the templates that the
environment's file produces now with the deployed ones.

  --indexes NAMES    compare the templates of a step of docs/operate/upgrading.md: names of indexes, separated by commas
  --against FOLDER   read the deployed templates from State.json and Gateway.json in this folder;
                     the default is to fetch them from CloudFormation with the AWS CLI (aws)

Exit 0: no danger was found; 1: each line names a danger and the safe alternative; 2: the check could not run.`;

class WrongUse extends Error {}

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

const main = async (): Promise<void> => {
  const { positionals, values } = readArguments();
  if (values.help) return console.log(HELP);
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new WrongUse(`Name one environment: ${USAGE}`);
  const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  };
  const cdkContext: Readonly<Record<string, unknown>> = { ...context, 'postern:environment': name };
  const [environment] = await loadEnvironments((key) => cdkContext[key], ENVIRONMENTS);
  if (environment === undefined || environment.name === 'local') {
    throw new WrongUse(`"${name}" runs on one machine and is never deployed. ${USAGE}`);
  }
  const deployed = values.against === undefined ? fetchDeployed(environment, runAws) : readDeployed(values.against);
  const findings =
    deployed === undefined
      ? []
      : compareEnvironments(
          deployed,
          recordEnvironment(environment, await bundleFunctions(), {
            ...context,
            ...(values.indexes !== undefined && { [INDEXES_CONTEXT]: values.indexes }),
          }),
        );
  console.log(reportUpdate(name, deployed, findings));
  if (findings.length > 0) process.exitCode = 1;
};

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { against: { type: 'string' }, indexes: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new WrongUse(`${error instanceof Error ? error.message : error}: ${USAGE}`);
  }
};

await main().catch((error: unknown) => {
  const isUserError = [
    WrongUse,
    UnknownEnvironment,
    InvalidContext,
    InvalidEnvironment,
    NoDeployedTemplate,
    UnknownResourceType,
  ].some((kind) => error instanceof kind);
  if (!isUserError) throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
});
