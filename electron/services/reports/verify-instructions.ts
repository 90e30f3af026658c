import { X509Certificate } from 'node:crypto';
import type { Report, ReportLog } from '#shared/model/report.ts';

/** What of a bundle the instructions foretell. */
export interface InstructionFacts {
  /** The text with its places: resources/report/VERIFY.md. */
  template: string;
  /** report.pdf, signed. */
  pdf: Uint8Array;
  /** The certificate that signed it, DER. */
  certificate: Uint8Array;
  /** How many files SHA256SUMS lists, VERIFY.md and verify.py included. */
  files: number;
}

/**
 * VERIFY.md of a bundle: the commands by which it is verified without Rekey, with the output of Debian's tools to the
 * letter. A test runs them as they stand here.
 * @throws RangeError when the PDF has no byte range, or the template a place that nothing fills
 */
export function verifyInstructions(report: Report, facts: InstructionFacts): string {
  const { signer, period, generated } = report;
  const [own] = report.logs as [ReportLog];
  const range = byteRange(facts.pdf);
  const { open, close, rest } = range;
  const values: Record<string, string | number> = {
    title: report.title,
    first_day: period.first_day,
    last_day: period.last_day,
    report_id: report.report_id,
    at: generated.at,
    epoch: Math.floor(Date.parse(generated.at) / 1000),
    files: facts.files,
    report_key: signer.report_key,
    ca: (signer.ca.toUpperCase().match(/../g) ?? []).join(':'),
    ca_sentence:
      signer.ca_kind === 'organisation'
        ? "The CA is the signing organisation's own."
        : "The CA is this installation's own: it vouches for nothing but that these keys belong together.",
    pdfsig: pdfsigOutput(facts.pdf, facts.certificate, range),
    open,
    rest,
    // The hex digits between the delimiters; `tail -c +N` counts from 1.
    first: open + 2,
    last: close - 1,
    length: facts.pdf.length,
    size: own.size,
    root: own.root,
  };
  return facts.template.replace(/\{\{(\w+)\}\}/g, (_, place: string) => {
    const value = values[place];
    if (value === undefined) throw new RangeError(`Nothing fills the place ${place}`);
    return String(value);
  });
}

interface Range {
  /** Where the signature's opening delimiter stands. */
  open: number;
  /** Right behind its closing one. */
  close: number;
  /** Bytes from there to the end. */
  rest: number;
}

function byteRange(pdf: Uint8Array): Range {
  const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.length).toString('latin1');
  const numbers = /\/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/.exec(
    text.slice(text.lastIndexOf('/ByteRange')),
  );
  if (numbers === null) throw new RangeError('The PDF is not signed');
  const [open, close, rest] = numbers.slice(1).map(Number) as [number, number, number];
  return { open, close, rest };
}

/** What pdfsig (poppler 22.12 to 25) prints for it, without the certificate's trust. */
function pdfsigOutput(pdf: Uint8Array, certificate: Uint8Array, { open, close }: Range): string {
  const { subject } = new X509Certificate(certificate);
  const names = subject.split('\n');
  const commonName = names.find((name) => name.startsWith('CN='))?.slice(3) ?? '';
  return [
    'Digital Signature Info of: report.pdf',
    'Signature #1:',
    '  - Signature Field Name: Signature',
    `  - Signer Certificate Common Name: ${commonName}`,
    // NSS writes a name from its last part to its first.
    `  - Signer full Distinguished Name: ${names.toReversed().join(',')}`,
    `  - Signing Time: ${signingTime(pdf)}`,
    '  - Signing Hash Algorithm: SHA-256',
    '  - Signature Type: ETSI.CAdES.detached',
    `  - Signed Ranges: [0 - ${open}], [${close} - ${pdf.length}]`,
    '  - Total document signed',
    '  - Signature Validation: Signature is Valid.',
  ].join('\n');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time in the signature's dictionary, which is UTC, as pdfsig writes it. */
function signingTime(pdf: Uint8Array): string {
  const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.length).toString('latin1');
  const parts = /\/M\s*\(D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z/.exec(
    text.slice(text.lastIndexOf('/Type /Sig')),
  );
  const [year, month, day, hour, minute, second] = parts?.slice(1) ?? [];
  if (second === undefined) throw new RangeError('The signature of the PDF has no time');
  return `${months[Number(month) - 1]} ${day} ${year} ${hour}:${minute}:${second}`;
}
