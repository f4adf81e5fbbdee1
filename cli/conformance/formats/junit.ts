import type { Report, ReportedCase } from '../report.ts';
import { summaryOf, titleOf } from './text.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML 1.0 cannot have, not even escaped (https://www.w3.org/TR/xml/#charsets). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const escapeXml = (text: string): string =>
  text.replaceAll(FORBIDDEN, '\ufffd').replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);

/** JUnit's XML, as CI systems read it: https://github.com/testmoapp/junitxml */
export const toJunit = (report: Report): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${report.cases.length}" failures="${report.failed}" skipped="${report.skipped}">`,
    `  <testsuite name="postern conformance" tests="${report.cases.length}" failures="${report.failed}" errors="0" skipped="${report.skipped}">`,
    `    <properties>`,
    `      <property name="grade" value="${report.grade}"/>`,
    `    </properties>`,
    ...report.cases.map(testCase),
    `    <system-out>${escapeXml(summaryOf(report))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');

const testCase = (each: ReportedCase): string => {
  const name = `name="${escapeXml(`${each.id}: ${titleOf(each)}`)}" classname="postern.conformance"`;
  switch (each.verdict) {
    case 'passed':
      return `    <testcase ${name}/>`;
    case 'skipped':
      return `    <testcase ${name}><skipped message="${escapeXml(each.seen)}"/></testcase>`;
    case 'failed': {
      const text = [each.change ?? '', `Why: ${each.why}`, `Rule: ${each.rule}`].join('\n');
      return `    <testcase ${name}><failure message="${escapeXml(each.seen)}" type="conformance">${escapeXml(text)}</failure></testcase>`;
    }
  }
};
