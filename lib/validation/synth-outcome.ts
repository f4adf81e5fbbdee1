import { unacknowledgedFindings } from './findings.ts';

/** The parts of synth's `manifest.json` that are read here. */
interface Manifest {
  readonly artifacts: Readonly<Record<string, { readonly type: string; readonly displayName?: string }>>;
}

/** Message after a synth: the templates and the next step, or each finding. */
export const synthOutcome = (
  folder: string,
  manifest: string,
  report: string,
): { readonly findings: number; readonly message: string } => {
  const findings = unacknowledgedFindings(report);
  if (findings.length > 0) {
    const lines = [
      `Failure: ${findings.length} findings of ${folder}/validation-report.json are not acknowledged:`,
      ...findings,
      'Correct each, or acknowledge it next to its construct, with a reason. docs/reference/exceptions.md has examples.',
    ];
    return { findings: findings.length, message: lines.join('\n') };
  }
  // The path of a stack begins with the id of its environment: `Prod/State`.
  const paths = Object.entries((JSON.parse(manifest) as Manifest).artifacts)
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id, { displayName = id }]) => displayName.split('/', 1).join());
  // One at least: without an environment synth fails.
  const ids = [...new Set(paths)];
  const first = ids[0] ?? '';
  return {
    findings: 0,
    message:
      `Success: ${folder} has the templates of ${ids.join(', ')}. Every finding is acknowledged.\n` +
      `Next: npx cdk diff '${first}/*' -c postern:environment=${nameOf(first)} shows what a deployment would change.`,
  };
};

/** Name of an environment's file, which begins with a small letter. */
const nameOf = (stage: string): string => stage.charAt(0).toLowerCase() + stage.slice(1);
