/** A resource of the synthesized template after its intrinsics are resolved: what CloudFormation would act on. */
export interface ResolvedResource {
  readonly logicalId: string;
  /** `AWS::Service::Type`. */
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
