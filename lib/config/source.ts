/** The place where an environment is written. Errors name it. */
export interface Source {
  /** Follows the words "The environment" in the heading of an error. */
  readonly label: string;
  /** Path of a value in this place, by its path in an environment: `env.region` for `region` in a construct. */
  readonly pathOf: (at: string) => string;
  /** Advice for a wrong name. */
  readonly rename: string;
}

/** The name of an environment, as the path of an error. No entry has this name. */
export const NAME_PATH = 'name';

/** Path of an environment's file, for messages. */
export const fileOf = (name: string): string => `environments/${name}.ts`;

/** An environment in a file that has its name. */
export const fileSource = (name: string, file = fileOf(name)): Source => ({
  label: `"${name}" (${file})`,
  pathOf: (at) => (at === NAME_PATH ? 'the name' : at),
  rename: 'Rename the file.',
});

/** Members of `env`. All others are members of `environment`. */
export const ENV_MEMBERS = ['account', 'region'] as const;

/** An environment in the properties of a construct. @param path of the construct in the app: `MyStage/Prod` */
export const constructSource = (path: string): Source => ({
  label: `of Postern at "${path}"`,
  pathOf: (at) => `${(ENV_MEMBERS as readonly string[]).includes(at) ? 'env' : 'environment'}.${at}`,
  rename: 'Write another name.',
});
