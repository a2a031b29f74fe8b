// A certificate authority of our own and a certificate for loopback, made anew at each start: kubectl sends no
// credentials over plain HTTP. The library is loaded only here, when it is needed (about 0.1 s).

import { KeyObject, webcrypto } from 'node:crypto';

export interface ServingCertificate {
  /** PEM, as are all three. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

export interface CertificateOptions {
  /** Loopback unless told. */
  readonly names?: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  /** In a year unless told. */
  readonly notAfter?: Date;
}

const loopback: NonNullable<CertificateOptions['names']> = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
];

export async function makeServingCertificate(options: CertificateOptions = {}): Promise<ServingCertificate> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  // A clock that is a little behind must not refuse the certificate.
  const notBefore = new Date(Date.now() - dayMs);
  const inAYear = new Date(Date.now() + 365 * dayMs);
  const makeKeys = (): Promise<webcrypto.CryptoKeyPair> =>
    webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
  const [caKeys, keys] = [await makeKeys(), await makeKeys()];
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=slipway-sandbox-ca',
    notBefore,
    notAfter: inAYear,
    signingAlgorithm: algorithm,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: 'CN=slipway-sandbox',
    issuer: ca.subject,
    notBefore,
    notAfter: options.notAfter ?? inAYear,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...(options.names ?? loopback)]),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { ca: ca.toString('pem'), certificate: certificate.toString('pem'), key: String(key) };
}
