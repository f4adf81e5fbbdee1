import type { Place, Suggestion, ValueKind } from './command-tree.ts';
import { fullPath, quoteForShell as quote, valueBranches } from './shell-words.ts';

/** Script for `source <(postern completion zsh)`, or for a file `_postern` in a folder of `fpath`. */
export const zshScript = (places: readonly Place[]): string => `#compdef postern
# Completion of postern for zsh.
_postern() {
  local place=postern previous=\${words[CURRENT-1]} word
  local -a found
  for word in \${words[2,CURRENT-1]}; do
    case "$place $word" in
      ${places.flatMap(({ path }) => (path === '' ? [] : [quote(fullPath(path))])).join(' | ')})
        place="$place $word" ;;
    esac
  done
  case "$place $previous" in
${valueBranches(places, actionOf)}
  esac
  case "$place" in
${places.map(placeCase).join('\n')}
  esac
  _describe postern found
}

if [[ $funcstack[1] == _postern ]]; then
  _postern "$@"
else
  compdef _postern postern
fi
`;

const actionOf = (value: ValueKind): string => {
  if (value.kind === 'choice') return `compadd -- ${value.choices.map(quote).join(' ')}`;
  return value.kind === 'file' ? '_files' : ':';
};

const placeCase = ({ flags, path, takesFiles, words }: Place): string => {
  const all = [...words, ...flags.map(({ doc, flag }) => ({ word: flag, doc }))].map(described).join(' ');
  const files = takesFiles ? ` [[ $words[CURRENT] == -* ]] || { _files; return };` : '';
  return `    ${quote(fullPath(path))})${files} found=(${all}) ;;`;
};

/** \`word:explanation\`, as \`_describe\` reads it. */
const described = ({ doc, word }: Suggestion): string => quote(`${word}:${doc.replaceAll(':', '\\:')}`);
