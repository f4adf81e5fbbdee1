import { isGroup, isOperator, isWord, type Node, readNodes, UnreadableRego, withoutNewlines } from './rego-tokens.ts';

/** One definition of a rule. A rule can have several. */
export interface Definition {
  readonly name: string;
  readonly line: number;
  /** True for `name contains key`. */
  readonly isSet: boolean;
  /** True for `default name := value`. */
  readonly isDefault: boolean;
  readonly hasElse: boolean;
  /** True for a function. */
  readonly hasArguments: boolean;
  /** The key of a set. */
  readonly key: readonly Node[];
  /** The value, or none for `true`. */
  readonly value: readonly Node[];
  /** The statements after `if`. Undefined if there is no `if`. */
  readonly body: readonly (readonly Node[])[] | undefined;
}

/** Operators after which a statement goes on in the next line, and words. */
const CONTINUING = ['==', '!=', '<', '<=', '>', '>=', ':=', '=', '+', '-', '*', '/', '%', '|', '&', ',', '.', ':'];
const CONTINUING_WORDS = ['if', 'contains', 'in', 'not', 'default', 'else', 'some', 'every'];
/** Words that continue the statement of the line before. */
const CONTINUED_WORDS = ['if', 'contains', 'in', 'else', 'with'];

/**
 * Reads the rules of a source, of the package `postern`.
 * @throws {UnreadableRego} if the source has another form than those that are understood
 */
export const readRules = (source: string): readonly Definition[] => {
  const [first, ...statements] = splitStatements(readNodes(source));
  if (first === undefined || !isWord(first[0], 'package') || first.length !== 2 || first[1]?.text !== 'postern') {
    throw new UnreadableRego(first?.[0]?.line ?? 1, 'the source does not begin with `package postern`');
  }
  return statements.filter((statement) => !isHarmlessImport(statement)).map(readDefinition);
};

/** Words of later versions, without which `opa` understands the same. An import of data or input would give them other names. */
const isHarmlessImport = (nodes: readonly Node[]): boolean => {
  if (!isWord(nodes[0], 'import')) return false;
  const path = nodes
    .slice(1)
    .map(({ text }) => text)
    .join('');
  if (path === 'rego.v1' || /^future\.keywords(\.\w+)?$/.test(path)) return true;
  throw new UnreadableRego(
    nodes[0]?.line ?? 1,
    '`import` gives something another name; write the whole name in each place',
  );
};

/** Statements of a body or a source: one a line, or several with `;` between them. */
export const splitStatements = (nodes: readonly Node[]): readonly (readonly Node[])[] => {
  const statements: Node[][] = [[]];
  nodes.forEach((node, i) => {
    const next = nodes.slice(i + 1).find(({ kind }) => kind !== 'newline');
    const current = statements.at(-1) ?? [];
    if (isOperator(node, ';') || (node.kind === 'newline' && !goesOn(current.at(-1), next))) statements.push([]);
    else if (node.kind !== 'newline') current.push(node);
  });
  return statements.filter(({ length }) => length > 0);
};

const goesOn = (last: Node | undefined, next: Node | undefined): boolean =>
  (last?.kind === 'operator' && CONTINUING.includes(last.text)) ||
  (last?.kind === 'word' && CONTINUING_WORDS.includes(last.text)) ||
  (next?.kind === 'operator' && CONTINUING.includes(next.text)) ||
  (next?.kind === 'word' && CONTINUED_WORDS.includes(next.text));

const readDefinition = (statement: readonly Node[]): Definition => {
  const isDefault = isWord(statement[0], 'default');
  const [name, ...after] = isDefault ? statement.slice(1) : statement;
  if (name?.kind !== 'word') throw new UnreadableRego(statement[0]?.line ?? 1, 'a rule does not begin with its name');
  const hasArguments = isGroup(after[0], '(');
  const rest = hasArguments ? after.slice(1) : after;
  const otherwise = rest.findIndex((node) => isWord(node, 'else'));
  const own = otherwise === -1 ? rest : rest.slice(0, otherwise);
  const conditional = own.findIndex((node) => isWord(node, 'if'));
  const head = conditional === -1 ? own : own.slice(0, conditional);
  const isSet = isWord(head[0], 'contains');
  if (head.length > 0 && !isSet && !isOperator(head[0], ':=', '=')) {
    throw new UnreadableRego(
      name.line,
      `the head of the rule ${name.text} is not understood; write \`${name.text} if …\``,
    );
  }
  return {
    name: name.text,
    line: name.line,
    isSet,
    isDefault,
    hasElse: otherwise !== -1,
    hasArguments,
    key: isSet ? withoutNewlines(head.slice(1)) : [],
    value: isSet ? [] : withoutNewlines(head.slice(1)),
    body: conditional === -1 ? undefined : readBody(own.slice(conditional + 1), name.line),
  };
};

const readBody = (nodes: readonly Node[], line: number): readonly (readonly Node[])[] => {
  const [first, ...others] = nodes;
  if (first === undefined) throw new UnreadableRego(line, 'a rule has no condition after `if`');
  return isGroup(first, '{') && others.length === 0 ? splitStatements(first.nodes) : [nodes];
};
