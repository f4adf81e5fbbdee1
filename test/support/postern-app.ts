import { type App, Stack, type StackProps } from 'aws-cdk-lib';
import { Postern, type PosternEnvironment } from '../../cdk/postern.ts';
import { anAwsEnvironment } from './environments.ts';
import { anApp, NO_ASSETS, NO_CODE, TEST_CONTEXT } from './synthesize.ts';

/** Account and Region of the environment of these tests. */
export const PLACE = { account: '123456789012', region: 'eu-west-1' } as const;

type Applications<Id extends string> = NonNullable<PosternEnvironment<Id>['applications']>;

/** An app whose templates name the functions' code, without files of it. */
export const anAppOfUser = (outdir?: string): App =>
  anApp(outdir, {
    context: { ...TEST_CONTEXT, ...(outdir === undefined && NO_ASSETS) },
  });

/** Settings of the environment `test` of these tests; say what is different. */
export const settingsOf = <Id extends string>(
  applications: Applications<Id>,
  others: Parameters<typeof anAwsEnvironment>[0] = {},
): PosternEnvironment<Id> => {
  const { account: _account, region: _region, runsOn: _kind, ...settings } = anAwsEnvironment(others);
  return { ...settings, name: 'test', applications };
};

/** The environment `test` in an app of a user, without the functions' code. */
export const aPostern = <Id extends string>(
  app: App,
  applications: Applications<Id>,
  others: Parameters<typeof anAwsEnvironment>[0] = {},
): Postern<Id> =>
  new Postern(app, 'Test', { env: PLACE, environment: settingsOf(applications, others), bundles: NO_CODE });

/** A stack of a user in the same account and Region. */
export const aStack = (app: App, id = 'Invoices', props: StackProps = {}): Stack =>
  new Stack(app, id, { env: PLACE, ...props });
