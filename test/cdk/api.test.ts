import { readFileSync } from 'node:fs';
import { test as base, describe, expect } from 'vitest';

/** The report of the surface. `npm run docs -- --check` compares it with the declarations. */
const REPORT = readFileSync(new URL('../../cdk/api.md', import.meta.url), 'utf8');

/** A declaration of the public surface: an export, or a member of one. */
interface Declared {
  readonly name: string;
  /** Empty if it has none. */
  readonly comment: string;
  readonly isOptional: boolean;
}

const COMMENT = String.raw`(?:(?<comment>\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*\n?\s*)?`;
/** The compiler indents members by four spaces, and members of nested objects by more. */
const MEMBER = String.raw`^ {4}(?:static |readonly |get )*(?<member>'?[\w-]+'?)(?<optional>\?)?(?=[:(<])`;
const EXPORT = String.raw`^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (?<exported>\w+)`;
const LINE = new RegExp(`${COMMENT}(?:${MEMBER}|${EXPORT})`, 'gm');

const declaredIn = (file: string, text: string): readonly Declared[] =>
  [...text.matchAll(LINE)].map(({ groups = {} }) => ({
    name: `${file}: ${groups.exported ?? groups.member}`,
    comment: groups.comment ?? '',
    isOptional: groups.optional !== undefined,
  }));

/** Files of the surface itself. Those of lambda/contract are types of its members. */
const test = base.extend('declared', { scope: 'file' }, () =>
  [...REPORT.matchAll(/^## (\S+)\n\n`{4}ts\n([\s\S]*?)^`{4}$/gm)]
    .filter(([, path = '']) => /^(cdk|sender|lib)\//.test(path))
    // Private members have no type in a declaration.
    .flatMap(([, path = '', text = '']) => declaredIn(path, text.replaceAll(/^ {4}(private .*|#private);$/gm, ''))),
);

describe('the public surface of @postern/cdk', () => {
  test('has a doc comment for every export and every member', ({ declared }) => {
    expect(declared.length).toBeGreaterThan(200);
    expect(declared.filter(({ comment }) => comment === '').map(({ name }) => name)).toEqual([]);
  });

  test('names the default of every optional member', ({ declared }) => {
    const optional = declared.filter(({ isOptional }) => isOptional);
    expect(optional.length).toBeGreaterThan(50);
    expect(optional.filter(({ comment }) => !comment.includes('@default')).map(({ name }) => name)).toEqual([]);
  });

  test('has no internal member', ({ declared }) => {
    expect(declared.map(({ name }) => name)).toContain('cdk/postern.d.ts: stackNames');
    expect(declared.map(({ name }) => name)).not.toContain('cdk/postern.d.ts: bundles');
    expect(declared.filter(({ comment }) => comment.includes('@internal'))).toEqual([]);
  });
});
