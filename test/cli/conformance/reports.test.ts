import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../cli/command-error.ts';
import { CASES } from '../../../cli/conformance/cases.ts';
import { formatReport } from '../../../cli/conformance/formats/format-report.ts';
import { readReport } from '../../../cli/conformance/read-report.ts';
import { createReport } from '../../../cli/conformance/report.ts';

const [first, second, third] = CASES;
if (first === undefined || second === undefined || third === undefined) throw new Error('There are three cases.');

const REPORT = createReport(
  [
    { conformanceCase: first, result: { verdict: 'passed', seen: 'As given.' } },
    { conformanceCase: second, result: { verdict: 'failed', seen: 'A <b> & "c" | d\u0000', change: 'Use POST & go.' } },
    { conformanceCase: third, result: { verdict: 'skipped', seen: 'Not tried.' } },
  ],
  { carrier: 'header', proof: 'none' },
);

describe('a report', () => {
  it('counts the verdicts, and has what to change for failed cases alone', () => {
    expect(REPORT).toMatchObject({ grade: 'D', passed: 1, failed: 1, skipped: 1 });
    expect(REPORT.cases.map((each) => 'change' in each)).toEqual([false, true, false]);
  });

  it('is the same after it was written as JSON and read again', () => {
    expect(readReport(formatReport(REPORT, 'json'))).toEqual(REPORT);
  });

  it('is well-formed as JUnit, whatever a processor has sent', () => {
    expect(formatReport(REPORT, 'junit')).toContain(
      `<testcase name="method: sends nothing but POST" classname="postern.conformance"><failure message="A &lt;b&gt; &amp; &quot;c&quot; | d\ufffd" type="conformance">Use POST &amp; go.`,
    );
    expect(formatReport(REPORT, 'junit')).toContain('<testsuites tests="3" failures="1" skipped="1">');
  });

  it('keeps its columns as Markdown', () => {
    const row = formatReport(REPORT, 'markdown')
      .split('\n')
      .find((line) => line.startsWith('| failed'));
    expect(row).toContain('"c" \\| d');
    expect(row?.match(/(?<!\\)\|/g)).toHaveLength(7);
  });

  it('says as text what was seen, what to change and where the rule is', () => {
    expect(formatReport(REPORT, 'text')).toContain(
      '  change  Use POST & go.\n  rule    docs/process/quickstart.md#requests',
    );
    expect(formatReport(REPORT, 'text')).toContain(
      'Grade D with carrier header and proof none: 1 passed, 1 failed, 1 skipped.',
    );
  });

  it.each([
    ['no JSON', 'passed'],
    ['another JSON', '{"grade":"A"}'],
    ['an unknown verdict', JSON.stringify({ ...REPORT, cases: [{ ...REPORT.cases[0], verdict: 'fine' }] })],
  ])('refuses to read %s', (_, text) => {
    expect(() => readReport(text)).toThrow(CommandError);
  });
});
