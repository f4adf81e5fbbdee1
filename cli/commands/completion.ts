import { defineCommand } from '../command.ts';
import type { Place } from '../completion/command-tree.ts';

export const COMPLETION_COMMAND = defineCommand({
  name: 'completion',
  summary: 'Prints a script with which your shell completes commands and options',
  description:
    'bash and zsh read it with "source <(postern completion bash)" in .bashrc or .zshrc, fish with ' +
    '"postern completion fish | source" in config.fish.',
  arguments: { shell: { doc: 'the shell', choices: ['bash', 'zsh', 'fish'] } },
  options: {},
  examples: ['postern completion bash > ~/.local/share/bash-completion/completions/postern'],
  exits: [],
  run: async ({ io }, { arguments: { shell } }) => {
    // Loaded here, because the table has this command too.
    const { COMMANDS, GROUPS } = await import('../commands.ts');
    const { placesOf } = await import('../completion/command-tree.ts');
    const write = await WRITERS[shell]?.();
    io.write(write?.(placesOf(COMMANDS, GROUPS)) ?? '');
    return 'ok';
  },
});

/** Each shell's writer is loaded alone. */
const WRITERS: Readonly<Record<string, () => Promise<(places: readonly Place[]) => string>>> = {
  bash: async () => (await import('../completion/bash.ts')).bashScript,
  zsh: async () => (await import('../completion/zsh.ts')).zshScript,
  fish: async () => (await import('../completion/fish.ts')).fishScript,
};
