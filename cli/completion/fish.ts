import type { FlagOfCommand, Place } from './command-tree.ts';

/** Script for `postern completion fish | source`. */
export const fishScript = (places: readonly Place[]): string => `# Completion of postern for fish.
function __postern_at
    set -l place ''
    for word in (commandline -opc)[2..]
        switch (string trim -- "$place $word")
            case ${places.flatMap(({ path }) => (path === '' ? [] : [quote(path)])).join(' ')}
                set place (string trim -- "$place $word")
        end
    end
    test "$place" = "$argv[1]"
end

complete -c postern -f
${places.flatMap(linesOf).join('\n')}
`;

const linesOf = ({ flags, path, takesFiles, words }: Place): readonly string[] => {
  const at = `complete -c postern -n ${quote(`__postern_at ${quote(path)}`)}`;
  return [
    ...(takesFiles ? [`${at} -F`] : []),
    ...words.map(({ doc, word }) => `${at} -a ${quote(word)} -d ${quote(doc)}`),
    ...flags.map((flag) => `${at} ${flagWords(flag)} -d ${quote(flag.doc)}`),
  ];
};

const flagWords = ({ flag, short, value }: FlagOfCommand): string => {
  const names = `-l ${flag.slice(2)}${short === undefined ? '' : ` -s ${short}`}`;
  if (value === undefined) return names;
  if (value.kind === 'choice') return `${names} -x -a ${quote(value.choices.join(' '))}`;
  return `${names} ${value.kind === 'file' ? '-r -F' : '-x'}`;
};

/** A text in single quotes, in which fish knows two escapes. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
