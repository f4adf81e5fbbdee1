import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CommandError } from '../command-error.ts';
import {
  type GlobalFlags,
  LOCAL_PROFILE,
  OUTPUT_FORMATS,
  type OutputFormat,
  type Profile,
  type Settings,
} from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Table = Readonly<Record<string, unknown>>;

const PROJECT_FILE = 'postern.toml';
const USER_KEYS = ['profile', 'output', 'profiles'] as const;
const PROJECT_KEYS = ['profile', 'output'] as const;
const PROFILE_KEYS = ['origin', 'issuer', 'client_id', 'private_key', 'environment', 'protected'] as const;

/**
 * What a command goes by. A flag wins over a variable, a variable over the project's file, and that over the user's file.
 * @throws {CommandError} `usage`, if a file has an unknown key or a wrong value
 */
export const readSettings = async (
  flags: GlobalFlags,
  { cwd, env, isTerminal }: { readonly cwd: string; readonly env: Environment; readonly isTerminal: boolean },
): Promise<Settings> => {
  const configFile = join(env.XDG_CONFIG_HOME || join(homeOf(env), '.config'), 'postern', 'config.toml');
  const user = await readToml(configFile, USER_KEYS);
  const projectFile = findProjectFile(cwd);
  const project = projectFile === undefined ? {} : await readToml(projectFile, PROJECT_KEYS);
  const output =
    flags.output ?? env.POSTERN_OUTPUT ?? text(project, 'output', projectFile) ?? text(user, 'output', configFile);
  const userProfile = text(user, 'profile', configFile);
  const projectProfile = text(project, 'profile', projectFile);
  const placedProfile = env.POSTERN_PROFILE
    ? { name: env.POSTERN_PROFILE, by: 'POSTERN_PROFILE' }
    : projectFile !== undefined && projectProfile
      ? { name: projectProfile, by: projectFile }
      : undefined;
  const givenProfile = flags.profile || env.POSTERN_PROFILE;
  return {
    ...(givenProfile && { givenProfile }),
    profileName: flags.profile || placedProfile?.name || userProfile || LOCAL_PROFILE,
    ...(placedProfile && { placedProfile }),
    ...(userProfile && { userProfile }),
    profiles: profilesOf(user, configFile),
    ...originOf('--origin', flags.origin || env.POSTERN_ORIGIN, 'origin'),
    ...originOf('--issuer', flags.issuer || env.POSTERN_ISSUER, 'issuer'),
    output: output ? formatOf(output) : 'text',
    mayAsk: isTerminal && flags.input,
    isInputOff: !flags.input,
    configFile,
    stateFolder: join(env.XDG_STATE_HOME || join(homeOf(env), '.local', 'state'), 'postern'),
    readyFile: resolve(cwd, env.POSTERN_READY_FILE || join(env.POSTERN_DATA || '.postern', 'local.json')),
  };
};

const homeOf = (env: Environment): string => env.HOME || homedir();

/** The nearest `postern.toml`, from the current folder upwards. */
const findProjectFile = (folder: string): string | undefined => {
  const file = join(folder, PROJECT_FILE);
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? undefined : findProjectFile(parent);
};

const readToml = async (file: string, known: readonly string[]): Promise<Table> => {
  if (!existsSync(file)) return {};
  // Most command lines have no such file, so they do not load the parser.
  const { parse } = await import('smol-toml');
  let table: Table;
  try {
    table = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError('usage', `${file} is not TOML: ${error instanceof Error ? error.message : error}`);
  }
  refuseUnknown(table, known, file);
  return table;
};

const refuseUnknown = (table: Table, known: readonly string[], place: string): void => {
  const unknown = Object.keys(table).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const hint =
    known === PROJECT_KEYS && unknown.includes('profiles')
      ? 'The file of a project may name a profile. Define profiles in your own file.'
      : undefined;
  throw new CommandError('usage', `${place}: unknown ${unknown.join(', ')}; expected ${known.join(', ')}.`, hint);
};

const text = (table: Table, key: string, place = ''): string | undefined => {
  const value = table[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new CommandError('usage', `${place}: ${key} is ${JSON.stringify(value)}; expected a text.`);
};

const formatOf = (value: string): OutputFormat => {
  const format = OUTPUT_FORMATS.find((name) => name === value);
  if (format === undefined) {
    throw new CommandError('usage', `The output is "${value}"; expected one of ${OUTPUT_FORMATS.join(', ')}.`);
  }
  return format;
};

const profilesOf = (user: Table, file: string): Readonly<Record<string, Profile>> => {
  const { profiles = {} } = user;
  if (!isTable(profiles)) throw new CommandError('usage', `${file}: profiles is not a table; write [profiles.NAME].`);
  return Object.fromEntries(Object.entries(profiles).map(([name, value]) => [name, profileOf(name, value, file)]));
};

const profileOf = (name: string, value: unknown, file: string): Profile => {
  const place = `${file}: profiles.${name}`;
  if (name === LOCAL_PROFILE) {
    throw new CommandError('usage', `${place}: the profile "${LOCAL_PROFILE}" is built in. Choose another name.`);
  }
  if (!isTable(value)) throw new CommandError('usage', `${place} is not a table; write [profiles.${name}].`);
  refuseUnknown(value, PROFILE_KEYS, place);
  const origin = text(value, 'origin', place);
  if (origin === undefined)
    throw new CommandError('usage', `${place}: origin is missing, such as "https://callbacks.example.com".`);
  const isProtected = value.protected ?? false;
  if (typeof isProtected !== 'boolean') {
    throw new CommandError('usage', `${place}: protected is ${JSON.stringify(isProtected)}; expected true or false.`);
  }
  const [issuer, clientId, privateKey, environment] = (
    ['issuer', 'client_id', 'private_key', 'environment'] as const
  ).map((key) => text(value, key, place));
  return {
    name,
    origin: checkOrigin(`${place}: origin`, origin),
    isProtected,
    ...(issuer !== undefined && { issuer }),
    ...(clientId !== undefined && { clientId }),
    // Relative to the file, because the command may run anywhere.
    ...(privateKey !== undefined && { privateKey: resolve(dirname(file), privateKey) }),
    ...(environment !== undefined && { environment }),
  };
};

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const originOf = <K extends 'origin' | 'issuer'>(
  flag: string,
  value: string | undefined,
  key: K,
): { readonly [N in K]?: string } => {
  if (!value) return {};
  return { [key]: key === 'origin' ? checkOrigin(flag, value) : value } as { readonly [N in K]?: string };
};

const LOOPBACK = /^(127(\.\d+){3}|localhost|\[::1\])$/;

/**
 * @returns the origin without a trailing slash
 * @throws {CommandError} `usage`, if it is not an origin. Only an origin on this machine may go without TLS.
 */
export const checkOrigin = (place: string, value: string): string => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['', '/'].includes(value.slice(url.origin.length)) || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(
      'usage',
      `${place} is "${value}"; expected an origin, such as "https://callbacks.example.com".`,
    );
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw new CommandError('usage', `${place} is "${value}", which has no TLS; expected https.`);
  }
  return url.origin;
};
