import type { Stack } from './cloud-assembly.ts';

/** Logical ids of the functions of custom resources. They run only during a deployment on AWS. */
export const customResourceProviders = ({ template }: Stack): ReadonlySet<string> => {
  const providers = new Set<string>();
  for (const { Type, Properties } of Object.values(template.Resources ?? {})) {
    if (!Type.startsWith('Custom::') && Type !== 'AWS::CloudFormation::CustomResource') continue;
    const token = Properties?.ServiceToken as { readonly 'Fn::GetAtt'?: readonly [string, string] } | undefined;
    const provider = token?.['Fn::GetAtt']?.[0];
    if (provider !== undefined) providers.add(provider);
  }
  return providers;
};
