import { z } from 'zod';

/** `keys/binding.json` (docs/report-format.md): which keys belong to the installation that the certificate is for. */
export const Binding = z
  .object({
    schema_version: z.literal(1),
    kind: z.literal('key-rotation-report-binding'),
    installation_id: z.string(),
    report_key: z.string(),
    log_key: z.string(),
    log_origin: z.string(),
    certificate: z.string().regex(/^[0-9a-f]{64}$/),
    at: z.iso.datetime({ precision: 3 }),
  })
  .strict();
