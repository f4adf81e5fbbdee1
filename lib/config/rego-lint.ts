import { inputPath, MEMBERS, presentMember, VALUES } from './rego-members.ts';
import { type Definition, readRules, splitStatements } from './rego-rules.ts';
import {
  isGroup,
  isOperator,
  isWord,
  type Node,
  readNodes,
  splitAt,
  textOf,
  UnreadableRego,
  withoutNewlines,
} from './rego-tokens.ts';

/** One mistake in a source. */
export interface RegoMistake {
  /** Line, from 1. */
  readonly line: number;
  /** What the source has there, as the end of a sentence. */
  readonly message: string;
  readonly expected: string;
  readonly remedy: string;
}

const SAFE_FORM =
  'Name what must be true in a rule of its own, without `not`, and write `forbid contains "NAME" if not RULE`. ' +
  'docs/operate/policies.md shows the safe form.';

/**
 * Finds rules that can let a request through because a condition has no value. In Rego such a rule does not hold, and nobody sees it.
 * Every rule is checked in one or both of two ways:
 *
 * - It *must hold* (`forbid`): its conditions always have a value. They compare members that are there in every such question, or
 *   they are a `not`, which holds if its condition has no value.
 * - It *must be shown* (`permit`, and what a `not` of `forbid` names): it may have no value, but nothing in it turns that into true.
 *   So it has no further `not`, no comprehension, no `else`, no `object.get`. A member that can be null is compared with `null`
 *   first where the comparison holds for null: null is less than every number, and equal to itself.
 *
 * The check is strict: what it does not understand is a mistake.
 */
export const findRegoMistakes = (source: string): readonly RegoMistake[] => {
  try {
    return findMistakes(readRules(source));
  } catch (error) {
    if (!(error instanceof UnreadableRego)) throw error;
    return [
      {
        line: error.line,
        message: error.message,
        expected: 'rules that synth can read, of the package postern',
        remedy: 'Write the rule in a simpler form. docs/operate/policies.md has examples.',
      },
    ];
  }
};

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
/** Functions of two texts that have a value for every text. */
const TEXT_FUNCTIONS = ['startswith', 'endswith', 'contains'];

/** `held`: as `hold`, and a member that is null must not make it false, because a `not` of what must be shown names it. */
type Way = 'hold' | 'held' | 'shown';

const OBJECT_GET = readNodes('object.get');

const findMistakes = (definitions: readonly Definition[]): readonly RegoMistake[] => {
  const rules = new Map<string, readonly Definition[]>();
  for (const rule of definitions) rules.set(rule.name, [...(rules.get(rule.name) ?? []), rule]);
  const mistakes: RegoMistake[] = [];
  const report = (nodes: readonly Node[] | number, message: string, expected: string, remedy: string): void => {
    const line = typeof nodes === 'number' ? nodes : (nodes[0]?.line ?? 1);
    if (!mistakes.some((one) => one.line === line && one.message === message)) {
      mistakes.push({ line, message, expected, remedy });
    }
  };
  const visited = new Set<string>();

  /** Checks a rule that another one names. */
  const checkRule = (name: string, way: Way): void => {
    if (visited.has(`${way} ${name}`)) return;
    visited.add(`${way} ${name}`);
    for (const rule of rules.get(name) ?? []) checkNamed(rule, way);
  };

  const checkNamed = (rule: Definition, way: Way): void => {
    const { hasArguments, hasElse, isDefault, isSet, line, name, value } = rule;
    const reason = way !== 'shown' ? 'a `forbid` needs it to hold' : 'a request is allowed if it holds';
    const refuse = (what: string) =>
      report(
        line,
        `has the rule ${name} with ${what}, and ${reason}`,
        'conditions that always have a value, or are shown to be true',
        SAFE_FORM,
      );
    if (hasElse) refuse('`else`, which holds if the condition before it has no value');
    else if (isSet) refuse('`contains`: a set lacks what has no value');
    else if (isDefault && textOf(value) !== 'false') refuse('a default that is not false');
    else if (way !== 'shown' && (hasArguments || !['', 'true', 'false'].includes(textOf(value)))) {
      refuse('an argument or a value of its own');
    } else {
      if (way === 'shown') checkExpression(value, new Set());
      checkBody(rule, way);
    }
  };

  const checkBody = ({ body = [] }: Definition, way: Way): void => {
    const statements = body.map(withoutNewlines);
    const present = new Set(statements.map(presentMember).filter((path) => path !== undefined));
    for (const statement of statements) {
      if (way === 'shown') checkMustBeShown(statement, present);
      else checkMustHold(statement, present, way);
    }
  };

  const checkMustHold = (
    statement: readonly Node[],
    present: ReadonlySet<string>,
    way: Exclude<Way, 'shown'>,
  ): void => {
    const [first, ...others] = statement;
    if (isWord(first, 'not')) {
      checkMustBeShown(others, present);
    } else if (isRuleName(statement)) {
      checkRule(textOf(statement), way);
    } else if (!isTotal(statement, present)) {
      report(
        statement,
        `has the condition \`${textOf(statement)}\`, which can have no value where a \`forbid\` or a \`not\` needs one`,
        'comparisons of members that each such question has (an optional one after `!= null`), and `not` with a rule',
        SAFE_FORM,
      );
    } else if (way === 'held' && presentMember(statement) === undefined) {
      // A member that is there by a condition of the same rule does not count: without it the rule is false.
      checkNegated(statement, new Set());
    }
  };

  const checkMustBeShown = (statement: readonly Node[], present: ReadonlySet<string>): void => {
    const [first, ...others] = statement;
    if (isWord(first, 'not')) {
      if (isRuleName(others)) checkRule(textOf(others), 'held');
      else if (!isTotal(others, present)) {
        report(
          statement,
          `has \`${textOf(statement)}\`, which holds if the condition has no value, where that lets a request through`,
          'conditions without `not`, in a `permit` and in rules that a `not` of a `forbid` names',
          'Compare with `== false` or `!=` instead, for instance `startswith(input.context.reason, "INC-") == false`.',
        );
      } else checkNegated(others, present);
    } else if (inputPath(statement) !== undefined) {
      report(
        statement,
        `has the condition \`${textOf(statement)}\`, which also holds for null`,
        'comparisons of members of input',
        'Write `== true` after it, or `!= null`.',
      );
    } else if (isWord(first, 'every')) {
      const body = statement.at(-1);
      checkExpression(statement.slice(1, -1), present);
      if (isGroup(body, '{'))
        for (const one of splitStatements(body.nodes)) checkMustBeShown(withoutNewlines(one), present);
    } else {
      checkExpression(statement, present);
    }
  };

  const nullableIn = (side: readonly Node[], present: ReadonlySet<string>): string | undefined => {
    const path = inputPath(withoutNewlines(side)) ?? '';
    return MEMBERS.get(path)?.isAlways === false && !present.has(path) ? path : undefined;
  };

  /** Checks a comparison whose negation lets a request through: it must not be false for a member that is null. */
  const checkNegated = (nodes: readonly Node[], present: ReadonlySet<string>): void => {
    const at = nodes.findIndex((node) => isOperator(node, ...COMPARISONS) || isWord(node, 'in'));
    const sides = [nodes.slice(0, at), nodes.slice(at + 1)];
    if (at === -1 || sides.some((side) => textOf(side) === 'null')) return;
    const path = sides.map((side) => nullableIn(side, present)).find((one) => one !== undefined);
    if (path === undefined) return;
    report(
      nodes,
      `has \`${textOf(nodes)}\`, which does not hold where input.${path} is null, and its negation lets a request through`,
      'negated comparisons of members that every question has',
      `Write the comparison without \`not\`, after \`input.${path} != null\` as a condition of its own.`,
    );
  };

  /** Checks that a comparison does not hold for a member that is null, and that no name hides such a member. */
  const checkComparison = (nodes: readonly Node[], present: ReadonlySet<string>): void => {
    const at = nodes.findIndex((node) => isOperator(node, ...COMPARISONS, ':=', '='));
    const operator = nodes[at]?.text ?? '';
    const [left, right] = [withoutNewlines(nodes.slice(0, at)), withoutNewlines(nodes.slice(at + 1))];
    if (at === -1 || [left, right].some((side) => textOf(side) === 'null')) return;
    const [leftNull, rightNull] = [nullableIn(left, present), nullableIn(right, present)];
    const path = {
      '<': leftNull,
      '<=': leftNull,
      '>': rightNull,
      '>=': rightNull,
      '!=': leftNull ?? rightNull,
      ':=': rightNull,
      '==': leftNull && rightNull,
      '=': leftNull && rightNull,
    }[operator];
    if (path === undefined) return;
    report(
      nodes,
      `has \`${textOf(nodes)}\`, which can hold where input.${path} is null, and lets a request through`,
      'in a `permit`, and in rules that a `not` of a `forbid` names, comparisons that do not hold for null',
      `Write \`input.${path} != null\` as a condition of its own before it.`,
    );
  };

  /** Checks what may have no value: nothing in it makes a value of that. */
  const checkExpression = (nodes: readonly Node[], present: ReadonlySet<string>): void => {
    checkComparison(nodes, present);
    nodes.forEach((node, i) => {
      if (node.kind === 'group') {
        if (node.text !== '(' && node.nodes.some((inner) => isOperator(inner, '|'))) {
          report(
            [node],
            'has a comprehension, which lacks what has no value, where that lets a request through',
            'conditions without comprehensions, in a `permit` and in rules that a `not` of a `forbid` names',
            'Use `some … in`, `every … in` or `in` instead.',
          );
        }
        checkExpression(node.nodes, present);
      } else if (node.kind === 'word' && !isOperator(nodes[i - 1], '.')) {
        if (textOf(nodes.slice(i, i + 3)) === textOf(OBJECT_GET)) {
          report(
            [node],
            'has `object.get`, which makes a value of a member that does not exist',
            'in a `permit`, and in rules that a `not` of a `forbid` names, members of input by their path',
            'Write `input.context.size`, for instance, and `input.context.size != null` before it.',
          );
        }
        if (node.text === 'with' || node.text === 'data') {
          report([node], `has \`${node.text}\``, 'rules that name rules and input alone', 'Name the rule itself.');
        }
        if (rules.has(node.text)) checkRule(node.text, 'shown');
      }
    });
  };

  const isRuleName = (nodes: readonly Node[]): boolean =>
    nodes.length === 1 && nodes[0]?.kind === 'word' && rules.has(nodes[0].text) && !isConstant(nodes);

  /** True for a comparison, or a function of texts, that has a value in every question. */
  const isTotal = (nodes: readonly Node[], present: ReadonlySet<string>): boolean => {
    const [first, call, ...others] = nodes;
    if (first?.kind === 'word' && TEXT_FUNCTIONS.includes(first.text) && isGroup(call, '(') && others.length === 0) {
      const [text = [], part = [], ...more] = splitAt(withoutNewlines(call.nodes), ',');
      const path = inputPath(text) ?? '';
      const member = MEMBERS.get(path);
      const isText = member?.type === 'string' && (member.isAlways || present.has(path));
      return more.length === 0 && isText && part.length === 1 && part[0]?.kind === 'string';
    }
    const at = nodes.findIndex((node) => isOperator(node, ...COMPARISONS) || isWord(node, 'in'));
    if (at === -1) return false;
    const [left, right] = [nodes.slice(0, at), nodes.slice(at + 1)];
    const withNull = isOperator(nodes[at], '==', '!=') && [left, right].some((side) => textOf(side) === 'null');
    return [left, right].every((side) => isTerm(side, present, withNull));
  };

  const isTerm = (nodes: readonly Node[], present: ReadonlySet<string>, withNull: boolean): boolean => {
    const path = inputPath(nodes);
    if (path === undefined) return isLiteral(nodes) || isConstant(nodes);
    const member = MEMBERS.get(path);
    return member !== undefined && (!member.isOptional || withNull || present.has(path));
  };

  /** True for the name of a rule that is a literal: `TRUSTED := {"a", "b"}`. */
  const isConstant = (nodes: readonly Node[]): boolean => {
    const [only, ...others] = (nodes.length === 1 && rules.get(nodes[0]?.text ?? '')) || [];
    if (only === undefined || others.length > 0) return false;
    return only.body === undefined && !only.isDefault && !only.isSet && !only.hasArguments && isLiteral(only.value);
  };

  const checkEffect = (rule: Definition): void => {
    const { hasArguments, hasElse, isDefault, isSet, key, line, name } = rule;
    if (!isSet || isDefault || hasElse || hasArguments || key.length !== 1 || key[0]?.kind !== 'string') {
      report(
        line,
        `has a rule ${name} of another form`,
        `rules of the form \`${name} contains "NAME" if …\``,
        'Write one such rule for each policy, with its name as a text.',
      );
    } else checkBody(rule, name === 'forbid' ? 'hold' : 'shown');
  };

  for (const rule of [...(rules.get('permit') ?? []), ...(rules.get('forbid') ?? [])]) checkEffect(rule);
  checkDecision(rules.get('decision') ?? [], report);
  const constantOf = (node: Node): readonly Node[] =>
    isConstant([node]) ? (rules.get(node.text)?.[0]?.value ?? []) : [];
  for (const { body = [], value } of definitions) {
    for (const nodes of [value, ...body]) checkValues(nodes, constantOf, report);
  }
  return mistakes.toSorted((a, b) => a.line - b.line);
};

type Report = (nodes: readonly Node[] | number, message: string, expected: string, remedy: string) => void;

const DECISION = 'decision := {"permit": permit, "forbid": forbid}';

/** The decision is made of the two rules and of nothing else, because they are what is checked. */
const checkDecision = (definitions: readonly Definition[], report: Report): void => {
  const [only, ...others] = definitions;
  const [object, ...rest] = only?.value ?? [];
  const members = isGroup(object, '{') ? splitAt(withoutNewlines(object.nodes), ',').map(textOf).filter(Boolean) : [];
  const isRight =
    only !== undefined &&
    [...others, ...rest].length === 0 &&
    only.body === undefined &&
    !only.isDefault &&
    !only.hasElse &&
    !only.hasArguments &&
    members.length === 2 &&
    ['permit', 'forbid'].every((name) =>
      members.some((one) => [`"${name}" : ${name}`, `"${name}" : set()`].includes(one)),
    );
  if (isRight) return;
  report(
    only?.line ?? 1,
    only === undefined ? 'has no rule decision' : 'has a rule decision of another form',
    `\`${DECISION}\``,
    'Write the rule like this, and each policy as a rule `permit contains` or `forbid contains`.',
  );
};

/**
 * Values that `input.action` and the types never have.
 * @param constantOf returns the literal of a constant's name
 */
const checkValues = (nodes: readonly Node[], constantOf: (node: Node) => readonly Node[], report: Report): void => {
  for (const node of nodes) if (node.kind === 'group') checkValues(node.nodes, constantOf, report);
  const at = nodes.findIndex((node) => isOperator(node, '==', '!=') || isWord(node, 'in'));
  if (at === -1) return;
  const start = nodes.slice(0, at).findLastIndex((node) => isWord(node, 'not')) + 1;
  const sides = [withoutNewlines(nodes.slice(start, at)), withoutNewlines(nodes.slice(at + 1))];
  for (const [side, other] of [sides, sides.toReversed()]) {
    const path = inputPath(side ?? []) ?? '';
    const known = VALUES[path];
    const literals = (other ?? []).flatMap((node) => [node, ...constantOf(node)]);
    const texts = literals.flatMap((node) => (node.kind === 'group' ? node.nodes : [node]));
    const wrong = texts.find(({ kind, text }) => kind === 'string' && known !== undefined && !known.includes(text));
    if (known !== undefined && wrong !== undefined) {
      report([wrong], `compares input.${path} with "${wrong.text}"`, `one of ${known.join(', ')}`, 'Correct the name.');
    }
  }
};

const isLiteral = (nodes: readonly Node[]): boolean => {
  const [first, ...others] = nodes;
  if (isOperator(first, '-')) return others.length === 1 && others[0]?.kind === 'number';
  if (first === undefined || others.length > 0) return false;
  if (first.kind === 'group') {
    return (
      first.text !== '(' &&
      splitAt(withoutNewlines(first.nodes), ',').every((item) => item.length === 0 || isLiteral(item))
    );
  }
  return first.kind === 'string' || first.kind === 'number' || ['true', 'false', 'null'].includes(first.text);
};
