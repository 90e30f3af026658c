import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const reserved = 8_192;
const placeholder = '0000000000';

/** One page, report.json attached, and a signature over the whole file; written by hand (ISO 32000-1). */
export function signedPdf(options: {
  title: string;
  attachment: Buffer;
  deflate?: boolean;
  sign: (digest: Buffer) => Buffer;
}): Buffer {
  const stream = options.deflate === false ? options.attachment : deflateSync(options.attachment);
  const filter = options.deflate === false ? '' : ' /Filter /FlateDecode';
  const text = `BT /F1 14 Tf 60 760 Td (${options.title}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(report.json) 5 0 R] >> >> /AcroForm << /SigFlags 3 /Fields [7 0 R] >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [7 0 R] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Filespec /F (report.json) /UF (report.json) /AFRelationship /Source /EF << /F 6 0 R >> >>',
    `<< /Type /EmbeddedFile /Subtype /application#2Fjson${filter} /Length ${stream.length} >>\nstream\n${stream.toString('latin1')}\nendstream`,
    '<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /V 8 0 R /F 132 /Rect [0 0 0 0] /P 3 0 R >>',
    `<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20261102090000Z) /ByteRange [0 ${placeholder} ${placeholder} ${placeholder}] /Contents <${'0'.repeat(2 * reserved)}> >>`,
  ];
  let body = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const id = createHash('sha256').update(body, 'latin1').digest('hex').slice(0, 32);
  const unsigned = Buffer.from(
    `${body}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R /ID [<${id}> <${id}>] >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  );
  return signPlaceholder(unsigned, options.sign);
}

/** Fills (again) the place that is reserved for the signature. */
export function signPlaceholder(pdf: Buffer, sign: (digest: Buffer) => Buffer): Buffer {
  const signed = Buffer.from(pdf);
  const rangeAt = signed.lastIndexOf('/ByteRange [0 ') + '/ByteRange [0 '.length;
  const open = signed.indexOf('/Contents <', rangeAt) + '/Contents '.length;
  const close = signed.indexOf('>', open) + 1;
  const numbers = [open, close, signed.length - close].map((number) => String(number).padStart(10, '0'));
  signed.write(numbers.join(' '), rangeAt, 'latin1');
  const digest = createHash('sha256')
    .update(signed.subarray(0, open))
    .update(signed.subarray(close))
    .digest();
  signed.write(
    sign(digest)
      .toString('hex')
      .padEnd(close - open - 2, '0'),
    open + 1,
    'latin1',
  );
  return signed;
}
