import type { AnyCommand, Option, Options } from '../../cli/command.ts';
import { COMMANDS, GROUPS } from '../../cli/commands.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { flagOf, GLOBAL_OPTIONS } from '../../cli/program.ts';
import type { GeneratedPage } from './page.ts';

const inCell = (text: string): string => text.replaceAll('|', '\\|');

const optionCell = ([key, { short, value }]: readonly [string, Option]): string =>
  `\`${short === undefined ? '' : `-${short}, `}${flagOf(key)}${value === undefined ? '' : ` ${value}`}\``;

const optionText = ({ choices, default: preset, doc, required }: Option): string =>
  [
    doc,
    ...(choices === undefined ? [] : [`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`]),
    ...(preset === undefined ? [] : [`default \`${preset}\``]),
    ...(required ? ['required'] : []),
  ].join('; ');

const optionTable = (options: Options): readonly string[] => [
  '| option | what it does |',
  '|---|---|',
  ...Object.entries(options).map((entry) => `| ${optionCell(entry)} | ${inCell(optionText(entry[1]))} |`),
];

const usageOf = ({ arguments: table = {}, name }: AnyCommand): string =>
  [
    'postern',
    name,
    ...Object.entries(table).map(([key, { isOptional }]) => (isOptional ? `[${key}]` : key)),
    '[OPTION…]',
  ].join(' ');

const section = (command: AnyCommand): string => {
  const { arguments: table = {}, description, examples, exits, name, options, summary } = command;
  const codes = exits.map((exit) => EXIT_CODES[exit].code).toSorted((a, b) => a - b);
  return [
    `### ${name}`,
    '',
    `${summary}.${description === undefined ? '' : ` ${description}`}`,
    '',
    '```sh',
    ...examples,
    '```',
    '',
    `\`${usageOf(command)}\``,
    '',
    ...(Object.keys(table).length === 0
      ? []
      : [
          '| value | what it is |',
          '|---|---|',
          ...Object.entries(table).map(([key, { choices, doc }]) => {
            const among =
              choices === undefined ? '' : `; one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
            return `| \`${key}\` | ${inCell(doc)}${among} |`;
          }),
          '',
        ]),
    ...(Object.keys(options).length === 0 ? [] : [...optionTable(options), '']),
    ...(codes.length === 0 ? [] : [`Exit codes beside 0, 2 and 130: ${codes.join(', ')}.`, '']),
  ].join('\n');
};

/** The first word of a command, or nothing if the command is one word. */
const groupOf = ({ name }: AnyCommand): string => (name.includes(' ') ? (name.split(' ', 1)[0] ?? '') : '');

const render = (): string => {
  const alone = COMMANDS.filter((command) => groupOf(command) === '');
  const groups = [...new Set(COMMANDS.map(groupOf))].filter((group) => group !== '');
  return `# The command line

\`npx postern\` starts it in a checkout, and in a project that has \`@postern/cli\`. \`npm run docs\` writes this page from the table of commands in
[\`cli/commands.ts\`](../../cli/commands.ts), and \`postern COMMAND --help\` prints the same.

## Output

Data goes to stdout, everything else to stderr. Every command has these options:

${optionTable(GLOBAL_OPTIONS).join('\n')}

- \`-o json\` prints the shape of the API. \`-o jsonl\` prints one item of a list in a line. The text may change with any version;
  the JSON changes as the API does.
- Callback URLs and tokens are secrets. A command prints them only with \`--show-callbacks\`. \`--out FILE\` writes them to a new file that
  only you can read.
- \`NO_COLOR\` and \`--no-input\` are for scripts. Without a terminal the command line asks nothing.

## Exit codes

| code | meaning |
|---|---|
${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `| ${code} | ${meaning} |`)
  .join('\n')}

## Settings

A flag wins over a variable, a variable over the project's file, and that over your own file.

| what | flag | variable | project's \`postern.toml\` | \`$XDG_CONFIG_HOME/postern/config.toml\` |
|---|---|---|---|---|
| profile | \`--profile\` | \`POSTERN_PROFILE\` | \`profile\` | \`profile\` |
| gateway | \`--origin\` | \`POSTERN_ORIGIN\` | | \`origin\` of the profile |
| issuer of access tokens | \`--issuer\` | \`POSTERN_ISSUER\` | | \`issuer\` of the profile |
| format | \`-o\` | \`POSTERN_OUTPUT\` | \`output\` | \`output\` |

\`\`\`toml
profile = "staging"

[profiles.staging]
origin = "https://callbacks.example.com"
issuer = "https://login.example.com"
client_id = "invoices-backend"
private_key = "staging.jwk"      # a path beside this file, or an absolute one
environment = "staging"          # what you type to confirm an action, if protected is true
protected = true
\`\`\`

The project's file may name a profile. It cannot define one, so it never changes where a stored token is sent. Tokens are in
\`$XDG_STATE_HOME/postern/\`, for you alone. The profile \`local\` is built in: the gateway of \`postern dev\` on this machine, without a
sign-in.

## Commands

| command | what it does |
|---|---|
${COMMANDS.map(({ name, summary }) => `| [\`${name}\`](#${name.replaceAll(' ', '-')}) | ${inCell(summary)} |`).join('\n')}

${groups
  .map((group) => {
    const inGroup = COMMANDS.filter((command) => groupOf(command) === group);
    return [`## postern ${group}`, '', `${GROUPS[group]}.`, '', inGroup.map(section).join('\n')].join('\n');
  })
  .join('\n')}
## Other commands

${alone.map(section).join('\n')}`.replace(/\n+$/, '\n');
};

/** The page of the command line. */
export const CLI: GeneratedPage = { path: 'docs/reference/cli.md', render };
