/** Names of algorithms, attributes and extensions, with where each is defined. */
export const oid = {
  // RFC 8017, appendix C
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  // RFC 5754
  sha256: '2.16.840.1.101.3.4.2.1',
  // RFC 5652
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  // RFC 5035
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  // X.520
  commonName: '2.5.4.3',
  organizationName: '2.5.4.10',
  // RFC 5280
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  // RFC 2985
  extensionRequest: '1.2.840.113549.1.9.14',
} as const;
