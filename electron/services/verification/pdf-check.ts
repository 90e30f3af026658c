import { createHash } from 'node:crypto';
import type { Certificate } from './certificate-reader.ts';
import { demandCmsSignature } from './cms-check.ts';
import { DerError, readDer } from './der-reader.ts';
import { DoesNotHold, demand } from './outcome.ts';
import { PdfFile } from './pdf-file.ts';
import {
  isName,
  isString,
  type PdfDictionary,
  PdfError,
  type PdfString,
  type PdfValue,
} from './pdf-objects.ts';

/** A report has one form field and one attachment; more nodes than this are there to cost time. */
const maximumNodes = 100;

/** The two ranges of the file that a signature covers, and the signature between them. */
interface PdfSignature {
  readonly range: readonly [number, number, number, number];
  readonly contents: PdfString;
  readonly subFilter: PdfValue | undefined;
}

/**
 * Checks report.pdf: one signature, over every byte of the file but itself, by the leaf; and one attachment,
 * report.json, which is the one in the bundle.
 */
export function demandSignedPdf(pdf: Buffer, report: Buffer, leaf: Certificate): void {
  try {
    const file = new PdfFile(pdf);
    const signature = onlySignature(file);
    demandWholeFile(pdf, signature);
    demand(
      isName(signature.subFilter) && signature.subFilter.name === 'ETSI.CAdES.detached',
      'the signature of report.pdf is not of the kind ETSI.CAdES.detached',
    );
    const [, first, second, length] = signature.range;
    const digest = createHash('sha256')
      .update(pdf.subarray(0, first))
      .update(pdf.subarray(second, second + length))
      .digest();
    demandCmsSignature(
      'the signature of report.pdf',
      withoutPadding(signature.contents.string),
      digest,
      leaf,
    );
    demandAttachment(file, report);
  } catch (error) {
    if (!(error instanceof PdfError || error instanceof DerError)) throw error;
    throw new DoesNotHold(`report.pdf is not a PDF of the kind that Rekey writes: ${error.message}`);
  }
}

function onlySignature(file: PdfFile): PdfSignature {
  const form = file.dictionary(file.trailer.get('Root')).get('AcroForm');
  demand(form !== undefined, 'report.pdf is not signed');
  const signatures: PdfDictionary[] = [];
  let fields = 0;
  const visit = (value: PdfValue, inherited: PdfValue | undefined) => {
    fields += 1;
    if (fields > maximumNodes) throw new PdfError('its form is too large');
    const field = file.dictionary(value);
    const type = file.resolve(field.get('FT')) ?? inherited;
    const content = file.resolve(field.get('V'));
    if (isName(type) && type.name === 'Sig' && content instanceof Map) signatures.push(content);
    if (field.has('Kids')) for (const kid of file.list(field.get('Kids'))) visit(kid, type);
  };
  for (const field of file.list(file.dictionary(form).get('Fields'))) visit(field, undefined);
  const [signature] = signatures;
  demand(signature !== undefined, 'report.pdf is not signed');
  demand(signatures.length === 1, `report.pdf has ${signatures.length} signatures instead of one`);
  const contents = signature.get('Contents');
  const range = file.list(signature.get('ByteRange'));
  if (!isString(contents) || !contents.hex || range.length !== 4 || !range.every(isOffset)) {
    throw new PdfError('its signature is damaged');
  }
  const [start, first, second, length] = range as [number, number, number, number];
  return {
    range: [start, first, second, length],
    contents,
    subFilter: file.resolve(signature.get('SubFilter')),
  };
}

function isOffset(value: PdfValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function demandWholeFile(pdf: Buffer, { range, contents }: PdfSignature): void {
  const [start, first, second, length] = range;
  const end = second + length;
  demand(
    end === pdf.length,
    end < pdf.length
      ? `report.pdf was changed after it was signed: ${pdf.length - end} bytes at its end are not covered`
      : 'report.pdf is shorter than what was signed',
  );
  demand(
    start === 0 && first === contents.start && second === contents.end,
    'the signature of report.pdf does not cover the whole file',
  );
}

/** The signature stands in a place that was reserved for it, filled up with zeros. */
function withoutPadding(contents: Buffer): Buffer {
  const { bytes } = readDer(contents);
  demand(
    contents.subarray(bytes.length).every((byte) => byte === 0),
    'there is something behind the signature of report.pdf',
  );
  return bytes;
}

function demandAttachment(file: PdfFile, report: Buffer): void {
  const names = file.dictionary(file.trailer.get('Root')).get('Names');
  demand(names !== undefined, 'report.pdf has no attachment');
  const attachments = namedIn(file, file.dictionary(names).get('EmbeddedFiles'));
  demand(attachments.length === 1, `report.pdf has ${attachments.length} attachments instead of one`);
  const specification = file.dictionary(attachments[0]);
  const name = file.resolve(specification.get('F'));
  demand(
    isString(name) && name.string.toString('latin1') === 'report.json',
    'the attachment of report.pdf is not report.json',
  );
  const content = file.stream(file.dictionary(specification.get('EF')).get('F'), report.length);
  demand(content.equals(report), 'the report.json attached to report.pdf is not the one beside it');
}

/** The values of a name tree (ISO 32000-1, 7.9.6). */
function namedIn(file: PdfFile, root: PdfValue | undefined): PdfValue[] {
  const values: PdfValue[] = [];
  const open = root === undefined ? [] : [root];
  for (let nodes = 0; open.length > 0; nodes += 1) {
    const tree = file.dictionary(open.pop());
    const names = tree.has('Names') ? file.list(tree.get('Names')) : [];
    const kids = tree.has('Kids') ? file.list(tree.get('Kids')) : [];
    if (nodes + names.length + kids.length > maximumNodes)
      throw new PdfError('its list of attachments is too large');
    values.push(...names.filter((_, index) => index % 2 === 1));
    open.push(...kids);
  }
  return values;
}
