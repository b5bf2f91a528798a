/** Every operation of AWS IoT's control plane and of the Jobs data plane: what this service serves of it, how that differs, what shows it. */

export interface ServedOperation {
  readonly operation: string;
  readonly resource: string;
  /** Nothing where a client cannot tell. */
  readonly differs?: string;
  /** The test that calls it with AWS's own client. */
  readonly evidence: string;
}

/** How the operations differ that do. */
const differs: Readonly<Record<string, string>> = {
  CreateJob:
    "starts its rollout within the call, where AWS takes seconds; without a rollout configuration all things are told at once; placeholders of the package catalogue stay as they are; there is no limit of active jobs",
  DescribeJob: "`beforeSubstitution` changes nothing, as there is no package catalogue",
  CancelJob: "cancels within the call, so that no cancellation is ever seen in progress but in events",
  DeleteJob: "deletes at once: no `DELETION_IN_PROGRESS` to be seen, and no limit of ten",
  GetJobDocument: "as DescribeJob",
  CreateThing: "there are no billing groups to name",
  DescribeManagedJobTemplate: "the documents are our own, in the form of the AWS IoT Device Client",
  CreateThingType: "`mqtt5Configuration` is ignored",
  UpdateThingType: "as CreateThingType",
  ListThingGroups: "without `recursive: false` all groups are listed",
  AddThingToThingGroup: "`overrideDynamicGroups` has nothing to override",
  UpdateThingGroupsForThing: "as AddThingToThingGroup",
  DescribeEndpoint: "`host:port`, as the ports are not AWS's",
  TagResource: "jobs, job templates, thing groups and thing types only",
};

interface Resource {
  readonly resource: string;
  readonly evidence: string;
  /** Separated by spaces. */
  readonly operations: string;
}

const resources: readonly Resource[] = [
  {
    resource: "Jobs",
    evidence: "test/aws-sdk-iot-jobs.test.ts",
    operations: "CreateJob DescribeJob GetJobDocument ListJobs UpdateJob CancelJob AssociateTargetsWithJob DeleteJob",
  },
  {
    resource: "Job executions",
    evidence: "test/aws-sdk-iot-executions.test.ts",
    operations: "DescribeJobExecution ListJobExecutionsForJob ListJobExecutionsForThing CancelJobExecution DeleteJobExecution",
  },
  {
    resource: "Job templates",
    evidence: "test/aws-sdk-iot-templates.test.ts",
    operations:
      "CreateJobTemplate DescribeJobTemplate ListJobTemplates DeleteJobTemplate DescribeManagedJobTemplate ListManagedJobTemplates",
  },
  {
    resource: "Things",
    evidence: "test/aws-sdk-iot-things.test.ts",
    operations: "CreateThing DescribeThing ListThings UpdateThing DeleteThing",
  },
  {
    resource: "Thing types",
    evidence: "test/aws-sdk-iot-things.test.ts",
    operations: "CreateThingType DescribeThingType ListThingTypes UpdateThingType DeprecateThingType DeleteThingType",
  },
  {
    resource: "Thing groups",
    evidence: "test/aws-sdk-iot-groups.test.ts",
    operations:
      "CreateThingGroup DescribeThingGroup ListThingGroups UpdateThingGroup DeleteThingGroup AddThingToThingGroup RemoveThingFromThingGroup UpdateThingGroupsForThing ListThingsInThingGroup ListThingGroupsForThing",
  },
  {
    resource: "Account",
    evidence: "test/aws-sdk-iot-account.test.ts",
    operations: "DescribeEndpoint DescribeEventConfigurations UpdateEventConfigurations TagResource UntagResource ListTagsForResource",
  },
  {
    resource: "Certificates",
    evidence: "test/jobs-service-identity.test.ts",
    operations:
      "CreateKeysAndCertificate CreateCertificateFromCsr RegisterCertificateWithoutCA DescribeCertificate ListCertificates UpdateCertificate DeleteCertificate AttachThingPrincipal DetachThingPrincipal ListThingPrincipals ListThingPrincipalsV2 ListPrincipalThings ListPrincipalThingsV2",
  },
  {
    resource: "Policies",
    evidence: "test/jobs-service-identity.test.ts",
    operations:
      "CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion DeletePolicyVersion AttachPolicy DetachPolicy ListAttachedPolicies ListTargetsForPolicy AttachPrincipalPolicy DetachPrincipalPolicy ListPrincipalPolicies ListPolicyPrincipals",
  },
];

function list({ resource, evidence, operations }: Resource): ServedOperation[] {
  return operations.split(" ").map((operation) => {
    const difference = differs[operation];
    return { operation, resource, evidence, ...(difference !== undefined && { differs: difference }) };
  });
}

/** What is served of `@aws-sdk/client-iot`. */
export const servedOperations: readonly ServedOperation[] = resources.flatMap(list);

/** What is served of `@aws-sdk/client-iot-jobs-data-plane`. */
export const servedDeviceOperations: readonly ServedOperation[] = list({
  resource: "Jobs data plane",
  evidence: "test/aws-sdk-jobs-data-plane.test.ts",
  operations: "GetPendingJobExecutions StartNextPendingJobExecution DescribeJobExecution UpdateJobExecution",
});

/** What is not, by what it is about: answered UnknownOperationException. */
export const otherOperations: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({
    "billing groups":
      "AddThingToBillingGroup CreateBillingGroup DeleteBillingGroup DescribeBillingGroup ListBillingGroups ListThingsInBillingGroup RemoveThingFromBillingGroup UpdateBillingGroup",
    "certificate authorities and transfers":
      "AcceptCertificateTransfer CancelCertificateTransfer CreateCertificateProvider DeleteCACertificate DeleteCertificateProvider DeleteRegistrationCode DescribeCACertificate DescribeCertificateProvider GetRegistrationCode ListCACertificates ListCertificateProviders ListCertificatesByCA ListOutgoingCertificates RegisterCACertificate RegisterCertificate RejectCertificateTransfer TransferCertificate UpdateCACertificate UpdateCertificateProvider",
    commands:
      "CreateCommand DeleteCommand DeleteCommandExecution GetCommand GetCommandExecution ListCommandExecutions ListCommands UpdateCommand",
    "custom authorizers and tests of authorization":
      "ClearDefaultAuthorizer CreateAuthorizer DeleteAuthorizer DescribeAuthorizer DescribeDefaultAuthorizer GetEffectivePolicies ListAuthorizers SetDefaultAuthorizer TestAuthorization TestInvokeAuthorizer UpdateAuthorizer",
    "Device Defender and audits":
      "AttachSecurityProfile CancelAuditMitigationActionsTask CancelAuditTask CancelDetectMitigationActionsTask CreateAuditSuppression CreateCustomMetric CreateDimension CreateMitigationAction CreateScheduledAudit CreateSecurityProfile DeleteAccountAuditConfiguration DeleteAuditSuppression DeleteCustomMetric DeleteDimension DeleteMitigationAction DeleteScheduledAudit DeleteSecurityProfile DescribeAccountAuditConfiguration DescribeAuditFinding DescribeAuditMitigationActionsTask DescribeAuditSuppression DescribeAuditTask DescribeCustomMetric DescribeDetectMitigationActionsTask DescribeDimension DescribeMitigationAction DescribeScheduledAudit DescribeSecurityProfile DetachSecurityProfile GetBehaviorModelTrainingSummaries ListActiveViolations ListAuditFindings ListAuditMitigationActionsExecutions ListAuditMitigationActionsTasks ListAuditSuppressions ListAuditTasks ListCustomMetrics ListDetectMitigationActionsExecutions ListDetectMitigationActionsTasks ListDimensions ListMetricValues ListMitigationActions ListRelatedResourcesForAuditFinding ListScheduledAudits ListSecurityProfiles ListSecurityProfilesForTarget ListTargetsForSecurityProfile ListViolationEvents PutVerificationStateOnViolation StartAuditMitigationActionsTask StartDetectMitigationActionsTask StartOnDemandAuditTask UpdateAccountAuditConfiguration UpdateAuditSuppression UpdateCustomMetric UpdateDimension UpdateMitigationAction UpdateScheduledAudit UpdateSecurityProfile ValidateSecurityProfileBehaviors",
    "domains and encryption":
      "CreateDomainConfiguration DeleteDomainConfiguration DescribeDomainConfiguration DescribeEncryptionConfiguration ListDomainConfigurations UpdateDomainConfiguration UpdateEncryptionConfiguration",
    "dynamic groups, fleet indexing and metrics":
      "CreateDynamicThingGroup CreateFleetMetric DeleteDynamicThingGroup DeleteFleetMetric DescribeFleetMetric DescribeIndex GetBucketsAggregation GetCardinality GetIndexingConfiguration GetPercentiles GetStatistics GetThingConnectivityData ListFleetMetrics SearchIndex UpdateDynamicThingGroup UpdateFleetMetric UpdateIndexingConfiguration ListIndices",
    logging:
      "DeleteV2LoggingLevel GetLoggingOptions GetV2LoggingOptions ListV2LoggingLevels SetLoggingOptions SetV2LoggingLevel SetV2LoggingOptions",
    "OTA updates and streams":
      "CreateOTAUpdate CreateStream DeleteOTAUpdate DeleteStream DescribeStream GetOTAUpdate ListOTAUpdates ListStreams UpdateStream",
    "provisioning and registration of many":
      "CreateProvisioningClaim CreateProvisioningTemplate CreateProvisioningTemplateVersion DeleteProvisioningTemplate DeleteProvisioningTemplateVersion DescribeProvisioningTemplate DescribeProvisioningTemplateVersion DescribeThingRegistrationTask ListProvisioningTemplateVersions ListProvisioningTemplates ListThingRegistrationTaskReports ListThingRegistrationTasks RegisterThing StartThingRegistrationTask StopThingRegistrationTask UpdateProvisioningTemplate",
    "role aliases": "CreateRoleAlias DeleteRoleAlias DescribeRoleAlias ListRoleAliases UpdateRoleAlias",
    "rules and their destinations":
      "ConfirmTopicRuleDestination CreateTopicRule CreateTopicRuleDestination DeleteTopicRule DeleteTopicRuleDestination DisableTopicRule EnableTopicRule GetTopicRule GetTopicRuleDestination ListTopicRuleDestinations ListTopicRules ReplaceTopicRule UpdateTopicRuleDestination",
    "software packages":
      "AssociateSbomWithPackageVersion CreatePackage CreatePackageVersion DeletePackage DeletePackageVersion DisassociateSbomFromPackageVersion GetPackage GetPackageConfiguration GetPackageVersion ListPackageVersions ListPackages ListSbomValidationResults UpdatePackage UpdatePackageConfiguration UpdatePackageVersion",
  }).map(([about, names]) => [about, names.split(" ")]),
);

/** The same of the data plane. */
export const otherDeviceOperations: readonly string[] = ["StartCommandExecution"];
