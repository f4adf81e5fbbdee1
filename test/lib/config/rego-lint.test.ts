import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findRegoMistakes } from '../../../lib/config/rego-lint.ts';

const HEAD = 'package postern\ndecision := {"permit": permit, "forbid": forbid}\npermit contains "all" if true\n';

/** The lines of mistakes in rules, and their texts. The first rule begins in line 4. */
const mistakesIn = (rules: string): readonly string[] =>
  findRegoMistakes(HEAD + rules).map(({ line, message }) => `${line}: ${message}`);

describe('the check of rules in Rego', () => {
  test('accepts the policies of the guide', () => {
    const guide = readFileSync(fileURLToPath(new URL('../../vectors/rego/guide.rego', import.meta.url)), 'utf8');
    expect(findRegoMistakes(guide)).toEqual([]);
  });

  test.for<[string, string]>([
    ['a required member', 'forbid contains "a" if input.context.age > 86400'],
    ['a member and a negative number', 'forbid contains "a" if input.context.age > -1'],
    ['a member in a set', 'forbid contains "a" if input.action in {"cancel", "settle"}'],
    ['a list that has a text', 'forbid contains "a" if "upload" in input.context.callbacks'],
    ['a constant', 'TRUSTED := {"a", "b"}\nforbid contains "a" if input.principal.id in TRUSTED'],
    [
      'a rule that is negated',
      'forbid contains "a" if not ok\nok if net.cidr_contains("10.0.0.0/8", input.context.source)',
    ],
    ['a negated function', 'forbid contains "a" if not startswith(input.context.reason, "INC-")'],
    ['an optional member that is missing', 'forbid contains "a" if input.resource.owner == null'],
    [
      'an optional member that is there',
      'forbid contains "a" if { input.resource.owner != null; input.resource.owner == "x" }',
    ],
    [
      'the begin of a member that is there',
      'forbid contains "a" if {\n input.resource.owner != null\n startswith(input.resource.owner, "x")\n}',
    ],
    [
      'a rule with such conditions',
      'forbid contains "a" if is_old\nis_old if input.context.age > 5\nis_old if { input.action == "list" }',
    ],
    ['no condition', 'forbid contains "a"'],
    [
      'a condition over two lines',
      'forbid contains "a" if input.action ==\n  "list"\nforbid contains "b" if\n  input.action in\n  {"list"}',
    ],
    [
      'comments and raw strings',
      '# forbid contains "a" if startswith(\nforbid contains `a # b` if input.principal.id == "# { x" # }',
    ],
    [
      'a default that is false',
      'forbid contains "a" if not ok\ndefault ok := false\nok if {input.context.size != null; input.context.size < 5}',
    ],
    [
      'every member of a list',
      'forbid contains "a" if not ok\nok if every c in input.context.callbacks { c != "upload" }',
    ],
    [
      'a function of its own',
      'forbid contains "a" if not in_range(input.context.source)\nin_range(x) if net.cidr_contains("10.0.0.0/8", x)',
    ],
    ['a negated comparison behind a negated rule', 'forbid contains "a" if not ok\nok if not input.action in {"open"}'],
    [
      'a negated rule behind a negated rule',
      'forbid contains "a" if not ok\nok if not bad\nbad if input.action == "open"',
    ],
    [
      'a comparison and a negated one of a member that is there',
      'permit contains "a" if {\n input.context.size != null\n input.context.size < 5\n not input.context.size > 3\n}',
    ],
    ['import of words', 'import rego.v1\nimport future.keywords.in'],
    [
      'a rule that permits by what has a value or not',
      'permit contains "a" if net.cidr_contains("10.0.0.0/8", input.context.source)',
    ],
  ])('accepts %s', ([, rules]) => {
    expect(mistakesIn(rules)).toEqual([]);
  });

  test.for<[string, string, string]>([
    [
      'a function without a value',
      'forbid contains "a" if net.cidr_contains("10.0.0.0/8", input.context.source)',
      '4: has the condition `net.cidr_contains(',
    ],
    [
      'its comparison',
      'forbid contains "a" if startswith(input.context.reason, "x") == false',
      '4: has the condition `startswith(',
    ],
    [
      'its assignment',
      'forbid contains "a" if {\n x := lower(input.context.reason)\n}',
      '5: has the condition `x := lower(',
    ],
    [
      'one of several conditions',
      'forbid contains "a" if {\n input.action == "list"\n startswith(input.resource.owner, "x")\n}',
      '6: has the condition `startswith(',
    ],
    [
      'one of several conditions in a line',
      'forbid contains "a" if { input.action == "list"; x }',
      '4: has the condition `x`',
    ],
    [
      'the second of two rules',
      'forbid contains "a" if not ok\nforbid contains "a" if glob.match("a*", [], input.resource.owner)\nok if true',
      '5: has the condition `glob.match(',
    ],
    [
      'an optional member',
      'forbid contains "a" if input.resource.owner == "x"',
      '4: has the condition `input.resource.owner == "x"`',
    ],
    [
      'a member that is not there',
      'forbid contains "a" if input.context.hour > 3',
      '4: has the condition `input.context.hour > 3`',
    ],
    [
      'a member alone',
      'forbid contains "a" if input.context.protected',
      '4: has the condition `input.context.protected`',
    ],
    [
      'a negated member alone',
      'forbid contains "a" if not input.context.protected',
      '4: has the condition `input.context.protected`, which also holds for null',
    ],
    [
      'a rule without a value',
      'forbid contains "a" if is_bad\nis_bad if startswith(input.context.reason, "x")',
      '5: has the condition `startswith(',
    ],
    [
      'a negation behind a negation',
      'forbid contains "a" if not ok\nok if not startswith(input.context.reason, "x")',
      '5: has `not startswith(',
    ],
    [
      'a negated rule behind a negation',
      'forbid contains "a" if not ok\nok if not bad\nbad if startswith(input.context.reason, "x")',
      '6: has the condition `startswith(',
    ],
    [
      'a comprehension behind a negation',
      'forbid contains "a" if not ok\nok if count([1 | startswith(input.context.reason, "x")]) == 0',
      '5: has a comprehension',
    ],
    [
      'a set behind a negation',
      'forbid contains "a" if not ok\nok if count(bad) == 0\nbad contains 1 if startswith(input.context.reason, "x")',
      '6: has the rule bad with `contains`',
    ],
    [
      'else behind a negation',
      'forbid contains "a" if not ok\nok := false if { startswith(input.context.reason, "x") } else := true',
      '5: has the rule ok with `else`',
    ],
    [
      'else in the next line',
      'forbid contains "a" if not ok\nok := false if {\n startswith(input.context.reason, "x")\n}\nelse := true',
      '5: has the rule ok with `else`',
    ],
    [
      'a default behind a negation',
      'forbid contains "a" if not ok\ndefault ok := true\nok := false if startswith(input.context.reason, "x")',
      '5: has the rule ok with a default',
    ],
    ['another input', 'forbid contains "a" if not ok with input as {}\nok if true', '4: has `with`'],
    ['a rule by its path in data', 'forbid contains "a" if not data.postern.ok\nok if true', '4: has `data`'],
    [
      'an action that is not there',
      'forbid contains "a" if input.action == "cancle"',
      '4: compares input.action with "cancle"',
    ],
    [
      'an action in a set that is not there',
      'forbid contains "a" if not ok\nok if input.action in {"open", "opn"}',
      '5: compares input.action with "opn"',
    ],
    [
      'a type that is not there',
      'forbid contains "a" if "Procesor" == input.principal.type',
      '4: compares input.principal.type with "Procesor"',
    ],
    [
      'a name that is not a text',
      'forbid contains x if input.action == "list"',
      '4: has a rule forbid of another form',
    ],
    ['a whole set', 'forbid := {x | x := input.action}', '4: has a rule forbid of another form'],
    ['a default set', 'default forbid := {"a"}', '4: has a rule forbid of another form'],
    [
      'a second decision',
      'decision := {"permit": {"a"}, "forbid": set()} if input.action == "list"',
      '2: has a rule decision of another form',
    ],
    [
      'a template string',
      'forbid contains "a" if input.principal.id == $"{input.action}"',
      '4: the character $ is not understood here',
    ],
    ['an import', 'import input.context as c', '4: `import` gives something another name'],
    [
      'a bracket that is not closed',
      'forbid contains "a" if { input.action == "list"',
      '4: nothing closes the bracket {',
    ],
    [
      'a bracket that is not opened',
      'forbid contains "a" if input.action == "list" }',
      '4: nothing opens the bracket }',
    ],
    ['a string that does not end', 'forbid contains "a if true', '4: the character " is not understood here'],
    [
      'a permission by a negation',
      'permit contains "a" if not startswith(input.context.reason, "x")',
      '4: has `not startswith(',
    ],
    ...[
      'input.context.size < 1000',
      'input.context.size <= 1000',
      '1000 > input.context.size',
      'input.context.proof != "none"',
      'input.principal.application == input.resource.application',
    ].map((condition): [string, string, string] => [
      `a permission by ${condition}`,
      `permit contains "a" if ${condition}`,
      `4: has \`${condition}\`, which can hold where input.`,
    ]),
    [
      'a permission by a negated comparison',
      'permit contains "a" if not input.context.size > 1000',
      '4: has `input.context.size > 1000`, which does not hold where input.context.size is null',
    ],
    [
      'a permission by a negated rule',
      'permit contains "a" if not big\nbig if input.context.size > 1000',
      '5: has `input.context.size > 1000`, which does not hold where input.context.size is null',
    ],
    [
      'a permission by a negated rule that asks for the member',
      'permit contains "a" if not big\nbig if {input.context.size != null; input.context.size > 1000}',
      '5: has `input.context.size > 1000`, which does not hold where input.context.size is null',
    ],
    [
      'a name for a member that can be null',
      'permit contains "a" if {\n size := input.context.size\n size < 5\n}',
      '5: has `size := input.context.size`',
    ],
    [
      'a member with a default',
      'forbid contains "a" if not ok\nok if object.get(input.context, "sise", 0) < 100',
      '5: has `object.get`',
    ],
    [
      'an unknown action in a constant',
      'CH := {"cancle"}\nforbid contains "a" if input.action in CH',
      '4: compares input.action with "cancle"',
    ],
    [
      'a permission by a member alone',
      'permit contains "a" if input.context.protected',
      '4: has the condition `input.context.protected`',
    ],
  ])('refuses %s', ([, rules, mistake]) => {
    const mistakes = mistakesIn(rules);
    expect(mistakes).toEqual([expect.stringContaining(mistake)]);
  });

  test.for<[string, string]>([
    ['another package', 'package other\n'],
    ['no package', 'decision := {"permit": permit, "forbid": forbid}\n'],
    ['an empty text', '\n# nothing\n'],
  ])('refuses %s', ([, source]) => {
    expect(findRegoMistakes(source)).toMatchObject([{ message: 'the source does not begin with `package postern`' }]);
  });

  test.for([
    '{"permit": permit, "forbid": forbid}',
    '{\n\t"forbid": forbid,\n\t"permit": permit,\n}',
    '{"permit": permit, "forbid": set()}',
  ])('accepts the decision %j', (decision) => {
    expect(findRegoMistakes(`package postern\ndecision := ${decision}\n`)).toEqual([]);
  });

  test.for([
    '{"permit": permit}',
    '{"permit": permit, "forbid": denials}',
    '{"permit": permit, "forbid": {x | some x in forbid}}',
    '{"permit": permit, "forbid": forbid, "more": 1}',
    '{"permit": permit, "forbid": forbid} if true',
    'object.union({"permit": permit}, {"forbid": forbid})',
  ])('refuses the decision %j', (decision) => {
    expect(findRegoMistakes(`package postern\ndecision := ${decision}\n`)).toMatchObject([
      { line: 2, message: 'has a rule decision of another form' },
    ]);
  });
});
