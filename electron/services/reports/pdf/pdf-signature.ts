import { createHash } from 'node:crypto';

/**
 * The signature of report.pdf (ISO 32000-1, 12.8; PAdES baseline B-B): a place is reserved when the document is written
 * and filled afterwards, so that the signed bytes are the whole file but the signature itself.
 */

/** Bytes of DER that fit into the reserved place: a signature with a chain of a few certificates. */
export const reservedBytes = 12_288;

const rangePlaceholder = '**********';

/** What pdfkit's types leave out: the form in the document's catalog. */
interface Internals {
  _root: {
    data: { AcroForm: { data: { NeedAppearances?: boolean; SigFlags?: number; Fields: unknown[] } } };
  };
}

/** Adds the signature dictionary and its invisible field. `at`: the time of signing that the dictionary claims. */
export function reserveSignature(doc: PDFKit.PDFDocument, at: Date): void {
  const signature = doc.ref({
    Type: 'Sig',
    Filter: 'Adobe.PPKLite',
    SubFilter: 'ETSI.CAdES.detached',
    ByteRange: [0, rangePlaceholder, rangePlaceholder, rangePlaceholder],
    Contents: Buffer.alloc(reservedBytes),
    Reason: new String('Key rotation report'),
    M: at,
  });
  signature.end(undefined as never);
  doc.switchToPage(0);
  const field = doc.ref({
    Type: 'Annot',
    Subtype: 'Widget',
    FT: 'Sig',
    T: new String('Signature'),
    TU: new String('Signature of the report'),
    V: signature,
    // Print and locked: PDF/A allows no hidden annotation, so it has no area instead.
    F: 132,
    Rect: [0, 0, 0, 0],
    P: doc.page.dictionary,
  });
  field.end(undefined as never);
  (doc.page as unknown as { annotations: unknown[] }).annotations.push(field);
  // pdfkit's form, less its request that viewers draw the fields anew: that would change the signed document.
  doc.initForm();
  const form = (doc as unknown as Internals)._root.data.AcroForm.data;
  delete form.NeedAppearances;
  // Signatures exist, and only appending keeps them valid.
  form.SigFlags = 3;
  form.Fields.push(field);
}

/**
 * Fills the reserved place.
 * @param sign - gets the SHA-256 of the signed bytes and returns a detached CMS signature, DER
 * @throws RangeError when the signature is larger than its place, or there is none
 */
export async function signPdf(
  pdf: Uint8Array,
  sign: (digest: Uint8Array) => Promise<Uint8Array>,
): Promise<Buffer> {
  const signed = Buffer.from(pdf);
  const range = `[0 /${rangePlaceholder} /${rangePlaceholder} /${rangePlaceholder}]`;
  const rangeAt = signed.lastIndexOf(`/ByteRange ${range}`);
  const contentsAt = rangeAt < 0 ? -1 : signed.indexOf('/Contents <', rangeAt);
  if (contentsAt < 0) throw new RangeError('The PDF has no place for a signature');
  const open = contentsAt + '/Contents '.length;
  const close = open + 2 + 2 * reservedBytes;
  if (signed[close - 1] !== 0x3e) throw new RangeError('The place for the signature has another size');
  const written = `[0 ${open} ${close} ${signed.length - close}]`;
  signed.write(written.padEnd(range.length), rangeAt + '/ByteRange '.length, 'latin1');

  const digest = createHash('sha256')
    .update(signed.subarray(0, open))
    .update(signed.subarray(close))
    .digest();
  const der = await sign(digest);
  if (der.length > reservedBytes) {
    throw new RangeError(`The signature has ${der.length} bytes; ${reservedBytes} are reserved`);
  }
  signed.write(Buffer.from(der).toString('hex'), open + 1, 'latin1');
  return signed;
}
