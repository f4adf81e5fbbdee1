import { Command as CommanderCommand, CommanderError, Option as CommanderOption } from 'commander';
import type { AnyCommand, Argument, Arguments, Option } from './command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import manifest from './package.json' with { type: 'json' };
import { type GlobalFlags, OUTPUT_FORMATS } from './settings/settings.ts';

/** The flags that every command has, in addition to its own. */
export const GLOBAL_OPTIONS = {
  output: { doc: 'format of the data', value: 'FORMAT', short: 'o', choices: OUTPUT_FORMATS },
  profile: { doc: 'the profile to use', value: 'NAME' },
  origin: { doc: 'the gateway, such as https://callbacks.example.com', value: 'URL' },
  issuer: { doc: 'the issuer of access tokens', value: 'URL' },
  noInput: { doc: 'never asks a question' },
} as const satisfies Readonly<Record<string, Option>>;

/** A command line that was understood. */
export interface Invocation {
  readonly command: AnyCommand;
  readonly flags: GlobalFlags;
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly arguments: Readonly<Record<string, string | undefined>>;
}

/** The command line asks for help or is wrong; commander has printed what to say. */
export class NothingToRun {
  readonly exitCode: number;

  constructor(exitCode: number) {
    this.exitCode = exitCode;
  }
}

interface Output {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/** Finds the command that a command line names, and reads its values. Runs nothing. */
export const readCommandLine = (
  { commands, groups }: { readonly commands: readonly AnyCommand[]; readonly groups: Readonly<Record<string, string>> },
  words: readonly string[],
  output: Output,
): Invocation | NothingToRun => {
  let invocation: Invocation | undefined;
  const root = configure(new CommanderCommand('postern'), output)
    .description('Secure callback URLs: tasks, callbacks, operators, conformance of processors, environments.')
    .addHelpText('after', '\n"postern COMMAND --help" says more about a command.')
    .version(manifest.version, '-V, --version', 'prints the version')
    .showHelpAfterError('"postern --help" lists the commands.');
  for (const command of namedBy(words, commands)) {
    const parts = command.name.split(' ');
    const parent = parts.slice(0, -1).reduce<CommanderCommand>((above, _, i) => {
      const path = parts.slice(0, i + 1);
      return groupOf(above, path, groups[path.join(' ')] ?? '', output);
    }, root);
    addCommand(parent, command, output, (values) => {
      invocation = values;
    });
  }
  try {
    root.parse(withMarkedIds(withHelpAsked(words), commands), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const asked = ['commander.helpDisplayed', 'commander.version'].includes(error.code);
    return new NothingToRun(asked ? EXIT_CODES.ok.code : EXIT_CODES.usage.code);
  }
  return invocation ?? new NothingToRun(EXIT_CODES.usage.code);
};

/** Commands that begin with the first word, or all if none does. Commander takes longer to make them all than to read a command line. */
const namedBy = (words: readonly string[], commands: readonly AnyCommand[]): readonly AnyCommand[] => {
  const [first = ''] = words;
  const named = commands.filter(({ name }) => name === first || name.startsWith(`${first} `));
  return named.length > 0 ? named : commands;
};

/** Before an id that begins with a hyphen. No word of a command line can have this character. */
const ID_MARK = '\u0000';
/** A random id has 22 characters, and a `kid` has 43. */
const ID_WITH_HYPHEN = /^-(?:[\w-]{21}|[\w-]{42})$/;

/** One id of 64 begins with a hyphen, and commander would read it as an option. */
const withMarkedIds = (words: readonly string[], commands: readonly AnyCommand[]): string[] => {
  const flags = new Set(
    [GLOBAL_OPTIONS, ...commands.map(({ options }) => options)].flatMap((options) => Object.keys(options).map(flagOf)),
  );
  return words.map((word) => (ID_WITH_HYPHEN.test(word) && !flags.has(word) ? `${ID_MARK}${word}` : word));
};

const withoutMark = (value: string | undefined): string | undefined => value?.replace(ID_MARK, '');

/** `postern help task open` asks for the same as `postern task open --help`. */
const withHelpAsked = (words: readonly string[]): string[] =>
  words[0] === 'help' ? [...words.slice(1), '--help'] : [...words];

const configure = (command: CommanderCommand, output: Output): CommanderCommand =>
  command
    .exitOverride()
    .configureOutput({ ...output, writeErr: (text) => output.writeErr(text.replaceAll(ID_MARK, '')) })
    .configureHelp({ showGlobalOptions: false })
    .helpOption('-h, --help', 'shows this')
    .helpCommand(false);

const groupOf = (
  above: CommanderCommand,
  path: readonly string[],
  summary: string,
  output: Output,
): CommanderCommand => {
  const name = path.at(-1) ?? '';
  const known = above.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const group = configure(new CommanderCommand(name), output)
    .summary(summary)
    .description(summary)
    .showHelpAfterError(`"postern ${path.join(' ')} --help" lists its commands.`);
  above.addCommand(group);
  return group;
};

const addCommand = (
  parent: CommanderCommand,
  command: AnyCommand,
  output: Output,
  found: (invocation: Invocation) => void,
): void => {
  const { arguments: argumentTable = {}, description, examples, exits, name, options, summary } = command;
  const leaf = configure(new CommanderCommand(name.split(' ').at(-1) ?? ''), output)
    .summary(summary)
    .description(description === undefined ? summary : `${summary}\n\n${description}`)
    .allowExcessArguments(false)
    .showHelpAfterError(`"postern ${name} --help" says more.`)
    .addHelpText('after', endOfHelp(examples, exits));
  for (const [key, argument] of Object.entries(argumentTable)) addArgument(leaf, key, argument);
  for (const [key, option] of Object.entries(options)) leaf.addOption(toCommanderOption(key, option));
  for (const [key, option] of Object.entries(GLOBAL_OPTIONS)) {
    if (!Object.hasOwn(options, key)) leaf.addOption(toCommanderOption(key, option));
  }
  leaf.action((...given: unknown[]) => {
    const values = leaf.opts<Record<string, string | boolean | undefined>>();
    found({
      command,
      flags: globalFlags(values),
      options: Object.fromEntries(
        Object.entries(options).map(([key, option]) => [key, readValue(key, option, values)]),
      ),
      arguments: argumentValues(argumentTable, given),
    });
  });
  parent.addCommand(leaf);
};

const addArgument = (leaf: CommanderCommand, key: string, { choices, doc, isOptional }: Argument): void => {
  const argument = leaf.createArgument(isOptional ? `[${key}]` : `<${key}>`, doc);
  leaf.addArgument(choices === undefined ? argument : argument.choices([...choices]));
};

/** `idempotencyKey` → `--idempotency-key`. */
export const flagOf = (key: string): string => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const toCommanderOption = (
  key: string,
  { choices, default: preset, doc, required, short, value }: Option,
): CommanderOption => {
  const flags = `${short === undefined ? '' : `-${short}, `}${flagOf(key)}${value === undefined ? '' : ` <${value}>`}`;
  const option = new CommanderOption(flags, required ? `${doc} (required)` : doc);
  if (choices !== undefined) option.choices([...choices]);
  if (preset !== undefined) option.default(preset);
  if (required) option.makeOptionMandatory();
  return option;
};

/** Commander reads `--no-input` as `input: false`. */
const readValue = (
  key: string,
  option: Option,
  values: Readonly<Record<string, string | boolean | undefined>>,
): string | boolean | undefined => {
  const value = values[key];
  if (option.value !== undefined) return typeof value === 'string' ? withoutMark(value) : value;
  const negated = /^no([A-Z])(.*)$/.exec(key);
  if (negated === null) return value === true;
  return values[`${negated[1]?.toLowerCase()}${negated[2]}`] === false;
};

const globalFlags = (values: Readonly<Record<string, string | boolean | undefined>>): GlobalFlags => {
  const named = Object.fromEntries(
    (['profile', 'origin', 'issuer', 'output'] as const).flatMap((key) =>
      typeof values[key] === 'string' ? [[key, values[key]]] : [],
    ),
  );
  return { ...named, input: values.input !== false };
};

const argumentValues = (table: Arguments, given: readonly unknown[]): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.keys(table).map((key, i) => [key, withoutMark(given[i] as string | undefined)]));

const endOfHelp = (examples: readonly string[], exits: AnyCommand['exits']): string => {
  const codes = (['ok', ...exits, 'usage', 'interrupted'] as const)
    .map((name) => EXIT_CODES[name])
    .toSorted((a, b) => a.code - b.code)
    .map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`);
  return ['', 'Examples:', ...examples.map((line) => `  ${line}`), '', 'Exit codes:', ...codes].join('\n');
};
