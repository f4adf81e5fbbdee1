import { unacknowledgedFindings } from './findings.ts';

/** The part of `manifest.json`, a file of the synth, that is read here. */
interface Manifest {
  readonly artifacts: Readonly<
    Record<string, { readonly type: string; readonly properties?: { readonly displayName?: string } }>
  >;
}

/** The stage that is never deployed. */
const LOCAL_STAGE = 'Local';

/** What a person is told after a synth: which templates there are and what to do next, or each finding. */
export const synthOutcome = (
  folder: string,
  manifest: string,
  report: string,
): { readonly findings: number; readonly words: string } => {
  const findings = unacknowledgedFindings(report);
  if (findings.length > 0) {
    const words = [
      `Failure: nobody acknowledged these ${findings.length} findings of ${folder}/validation-report.json:`,
      ...findings,
      'Correct what they are about, or acknowledge each beside its construct, with a reason: docs/reference/exceptions.md has examples.',
    ];
    return { findings: findings.length, words: words.join('\n') };
  }
  const stages = Object.entries((JSON.parse(manifest) as Manifest).artifacts)
    .filter(([, { type }]) => type === 'cdk:cloud-assembly')
    .map(([id, { properties }]) => properties?.displayName ?? id);
  const [deployed] = stages.filter((stage) => stage !== LOCAL_STAGE);
  const next =
    deployed === undefined
      ? 'Next: write an environment of your own, as docs/operate/deploying.md describes it.'
      : `Next: npx cdk diff '${deployed}/*' -c postern:environment=${nameOf(deployed)} shows what a deployment would change.`;
  return {
    findings: 0,
    words: `Success: ${folder} has the templates of ${stages.join(', ')}, without a finding that nobody acknowledged.\n${next}`,
  };
};

/** The file of a stage begins with a small letter. */
const nameOf = (stage: string): string => stage.charAt(0).toLowerCase() + stage.slice(1);
