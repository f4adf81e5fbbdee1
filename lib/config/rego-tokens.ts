/** A token of Rego. The text of a string is without its quotation marks. */
interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'operator' | 'newline';
  readonly text: string;
  /** Line in the source, from 1. */
  readonly line: number;
}

/** What stands between a pair of brackets. */
export interface Group {
  readonly kind: 'group';
  readonly text: '(' | '[' | '{';
  readonly line: number;
  readonly nodes: readonly Node[];
}

export type Node = Token | Group;

/** What cannot be read, and where. */
export class UnreadableRego extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const PATTERN =
  /(?<space>[ \t\r]+|#[^\n]*)|(?<newline>\n)|(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<word>[A-Za-z_]\w*)|(?<number>\d[\w.]*(?:[eE][+-]?\d+)?)|(?<operator>:=|==|!=|<=|>=|[-+*/%&|=<>.,;:()[\]{}])/y;

/**
 * Reads the tokens of a source and their brackets. Comments are left out.
 * @throws {UnreadableRego} for a character that is no token, such as the `$` of a template string, or brackets that do not match
 */
export const readNodes = (source: string): readonly Node[] => {
  const tokens = readTokens(source);
  const { end, nodes } = readGroup(tokens, 0);
  const rest = tokens[end];
  if (rest !== undefined) throw new UnreadableRego(rest.line, `nothing opens the bracket ${rest.text}`);
  return nodes;
};

const readTokens = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    PATTERN.lastIndex = at;
    const groups = PATTERN.exec(source)?.groups;
    if (groups === undefined) throw new UnreadableRego(line, `the character ${source[at]} is not understood here`);
    const [[kind, text] = ['space', '']] = Object.entries(groups).filter(([, found]) => found !== undefined);
    if (kind !== 'space')
      tokens.push({ kind: kind as Token['kind'], text: kind === 'string' ? unquote(text) : text, line });
    line += text.split('\n').length - 1;
    at = PATTERN.lastIndex;
  }
  return tokens;
};

/** A text with escapes is kept as it is written: it is never equal to a known name. */
const unquote = (text: string): string => text.slice(1, -1);

const CLOSING = { '(': ')', '[': ']', '{': '}' } as const;

const isOpening = (text: string): text is keyof typeof CLOSING => text in CLOSING;
const isClosing = (text: string): boolean => [')', ']', '}'].includes(text);

/** Nodes up to a closing bracket or the end, and the place of that. */
const readGroup = (
  tokens: readonly Token[],
  begin: number,
): { readonly nodes: readonly Node[]; readonly end: number } => {
  const nodes: Node[] = [];
  let at = begin;
  for (let token = tokens[at]; token !== undefined; token = tokens[at]) {
    const { kind, line, text } = token;
    if (kind === 'operator' && isClosing(text)) break;
    if (kind === 'operator' && isOpening(text)) {
      const inner = readGroup(tokens, at + 1);
      if (tokens[inner.end]?.text !== CLOSING[text])
        throw new UnreadableRego(line, `nothing closes the bracket ${text}`);
      nodes.push({ kind: 'group', text, line, nodes: inner.nodes });
      at = inner.end + 1;
    } else {
      nodes.push(token);
      at += 1;
    }
  }
  return { nodes, end: at };
};

export const isWord = (node: Node | undefined, text?: string): boolean =>
  node?.kind === 'word' && (text === undefined || node.text === text);

export const isOperator = (node: Node | undefined, ...texts: readonly string[]): boolean =>
  node?.kind === 'operator' && texts.includes(node.text);

export const isGroup = (node: Node | undefined, text: Group['text']): node is Group =>
  node?.kind === 'group' && node.text === text;

export const withoutNewlines = (nodes: readonly Node[]): readonly Node[] =>
  nodes.filter(({ kind }) => kind !== 'newline');

/** Splits at operators with this text. */
export const splitAt = (nodes: readonly Node[], text: string): readonly (readonly Node[])[] => {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (isOperator(node, text)) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts;
};

/** The tokens as text, for messages and comparisons. */
export const textOf = (nodes: readonly Node[]): string =>
  nodes
    .map((node): string => {
      if (node.kind === 'group') return `${node.text}${textOf(node.nodes)}${CLOSING[node.text]}`;
      if (node.kind === 'string') return `"${node.text}"`;
      return node.kind === 'newline' ? ' ' : node.text;
    })
    .join(' ')
    .replaceAll(/ ?([.,]) ?/g, '$1')
    .replaceAll(/(?<=\w) \(/g, '(')
    .replaceAll(',', ', ')
    .trim();
