import { Construct, type IConstruct } from 'constructs';
import { readConstruct } from '../lib/config/construct.ts';
import { checkDistinctInApp, type PlacedEnvironment } from '../lib/config/distinct.ts';
import type { AwsEnvironmentInput, Environment } from '../lib/config/environment.ts';
import { InvalidEnvironment } from '../lib/config/errors.ts';
import { writeMistakes } from '../lib/describe/write-description.ts';
import { makeStacks, type StackNames } from '../lib/environment-stacks.ts';
import { readBundleFiles } from '../lib/functions/bundle-files.ts';
import type { FunctionBundles } from '../lib/functions/bundles.ts';

export type { StackNames };

/** Settings of an environment. An application's id is a key of `applications`. */
export type PosternEnvironment<Application extends string = string> = Omit<
  AwsEnvironmentInput,
  'account' | 'applications' | 'region' | 'runsOn'
> & {
  /** Name of the environment, at most 14 characters of `[a-z0-9-]`. The names of its resources have it. */
  readonly name: string;
  /**
   * Sending systems by their ids. Each owns its tasks.
   * @default - one application `default` with every client
   */
  readonly applications?: Readonly<Record<Application, ApplicationInput>>;
};

type ApplicationInput = NonNullable<AwsEnvironmentInput['applications']>[string];

export interface PosternProps<Application extends string = string> {
  /** Account and Region of both stacks. Neither may be a token: synth makes no lookup, and a deployment elsewhere fails. */
  readonly env: { readonly account: string; readonly region: string };
  readonly environment: PosternEnvironment<Application>;
  /**
   * Names of the two stacks. Give those of a deployment that is there to adopt it.
   * @default - the environment's name with a capital, and `-State` and `-Gateway`
   */
  readonly stackNames?: StackNames;
  /**
   * Code of the functions. The app of this repository builds it from the sources.
   * @internal
   */
  readonly bundles?: FunctionBundles;
}

/**
 * An environment of Postern: a secure entry point for callbacks. It makes two stacks in the app or stage of its scope. `State` has
 * what must survive (tables, payloads, keys), `Gateway` what may be replaced (load balancer, functions, events, alarms).
 */
export class Postern<Application extends string = string> extends Construct {
  /**
   * @param scope an app or a stage
   * @param id first part of the paths of both stacks: `npx cdk deploy 'ID/*'` deploys them
   * @throws {Error} if the environment has mistakes. The message has all of them, each with the expectation and the remedy
   */
  constructor(scope: Construct, id: string, props: PosternProps<Application>) {
    super(scope, id);
    const { stackNames, bundles = readBundleFiles(BUNDLES) } = props;
    try {
      const environment = readConstruct(this.node.path, props);
      compareInApp(this, environment);
      makeStacks(this, { environment, bundles, ...(stackNames !== undefined && { stackNames }) });
    } catch (error) {
      writeMistakes(this, error);
      // The trace of a mistake has only lines of the app.
      if (error instanceof InvalidEnvironment) Error.captureStackTrace(error, Postern);
      throw error;
    }
  }
}

/** Environments of each app. */
const environmentsByApp = new WeakMap<IConstruct, readonly PlacedEnvironment[]>();

/** @throws {InvalidEnvironment} if another environment of the app has the same name or domain */
const compareInApp = (scope: Construct, environment: Environment): void => {
  const { path, root } = scope.node;
  const others = environmentsByApp.get(root) ?? [];
  checkDistinctInApp({ path, environment }, others);
  environmentsByApp.set(root, [...others, { path, environment }]);
};

/** Folder of the package with the code of the functions. */
const BUNDLES = new URL('functions/', import.meta.url);
