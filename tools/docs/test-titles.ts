/**
 * Reads the titles of tests from the source of a test file, without running it: those of `describe`, `it` and `test`, and
 * the titles that a table of cases makes (`it.each([['expired', …]])('refuses a token that is %s')`).
 */

/** A title of a test or a group of tests. */
export interface TestTitle {
  /** The title, with the strings of its case instead of placeholders. */
  readonly title: string;
  /** The title as the source has it, with its placeholders. */
  readonly template: string;
  /** Titles of the groups around it, from the outside in. */
  readonly groups: readonly string[];
}

interface Token {
  readonly kind: 'name' | 'string' | 'punctuation';
  /** Text of a name or punctuation, value of a string. */
  readonly text: string;
}

const NAMES: ReadonlySet<string> = new Set(['describe', 'it', 'test']);

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX: ReadonlySet<string> = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'delete']);

const STRING = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const NAME = /[\p{L}\p{N}_$]+/uy;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };

const unescaped = (text: string): string =>
  text.replaceAll(/\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2})|([\s\S]))/gi, (_, long, unicode, hex, char) => {
    const code = long ?? unicode ?? hex;
    return code === undefined ? (ESCAPES[char] ?? char) : String.fromCodePoint(Number.parseInt(code, 16));
  });

const match = (pattern: RegExp, source: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
};

/** Index after a template that begins at `at`. */
const endOfTemplate = (source: string, at: number): number => {
  let i = at + 1;
  while (i < source.length && source[i] !== '`') {
    if (source[i] === '\\') i += 2;
    else if (source.startsWith('${', i)) i = endOfSubstitution(source, i + 2);
    else i += 1;
  }
  return i + 1;
};

/** Index after the brace that closes a substitution whose content begins at `at`. */
const endOfSubstitution = (source: string, at: number): number => {
  let [i, depth] = [at, 1];
  while (i < source.length && depth > 0) {
    const skipped = match(STRING, source, i) ?? match(COMMENT, source, i);
    if (skipped !== undefined) i += skipped.length;
    else if (source[i] === '`') i = endOfTemplate(source, i);
    else {
      if (source[i] === '{') depth += 1;
      if (source[i] === '}') depth -= 1;
      i += 1;
    }
  }
  return i;
};

const isRegexPossible = (previous: Token | undefined): boolean =>
  previous === undefined ||
  (previous.kind === 'punctuation' && !/^[)\]}]$/.test(previous.text)) ||
  (previous.kind === 'name' && BEFORE_REGEX.has(previous.text));

const tokensOf = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  let i = 0;
  const add = (kind: Token['kind'], text: string, length: number) => {
    tokens.push({ kind, text });
    i += length;
  };
  while (i < source.length) {
    const char = source[i] ?? '';
    const comment = match(COMMENT, source, i);
    const string = match(STRING, source, i);
    const name = match(NAME, source, i);
    if (/\s/.test(char)) i += 1;
    else if (comment !== undefined) i += comment.length;
    else if (string !== undefined) add('string', unescaped(string.slice(1, -1)), string.length);
    else if (char === '`') {
      const end = endOfTemplate(source, i);
      add('string', unescaped(source.slice(i + 1, end - 1)), end - i);
    } else if (name !== undefined) add('name', name, name.length);
    else {
      const regex = char === '/' && isRegexPossible(tokens.at(-1)) ? match(REGEX, source, i) : undefined;
      if (regex !== undefined) add('name', regex, regex.length);
      else add('punctuation', char, 1);
    }
  }
  return tokens;
};

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const isPunctuation = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'punctuation' && token.text === text;

/** Index of the token that closes the bracket at `open`. */
const closingOf = (tokens: readonly Token[], open: number): number => {
  let depth = 0;
  for (let i = open; i < tokens.length; i += 1) {
    const { kind, text } = tokens[i] as Token;
    if (kind !== 'punctuation') continue;
    if (text in CLOSING) depth += 1;
    if (/^[)\]}]$/.test(text)) depth -= 1;
    if (depth === 0) return i;
  }
  throw new Error('A bracket of the source is not closed.');
};

/** Elements of the bracket at `open`, each as its tokens. */
const elementsOf = (tokens: readonly Token[], open: number): readonly (readonly Token[])[] => {
  const elements: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(open + 1, closingOf(tokens, open))) {
    if (token.kind === 'punctuation') {
      if (token.text in CLOSING) depth += 1;
      if (/^[)\]}]$/.test(token.text)) depth -= 1;
      if (depth === 0 && token.text === ',') {
        elements.push([]);
        continue;
      }
    }
    elements.at(-1)?.push(token);
  }
  return elements.filter((element) => element.length > 0);
};

/** One case of a table: its strings, by position and by name. `undefined` stands for other values. */
interface Case {
  readonly values: readonly (string | undefined)[];
  readonly members: Readonly<Record<string, string>>;
}

const stringOf = (element: readonly Token[]): string | undefined =>
  element.length === 1 && element[0]?.kind === 'string' ? element[0].text : undefined;

const caseOf = (element: readonly Token[]): Case => {
  if (isPunctuation(element[0], '[')) return { values: elementsOf(element, 0).map(stringOf), members: {} };
  if (!isPunctuation(element[0], '{')) return { values: [stringOf(element)], members: {} };
  const members = elementsOf(element, 0).flatMap(([name, colon, ...value]) => {
    const text = stringOf(value);
    return name !== undefined && isPunctuation(colon, ':') && text !== undefined ? [[name.text, text] as const] : [];
  });
  return { values: [], members: Object.fromEntries(members) };
};

/** Cases of a table that is written in the call, or in a constant of the same file. */
const casesOf = (tokens: readonly Token[], open: number): readonly Case[] => {
  const first = tokens[open + 1];
  if (isPunctuation(first, '[')) return elementsOf(tokens, open + 1).map(caseOf);
  if (first?.kind !== 'name') return [];
  const declaration = tokens.findIndex((token, i) => token.text === first.text && tokens[i - 1]?.text === 'const');
  if (declaration === -1) return [];
  // After the name there may be a type, which ends at the equals sign that no arrow follows.
  const equals = tokens.findIndex(
    (token, i) => i > declaration && isPunctuation(token, '=') && !isPunctuation(tokens[i + 1], '>'),
  );
  return isPunctuation(tokens[equals + 1], '[') ? elementsOf(tokens, equals + 1).map(caseOf) : [];
};

const PLACEHOLDER = /%[sdifjoO#$]|\$[\w.]+/g;

const fillIn = (title: string, { members, values }: Case): string => {
  let position = 0;
  return title.replaceAll(PLACEHOLDER, (placeholder) => {
    if (placeholder === '%#' || placeholder === '%$') return placeholder;
    const value = placeholder.startsWith('%') ? values[position++] : members[placeholder.slice(1)];
    return value ?? placeholder;
  });
};

/** Index after the type arguments that begin at `at`. The `>` of an arrow does not close them. */
const afterTypeArguments = (tokens: readonly Token[], at: number): number => {
  let [i, depth] = [at, 0];
  do {
    if (isPunctuation(tokens[i], '<')) depth += 1;
    if (isPunctuation(tokens[i], '>') && !isPunctuation(tokens[i - 1], '=')) depth -= 1;
    i += 1;
  } while (depth > 0 && i < tokens.length);
  return i;
};

/** A call of `describe`, `it` or `test` with a title. */
interface Call {
  readonly title: string;
  readonly cases: readonly Case[];
  readonly isGroup: boolean;
  readonly open: number;
  readonly close: number;
}

const callAt = (tokens: readonly Token[], at: number): Call | undefined => {
  const { kind, text } = tokens[at] as Token;
  if (kind !== 'name' || !NAMES.has(text) || isPunctuation(tokens[at - 1], '.')) return undefined;
  let cases: readonly Case[] = [];
  let i = at + 1;
  let modifier = '';
  while (i < tokens.length) {
    if (isPunctuation(tokens[i], '.')) {
      modifier = tokens[i + 1]?.text ?? '';
      i += 2;
    } else if (isPunctuation(tokens[i], '<')) {
      i = afterTypeArguments(tokens, i);
    } else if (isPunctuation(tokens[i], '(')) {
      const close = closingOf(tokens, i);
      const isModified = isPunctuation(tokens[close + 1], '(') || isPunctuation(tokens[close + 1], '.');
      if (!isModified || modifier === '') {
        const title = tokens[i + 1];
        if (title?.kind !== 'string') return undefined;
        return { title: title.text, cases, isGroup: text === 'describe', open: i, close };
      }
      if (modifier === 'each' || modifier === 'for') cases = casesOf(tokens, i);
      i = close + 1;
    } else return undefined;
  }
  return undefined;
};

/**
 * Returns the titles of a test file. A test with a table of cases has a title for each case, unless its title begins with
 * the id of a requirement.
 */
export const titlesIn = (source: string): readonly TestTitle[] => {
  const tokens = tokensOf(source);
  const calls = tokens.flatMap((_, i) => callAt(tokens, i) ?? []);
  return calls.flatMap(({ cases, close, open, title }) => {
    const groups = calls
      .filter((group) => group.isGroup && group.open < open && group.close > close)
      .map((group) => group.title);
    // A title that begins with an id stands for all of its cases.
    const isWhole = cases.length === 0 || splitIds(title).ids.length > 0;
    const titles = isWhole ? [title] : cases.map((one) => fillIn(title, one));
    return [...new Set(titles)].map((each) => ({ title: each, template: title, groups }));
  });
};

const ID = /^([A-Z]\d{1,2})(?:[:,]?\s+|$)/;

/**
 * Splits a title into the ids of requirements at its start and its text: `T2 T8 refuses …`.
 * Any capital letter with a number counts as an id, so that an unknown id is noticed.
 */
export const splitIds = (title: string): { readonly ids: readonly string[]; readonly text: string } => {
  const ids: string[] = [];
  let text = title;
  for (let found = ID.exec(text); found !== null; found = ID.exec(text)) {
    ids.push(found[1] as string);
    text = text.slice(found[0].length);
  }
  return { ids, text };
};
