import type { Place, ValueKind } from './command-tree.ts';
import { fullPath, quoteForShell as quote, valueBranches } from './shell-words.ts';

/** Script for `source <(postern completion bash)`. It needs bash 3.2, the version of macOS. */
export const bashScript = (places: readonly Place[]): string => `# Completion of postern for bash.
_postern() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} place=postern words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place \${COMP_WORDS[i]}" in
      ${places.flatMap(({ path }) => (path === '' ? [] : [quote(fullPath(path))])).join(' | ')})
        place="$place \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place $previous" in
${valueBranches(places, actionOf)}
  esac
  case "$place" in
${places.map(placeCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}

_postern_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$current"))
}

complete -F _postern postern
`;

const actionOf = (value: ValueKind): string => {
  if (value.kind === 'choice') return `COMPREPLY=($(compgen -W ${quote(value.choices.join(' '))} -- "$current"))`;
  return value.kind === 'file' ? '_postern_files' : 'COMPREPLY=()';
};

const placeCase = ({ flags, path, takesFiles, words }: Place): string => {
  const all = [...words.map(({ word }) => word), ...flags.map(({ flag }) => flag)].join(' ');
  const files = takesFiles ? ` [[ $current == -* ]] || { _postern_files; return; }` : '';
  return `    ${quote(fullPath(path))}) words=${quote(all)};${files} ;;`;
};
