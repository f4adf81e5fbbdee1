/** The parts of `validation-report.json` that are read here. `cdk synth` writes the file. */
interface ValidationReport {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly description: string;
      readonly severity?: string;
      readonly violatingConstructs: readonly Violating[];
    }[];
  }[];
}

interface Violating {
  readonly constructPath?: string;
}

const isAtOrBelow = (path: string, other: string): boolean => other === path || other.startsWith(`${path}/`);

/**
 * Lists the unacknowledged findings of a synth, one line each: rule, severity, place and description. A finding is
 * acknowledged next to its construct, with a reason: `Validations.of(construct).acknowledge({ id, reason })`.
 * @param path of a construct. Findings of other constructs are left out; those of the app are not
 * @throws {Error} if the text is not a report of at least one check
 */
export const unacknowledgedFindings = (reportText: string, path?: string): readonly string[] => {
  const report = JSON.parse(reportText) as Partial<ValidationReport>;
  if (!Array.isArray(report.pluginReports) || report.pluginReports.length === 0) {
    throw new Error(
      'The validation report names no check that ran; expected one report per plugin. Run the synth again.',
    );
  }
  return (report as ValidationReport).pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, severity, description, violatingConstructs }) =>
      (violatingConstructs.length > 0 ? violatingConstructs : [{}])
        .filter(({ constructPath }: Violating) => path === undefined || isAtOrBelow(path, constructPath ?? path))
        .map(
          ({ constructPath }: Violating) =>
            `${pluginName}::${ruleName} (${severity ?? 'no severity'}) at ${constructPath ?? 'the app'}: ${description}`,
        ),
    ),
  );
};
