import { LOCAL_ENVIRONMENT } from '../../lambda/contract/environments.ts';
import type { StackNames } from '../stack-names.ts';
import type { AwsEnvironmentInput, Environment, EnvironmentInput } from './environment.ts';
import { ConfigErrors, InvalidEnvironment } from './errors.ts';
import { readEnvironment } from './read.ts';
import { constructSource, type ENV_MEMBERS } from './source.ts';
import { checkStackNames } from './stack-names.ts';

/** Members of an environment file that a construct has elsewhere: it always runs on AWS, and `env` has the others. */
const ELSEWHERE = { runsOn: 'Remove it.', account: 'Write it in `env`.', region: 'Write it in `env`.' } as const;

/** An environment in the properties of a construct. */
export interface ConstructInput {
  /** Account and Region of both stacks. */
  readonly env: Pick<AwsEnvironmentInput, (typeof ENV_MEMBERS)[number]>;
  /** Everything else, and the environment's name. */
  readonly environment: Omit<AwsEnvironmentInput, keyof typeof ELSEWHERE> & { readonly name: string };
  readonly stackNames?: StackNames;
}

/**
 * Checks the environment of a construct and fills in its defaults.
 * @param path of the construct in the app, which errors name
 * @throws {InvalidEnvironment} with every mistake: the value, the expectation and the remedy
 */
export const readConstruct = (path: string, { env, environment, stackNames }: ConstructInput): Environment => {
  const source = constructSource(path);
  const errors = new ConfigErrors();
  errors.expect(
    isObject(environment),
    'environment',
    environment,
    'an object with the properties of an environment',
    'docs/operate/configuration.md lists them.',
  );
  for (const [name, remedy] of Object.entries(ELSEWHERE)) {
    if (!isObject(environment) || !Object.hasOwn(environment, name)) continue;
    errors.expect(false, `environment.${name}`, Reflect.get(environment, name), 'no such property here', remedy);
  }
  errors.expect(
    environment?.name !== LOCAL_ENVIRONMENT,
    'environment.name',
    LOCAL_ENVIRONMENT,
    'another name, because `postern dev` runs a gateway of this name',
    source.rename,
  );
  checkStackNames(errors, `${environment?.name}`, stackNames);
  if (errors.list.length > 0) throw new InvalidEnvironment(source, errors.list);
  const { name, ...entries } = environment;
  // JavaScript may omit what the type requires. The schema then names both members.
  const { account, region }: Partial<ConstructInput['env']> = env ?? {};
  return readEnvironment(name, { ...entries, runsOn: 'aws', account, region } as EnvironmentInput, source);
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
