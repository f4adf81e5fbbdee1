import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

/**
 * Checks an app with the rule packs of cdk-nag, in addition to the CDK's rules. Synth writes the findings into its
 * report. Only the tests run these packs: some findings cannot be acknowledged and would fail every synth.
 */
export const addPolicyChecks = (app: App): void =>
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

/**
 * Rules about wildcards in policies. Ids of their findings contain generated or exported names, so the findings cannot
 * be acknowledged at a construct. They occur only in roles that tests cover: `test/lib/least-privilege.test.ts` lists
 * every statement of the functions' roles, `test/local/least-privilege.test.ts` compares them with the calls of a run,
 * and `test/lib/functions/deployments.test.ts` has the role of deployments.
 */
export const isAnsweredByTests = (finding: string): boolean =>
  /^AwsSolutions::AwsSolutions-IAM5\[.* at [\w-]+\/(Gateway\/((Front|Background)(\/\w+)+|Deployments)|State\/Rotation\/Function)\/Role\//.test(
    finding,
  );
