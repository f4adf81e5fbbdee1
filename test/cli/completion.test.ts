import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
import { runPostern } from '../support/command-line.ts';
import { test as base } from '../support/unit-fixtures.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** The shells of this machine. Bash is on each that runs these tests. */
const INSTALLED = SHELLS.filter((shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0);

/** Programs that print what the shell suggests after a command line, one suggestion a line. */
const PROGRAMS: Readonly<Record<Shell, (script: string, line: string) => string>> = {
  bash: (script, line) => `
    source '${script}'
    COMP_WORDS=(${line.replace(/ $/, " ''")}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
    _postern
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Stands in for the line editor: it prints what the function gives to the completion system.
  zsh: (script, line) => `
    compdef() { :; }
    _describe() { print -l -- \${\${(P)2}%%:*}; }
    compadd() { shift; print -l -- "$@"; }
    _files() { print -l -- *; }
    source '${script}'
    words=(${line.replace(/ $/, " ''")}); CURRENT=\${#words}
    _postern`,
  fish: (script, line) => `
    source '${script}'
    complete -C '${line}' | string replace -r '\\t.*' ''`,
};

const test = base
  .extend('script', async ({ folder }, {}) => async (shell: Shell) => {
    const { code, stdout, stderr } = await runPostern(['completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const file = join(folder, `completion.${shell}`);
    writeFileSync(file, stdout);
    return file;
  })
  .extend('suggest', ({ ownFolder, script }) => async (shell: Shell, line: string): Promise<readonly string[]> => {
    writeFileSync(join(ownFolder, 'a-file'), '');
    const program = PROGRAMS[shell](await script(shell), line);
    const { stderr, stdout } = spawnSync(shell, ['-c', program], { cwd: ownFolder, encoding: 'utf8' });
    expect(stderr).toBe('');
    // Zsh shows all and filters later; the others filter themselves.
    const last = line.split(' ').at(-1) ?? '';
    return stdout.split('\n').filter((word) => word !== '' && word.startsWith(last));
  });

describe.each(INSTALLED)('the completion of %s', (shell) => {
  test('suggests the first words of all commands', async ({ suggest }) => {
    const words = [...new Set(COMMANDS.map(({ name }) => name.split(' ', 1)[0]))];
    expect(await suggest(shell, 'postern ')).toEqual(expect.arrayContaining(words));
    expect(await suggest(shell, 'postern vers')).toEqual(['version']);
  });

  test('suggests the options of a command', async ({ suggest }) => {
    const flags = await suggest(shell, 'postern encryption-key --');
    expect(flags).toEqual(expect.arrayContaining(['--out', '--output', '--help']));
    expect(flags).not.toContain('--reason');
  });

  test('suggests the values that an option or an argument may have', async ({ suggest }) => {
    const formats = [...(await suggest(shell, 'postern version -o '))].sort();
    expect(formats).toEqual(['json', 'jsonl', 'text']);
    expect(await suggest(shell, 'postern completion ')).toEqual(expect.arrayContaining([...SHELLS]));
    expect(await suggest(shell, 'postern completion z')).toEqual(['zsh']);
  });

  test('suggests files for an option that takes one', async ({ suggest }) => {
    expect(await suggest(shell, 'postern encryption-key --out a-f')).toEqual(['a-file']);
  });
});

test('a shell that is not known is refused', async () => {
  const { code, stderr, stdout } = await runPostern(['completion', 'csh']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('bash, zsh, fish');
});
